"""What classes do to blocks with an alignment, and that explain tells it."""

import pytest

from gen.explain import command as explain
from gen.profiles import ROOT, known_profiles
from gen.served import block_bytes, classes_by_step

NAMES = known_profiles(ROOT / "profiles")


def told(workspace, text):
    return explain.explain(workspace.model(text))


def by_trial(model, alignment, size):
    """As src/slow.c does it, class by class."""
    if model.header_bytes:
        fits = [row.size for row in model.classes if row.size > size + alignment]
    else:
        fits = [row.size for row in model.classes
                if row.size >= size and row.align >= alignment]
    return min(fits, default=0)


@pytest.mark.parametrize("name", ["default", "mid-large", "header-classidx-on"])
@pytest.mark.parametrize("alignment", [32, 64, 512, 4096, 65536])
def test_the_class_of_a_block(name, alignment, shipped):
    """With a header a request that fills its granules needs one more."""
    model = shipped(name)
    classes = classes_by_step(model, alignment)
    for size in range(16, 65537, 16):
        front = alignment if model.header_bytes else 0
        pages = -(-(size + front) // 65536) * 65536
        block = block_bytes(model, size, alignment, classes)
        assert block == (by_trial(model, alignment, size) or pages), size


@pytest.mark.parametrize("name", NAMES)
def test_shipped_profiles_serve_aligned_blocks(name, shipped, capsys):
    found = explain.explain(shipped(name))
    assert [one.alignment for one in found.aligned] == [64, 128, 256, 512, 1024, 2048, 4096]
    assert max(one.ratio for one in found.aligned) <= found.aligned_most
    assert explain.main([name, "--profiles-dir", str(ROOT / "profiles")]) == 0
    assert "with an alignment of 64 to 4096 bytes: at most" in capsys.readouterr().out


def test_a_table_that_wastes_aligned_blocks_is_told(workspace, capsys):
    """Blocks of 1024 bytes have all alignments up to that, blocks of 20000 bytes only 32."""
    text = "classes: {sizes: [16, 48, 112, 528, 1024, 20000]}\n"
    costs = {one.alignment: (one.size, one.block) for one in told(workspace, text).aligned}
    assert costs[64] == (1025, 65536) == costs[1024] and costs[2048] == (1, 65536)
    assert explain.main(["mine", "--profiles-dir", "profiles"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "aligned blocks wasteful: aligned_alloc(64, 1025) takes 65536, " in printed
    assert "takes 65536 bytes; what serves them is a class of a multiple of the" in printed


def test_a_table_below_the_usual_alignments(workspace, capsys):
    assert told(workspace, "classes: {sizes: [16, 48]}\n").aligned == []
    assert explain.main(["mine", "--profiles-dir", "profiles"]) == 0
    assert "aligned blocks none of the usual" in " ".join(capsys.readouterr().out.split())
