"""A table in which a request takes many times its bytes is warned of; those we ship are not."""

import pytest

from gen.explain import command as explain
from gen.explain.doubts import doubts
from gen.profiles import ROOT, known_profiles


def of(workspace, sizes: str, lookup: str = "map") -> list[str]:
    text = f"classes: {{sizes: {sizes}}}\nfront: {{class_lookup: {lookup}}}"
    return list(doubts(workspace.model(text)))


@pytest.mark.parametrize("name", known_profiles(ROOT / "profiles"))
def test_no_shipped_profile_is_doubted(name, shipped):
    assert list(doubts(shipped(name))) == []


def test_a_table_that_ends_early(workspace):
    assert of(workspace, "[16]") == [
        "malloc(17) takes 65536 bytes, 3855 times as much: no class is larger than 16 bytes"
    ]
    assert of(workspace, "[16]", "header")[0].startswith("malloc(16) takes 65536 bytes, 4096 times")


def test_a_table_that_begins_late(workspace):
    assert of(workspace, "[64K]") == [
        "malloc(16) takes 65536 bytes, 4096 times as much: there is no class between 0 and 65536 "
        "bytes"
    ]


def test_a_gap(workspace):
    assert of(workspace, "[16, 32, 64, 128, 1024, 2048, 4K, 8K, 16K, 32K]") == [
        "malloc(129) takes 1024 bytes, 8 times as much: there is no class between 128 and 1024 "
        "bytes"
    ]


def test_powers_of_two_are_not_doubted(workspace):
    sizes = [16 << i for i in range(13)]
    for lookup in ("map", "header", "region"):
        assert of(workspace, f"{sizes}", lookup) == []


def test_explain_prints_them_and_gives_them_to_programs(workspace, capsys):
    workspace.write("mine", "summary: Mine\nclasses: {sizes: [16]}")
    assert explain.main(["mine", "--profiles-dir", "profiles"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "warning malloc(17) takes 65536 bytes, 3855 times as much" in printed
    told = explain.explain(workspace.model("classes: {sizes: [16]}"))
    assert len(told.doubts) == 1
