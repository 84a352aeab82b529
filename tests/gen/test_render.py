"""The generated sources: deterministic, written only when changed, all or none."""

import re
from pathlib import Path

import jinja2
import pytest

from gen import generate, render
from gen.profiles import ROOT, known_profiles
from gen.render import OUTPUTS, offset, table, write

NAMES = known_profiles(ROOT / "profiles")


# ---- filters -------------------------------------------------------------------------------------


def test_table_aligns_rows():
    assert table([1, 20, 3, 100, 5], 3) == "      1,  20,   3,\n    100,   5"
    assert table([1, 2], 4, 2) == "     1,  2"


def test_table_stays_within_100_columns():
    rows = table([126] * 100, 50).splitlines()
    assert max(map(len, rows)) <= 100
    assert {row.count(",") for row in rows[:-1]} == {19}


def test_offset_adds():
    assert offset([0, 1, 126], 128) == [128, 129, 254]


# ---- rendering -----------------------------------------------------------------------------------


@pytest.mark.parametrize("debug", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_output_says_what_it_is_made_of(name, debug, shipped):
    model = shipped(name, debug)
    sources = render.render(model)
    assert set(sources) == {"hak_config.h", "hak_classes.c", "hak_fastpath.h"}
    for output, text in sources.items():
        head = text.split("*/")[0]
        assert f"profiles/{name}.yaml" in head
        assert f"templates/{OUTPUTS[output]}" in head
        assert model.summary in head
        assert text.endswith("\n") and not text.endswith("\n\n")
        assert not re.search(r"[ \t]$", text, re.MULTILINE)
        assert "\t" not in text and "\n\n\n" not in text


def test_two_renders_are_equal(shipped):
    assert render.render(shipped("default")) == render.render(shipped("default"))


def test_table_in_the_output_is_the_models(shipped):
    model = shipped("default")
    text = render.render(model)["hak_classes.c"]
    numbers = text[text.rindex("{") + 1 : text.rindex("}")]
    assert [int(number) for number in numbers.split(",")] == model.table


def test_unknown_name_in_a_template_is_an_error(tmp_path, shipped):
    for name in OUTPUTS.values():
        (tmp_path / name).write_text("{{ m.profile }} {{ m.nonsense }}\n")
    with pytest.raises(jinja2.UndefinedError):
        render.render(shipped("default"), tmp_path)


# ---- header against map --------------------------------------------------------------------------


def comparable(text):
    """The lines without the name, the source and the summary of the profile."""
    return [line for line in text.split("*/", 1)[1].splitlines() if "HAK_PROFILE" not in line]


def pair(shipped, output):
    return [
        comparable(render.render(shipped(f"header-classidx-{side}"))[output])
        for side in ("on", "off")
    ]


def test_header_on_and_off_differ_in_the_lookup_constants_only(shipped):
    on, off = pair(shipped, "hak_config.h")
    assert len(on) == len(off)
    differ = [one.split()[1] for one, other in zip(on, off) if one != other]
    assert differ == [
        "HAK_LOOKUP_HEADER",
        "HAK_LOOKUP_MAP",
        "HAK_HEADER_BYTES",
        "HAK_SMALL_MAX",
    ]


def test_header_on_and_off_differ_in_one_function_and_bounds(shipped):
    on, off = pair(shipped, "hak_fastpath.h")

    def function_of_lookup(lines):
        start = next(i for i, line in enumerate(lines) if "_of_block(const void *p)" in line)
        return start, lines.index("}", start)

    (on_start, on_end), (off_start, off_end) = function_of_lookup(on), function_of_lookup(off)
    assert on[on_start:on_end] != off[off_start:off_end]
    assert on[:on_start] == off[:off_start]
    rest = list(zip(on[on_end:], off[off_end:], strict=True))
    for one, other in rest:
        usable = re.sub(r"\b\d+\b", lambda number: str(int(number[0]) + 1), one)
        assert other in (one, usable), "a bound is one byte less with the header"


def test_header_on_and_off_have_the_same_classes(shipped):
    on, off = shipped("header-classidx-on"), shipped("header-classidx-off")
    same = ("index", "size", "cap", "batch", "kind", "transfer", "recip", "slot0", "tslot0")
    for one, other in zip(on.classes, off.classes, strict=True):
        for field in same:
            assert getattr(one, field) == getattr(other, field)
    assert on.small_max + 1 == off.small_max
    assert on.table == off.table  # by steps, to which the header byte is added first


# ---- writing -------------------------------------------------------------------------------------


def mtimes(folder):
    return {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


def test_write_replaces_only_what_changed(tmp_path):
    assert write({"a": "1\n", "b": "2\n"}, tmp_path / "out") == ["a", "b"]
    before = mtimes(tmp_path / "out")
    assert write({"a": "1\n", "b": "3\n"}, tmp_path / "out") == ["b"]
    after = mtimes(tmp_path / "out")
    assert after["a"] == before["a"]
    assert set(after) == {"a", "b"}
    assert (tmp_path / "out" / "b").read_text() == "3\n"


def test_write_fails_before_anything_is_replaced(tmp_path, monkeypatch):
    write({"a": "1\n", "b": "2\n"}, tmp_path)
    whole = Path.write_text

    def full_disk(path, text, **options):
        if path.name == "b":
            raise OSError(28, "No space left on device", str(path))
        return whole(path, text, **options)

    monkeypatch.setattr(Path, "write_text", full_disk)
    with pytest.raises(OSError):
        write({"a": "4\n", "b": "5\n"}, tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "1\n", "b": "2\n"}


def test_command_writes_once(workspace):
    args = ["--profile", "profiles/default.yaml", "--out-dir", "out"]
    assert generate.main(args) == 0
    before = mtimes(Path("out"))
    assert set(before) == set(OUTPUTS)
    assert generate.main(args) == 0
    assert mtimes(Path("out")) == before
    assert generate.main(args + ["--debug"]) == 0
    changed = {name for name, mtime in mtimes(Path("out")).items() if mtime != before[name]}
    assert changed == {"hak_config.h"}


def test_command_names_a_broken_template(workspace, tmp_path, monkeypatch, capsys):
    templates = tmp_path / "templates"
    templates.mkdir()
    for name in OUTPUTS.values():
        (templates / name).write_text("one\n{{ m.profile }\n")
    monkeypatch.setattr(render.render, "__defaults__", (templates,))
    assert generate.main(["--profile", "profiles/default.yaml", "--out-dir", "out"]) == 1
    assert capsys.readouterr().err == "templates/config.h.j2:2: unexpected '}'\n"
    assert not Path("out").exists()


def test_command_refuses_tables_it_cannot_prove(workspace, monkeypatch, capsys):
    monkeypatch.setattr("gen.classes.reciprocal", lambda size: (1 << 40) // size)
    assert generate.main(["--profile", "profiles/default.yaml", "--out-dir", "out"]) == 1
    assert capsys.readouterr().err.splitlines()[0] == (
        "profiles/default.yaml: class 3 (48 bytes): "
        "by the reciprocal 22906492245 offset 48 is in block 0, not 1"
    )
    assert not Path("out").exists()
