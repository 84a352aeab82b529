"""bazel run //bench:fit_study: profiles fitted to programs, and the table of what they gain."""

import csv
import json
import re
import shutil
from pathlib import Path

import pytest

from bench import fit_study
from bench.lab.base.document import TO
from bench.lab.fit.fitted import LOADS
from bench.lab.select.real_programs import RealProgram
from bench.lab.select import building
from gen.classes import build_model
from gen.profiles import load_profile

ROOT = Path(__file__).absolute().parents[3]
LIBRARY = ROOT / "libhakmem.so"
MARK = "<!-- table: written by bazel run //bench:fit_study -->"


def _lists(folder: Path, which: int) -> str:
    sizes = ((290, 1100), (1100, 290), (600, 700))[which]  # between the classes of the default
    (folder / "lists.pl").write_text(
        f'push @kept, ["x" x ($_ % 3 ? {sizes[0]} : {sizes[1]}), $_] for 1 .. 4000;\n')
    return "perl lists.pl"


def _fails(_folder: Path, _which: int) -> str:
    return "perl -e 'print STDERR qq(no input\\n); exit 3'"


@pytest.fixture
def study(bench, monkeypatch):
    """The study of small programs, with the default's library where it would build one."""
    bench.variant("system", "result 1", kind="system")
    bench.variant("hakmem", "result 1", profile="default", library=LIBRARY)
    built = []

    def build(profiles, scratch):
        shutil.copy(LIBRARY, scratch / "fitted.so")
        built.extend(profiles)
        manifest = scratch / "manifest.json"
        manifest.write_text(json.dumps({"programs": [], "missing": [], "variants": [
            {"name": f"hakmem-{name}", "kind": "profile", "profile": name, "binaries": {},
             "library": "fitted.so"} for name in profiles]}))
        return manifest

    def run(*loads: RealProgram, words=(), out="out"):
        monkeypatch.setattr(fit_study, "LOADS", loads)
        monkeypatch.setattr(building, "build_profiles", build)
        return bench.command(fit_study, *words, out=out)

    run.built, run.bench = built, bench
    return run


PERL = RealProgram("lists", "lists of strings", ("perl",), "perl", _lists)
GONE = RealProgram("gone", "no program", ("hakmem-no-such-program",), "gone", _lists)


def test_the_table(study):
    document = study.bench.root / "fit.md"
    document.write_text(f"before\n{MARK}\nold\n{TO}\nbehind\n")
    outcome = study(PERL, GONE, words=("--reps", "2", "--no-verdict", "--document", "fit.md"))
    assert outcome.status == 0, outcome.err
    assert study.built == ["fit-lists"]
    text = document.read_text()
    assert text.startswith("before\n") and text.endswith("behind\n") and "old" not in text
    assert "- left out: gone: hakmem-no-such-program not installed" in text
    (line,) = csv.DictReader((outcome.folder / "fit.csv").read_text().splitlines())
    cells = [cell.strip() for cell in re.search(r"^\| lists .*$", text, re.M).group().split("|")]
    assert cells[2] == line["classes"]
    assert list(map(float, cells[3:9])) == pytest.approx([float(line[name]) for name in (
        "seen_default_percent", "seen_fitted_percent", "seen_default_avoidable_percent",
        "seen_fitted_avoidable_percent", "held_out_default_percent", "held_out_fitted_percent")],
        abs=0.0051)  # the table has two digits, the file four
    profile = load_profile(outcome.folder / "fit-lists.yaml", ROOT / "profiles")
    assert build_model(profile).nclasses == int(line["classes"]) <= 48
    assert float(line["seen_fitted_avoidable_percent"]) < float(
        line["seen_default_avoidable_percent"])
    rows = list(csv.DictReader((outcome.folder / "results.csv").read_text().splitlines()))
    for column, variant in (("peak_fitted_mib", "fitted"), ("peak_peer_mib", "system")):
        peaks = [float(row["peak_rss_kib"]) for row in rows if row["variant"] == variant]
        assert len(peaks) == 2
        assert float(line[column]) == pytest.approx(sum(peaks) / 2048, abs=0.001)
    assert line["peer"] == "system"


def test_a_program_that_fails(study):
    outcome = study(RealProgram("bad", "ends badly", ("perl",), "perl", _fails), words=("--programs", "bad"))
    assert outcome.status == 1
    assert outcome.err == "fit_study: bad: exit status 3: no input\n"


@pytest.mark.parametrize("words, says", [
    (("--programs", "lists,other"), "--programs: there is no other; there are lists"),
    (("--document", "none.md"), "--document: "),
])
def test_wrong_use(study, words, says):
    outcome = study(PERL, words=words)
    assert outcome.status == 2 and says in outcome.err and outcome.err.count("\n") == 1
    assert not outcome.folder.exists()


def test_a_document_without_a_place(study):
    (study.bench.root / "fit.md").write_text("text\n")
    outcome = study(PERL, words=("--document", "fit.md"))
    assert outcome.status == 2 and "has no place for the table" in outcome.err
    assert (study.bench.root / "fit.md").read_text() == "text\n"


def test_inputs_are_the_same_every_time_and_differ(tmp_path):
    for load in LOADS:
        made = []
        for which in (0, 1, 2, 0):
            folder = tmp_path / f"{load.name}-{len(made)}"
            folder.mkdir()
            command = load.prepare(folder, which)
            made.append((command, {path.name: path.read_bytes() for path in folder.rglob("*")
                                   if path.is_file()}))
        assert made[0] == made[3] and made[0] != made[1] != made[2] != made[0], load.name
