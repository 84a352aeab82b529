"""The command: what it writes, what it refuses, when it does not trust its own fit."""

import json
from dataclasses import replace

import pytest
import yaml

from gen.check import prove
from gen.classes import build_model
from gen.explain.aligned import MOST_WITH_HEADER, aligned_costs
from gen.fit import command as fit, fitting
from gen.fit.table import TIGHT
from gen.predict import predict
from gen.profiles import load_profile
from gen.record import reader
from gen.record.recording import RecordingError

# A program with a few odd sizes, far from the default's classes: 5.6 to 11 % of each is wasted.
ODD = {520: 4000, 1030: 3000, 2060: 2000, 4120: 1000}
# Others that classes for these serve badly.
OTHER = {960: 4000, 1900: 3000, 3800: 2000, 7600: 1000}


@pytest.fixture
def files(monkeypatch):
    """Name of a file -> its recording; others are read as usual."""
    known = {}
    load = reader.load
    monkeypatch.setattr(
        reader, "load", lambda path: known[path.name] if path.name in known else load(path)
    )
    return known


def run(*words):
    return fit.main([*words, "--profiles-dir", "profiles"])


def text_of(workspace, name="app"):
    return (workspace.root / "profiles" / f"{name}.yaml").read_text()


def model_of(workspace, name="app"):
    folder = workspace.root / "profiles"
    return build_model(load_profile(folder / f"{name}.yaml", folder))


# ---- what is written -----------------------------------------------------------------------------


def test_a_profile_is_written_that_can_be_built(workspace, files, recorded, capsys):
    files["app.rec"] = recorded(ODD, runs={528: ((10,), (10,))})
    assert run("app.rec", "--name", "app") == 0
    model = model_of(workspace)
    prove(model)
    assert {528, 1040, 2064, 4128} <= {row.size for row in model.classes}
    assert model.nclasses <= 48 and model.classes[-1].size == 32768
    assert model.summary == "Fitted to what was recorded of app"
    assert capsys.readouterr().out.splitlines()[-1] == "written: profiles/app.yaml"


def test_the_file_states_what_differs_and_why(workspace, files, recorded):
    files["app.rec"] = recorded(ODD, runs={528: ((10,), (10,))})
    assert run("app.rec", "--name", "app") == 0
    text = text_of(workspace)
    lines = text.splitlines()
    assert lines[0] == "# yaml-language-server: $schema=schema.json"
    assert "app.rec" in text and "/usr/bin" not in text
    assert max(map(len, lines)) <= 100
    default = model_of(workspace, "default").keys
    stated = yaml.safe_load(text)
    for section in set(stated) - {"summary"}:
        for key, value in stated[section].items():
            assert value != default[section][key]
            (at,) = [i for i, line in enumerate(lines) if line.startswith(f"  {key}:")]
            assert " # " in lines[at] or lines[at - 1].startswith("  # "), lines[at]
    assert stated["front"]["fast_cap"] == 32


def test_the_same_recording_gives_the_same_file(workspace, files, recorded):
    files["app.rec"] = recorded(ODD, runs={528: ((10, 5), (10, 1))})
    assert run("app.rec", "--name", "app") == 0
    first = text_of(workspace)
    assert run("app.rec", "--name", "app", "--force") == 0
    assert text_of(workspace) == first


def test_classes_are_at_most_so_many(workspace, files, recorded):
    files["app.rec"] = recorded(ODD)
    for most in (1, 12, 24, 126):
        assert run("app.rec", "--name", f"app{most}", "--max-classes", str(most)) == 0
        assert model_of(workspace, f"app{most}").nclasses <= most


@pytest.mark.parametrize(("blocks", "own"), [(100, False), (200, True)])
def test_a_class_has_to_pay_for_what_it_keeps(blocks, own, workspace, files, recorded):
    """Without one of their own each of the blocks would waste 16 bytes in the class of 1056."""
    files["app.rec"] = recorded({1040: blocks, 1056: 20_000})
    assert run("app.rec", "--name", "app") == 0
    sizes = {row.size for row in model_of(workspace).classes}
    assert 1056 in sizes and (1040 in sizes) == own


def test_sizes_that_were_not_recorded_are_served(workspace, files, recorded):
    files["app.rec"] = recorded(ODD)
    assert run("app.rec", "--name", "app") == 0
    sizes = [row.size for row in model_of(workspace).classes]
    for before, size in zip([0, *sizes], sizes):
        assert size - before <= max(16, TIGHT.step * size)


def worst(model):
    return max(cost.ratio for cost in aligned_costs(model))


@pytest.mark.parametrize("most", [15, 16, 20, 24, 32, 40, 48, 126])
def test_aligned_blocks_are_served_that_were_never_recorded(most, workspace, files, recorded):
    """No worse than by the default's classes, of which the bound is the same."""
    files["app.rec"] = recorded({512: 4000, 1040: 3000, 2064: 2000, 4128: 1000})
    assert run("app.rec", "--name", "app", "--max-classes", str(most)) == 0
    model = model_of(workspace)
    assert model.lookup == "map" and len(list(aligned_costs(model))) == 7
    assert worst(model) <= 2 and worst(model_of(workspace, "default")) <= 2
    assert "none takes more than 2 times the larger of its size" in " ".join(
        text_of(workspace).replace("#", "").split())


@pytest.mark.parametrize(("most", "ratio"), [(14, 4), (8, 4), (7, 16), (5, 16)])
def test_few_classes_have_a_looser_bound(most, ratio, workspace, files, recorded):
    files["app.rec"] = recorded({512: 4000, 1040: 3000, 2064: 2000, 4128: 1000})
    assert run("app.rec", "--name", "app", "--max-classes", str(most)) == 0
    model = model_of(workspace)
    assert 2 < worst(model) <= ratio * (1 + model.header_bytes)


@pytest.mark.parametrize("peak", [ODD, {**ODD, 40000: 500}])
def test_aligned_blocks_have_a_bound_with_a_header(peak, workspace, files, recorded):
    files["app.rec"] = recorded(peak)
    assert run("app.rec", "--name", "app") == 0
    model = model_of(workspace)
    assert model.lookup == "header" and worst(model) <= MOST_WITH_HEADER


@pytest.mark.parametrize("aligned", [
    {(64, 1300): 3000}, {(128, 700): 1000, (64, 200): 2000}, {(4096, 10000): 500},
    {(256, 260): 3000, (512, 1500): 2000}, {(32, 416): 9000},
])
def test_aligned_blocks_that_were_recorded_have_classes_of_their_own(
    aligned, workspace, files, recorded
):
    """Of which a profile without them says nothing: they then take the next power of two."""
    plain = {520: 400, 1030: 300, 2064: 4000}
    files["app.rec"], files["plain.rec"] = recorded(plain, aligned=aligned), recorded(plain)
    alignments = {alignment: n for (alignment, _), n in aligned.items()}
    files["app.rec"] = replace(files["app.rec"], alignments=alignments)
    for name in ("app", "plain"):
        assert run(f"{name}.rec", "--name", name) == 0
    given = {name: predict.predict(model_of(workspace, name), files["app.rec"]).peak.given
             for name in ("app", "plain", "default")}
    assert given["app"] < 0.97 * given["default"]
    assert given["app"] <= given["plain"] or model_of(workspace, "plain").lookup == "header"
    assert f"which {sum(alignments.values())} recorded calls asked for" in " ".join(
        text_of(workspace).replace("#", "").split())


def test_rounding_falls(workspace, files, recorded):
    files["app.rec"] = recorded(ODD)
    assert run("app.rec", "--name", "app") == 0
    percents = [
        fitting.rounding_percent(model_of(workspace, name), files["app.rec"])
        for name in ("default", "app")
    ]
    assert percents[1] < percents[0] / 4


def test_the_largest_class_follows_the_calls(workspace, files, recorded):
    files["app.rec"] = recorded({**ODD, 40000: 500})
    assert run("app.rec", "--name", "app") == 0
    assert model_of(workspace).classes[-1].size == 65536


def test_a_header_is_taken_where_it_takes_nothing(workspace, files, recorded):
    files["free.rec"] = recorded(ODD)
    files["taxed.rec"] = recorded({512: 4000, 1024: 3000})
    for name, lookup in (("free", "header"), ("taxed", "map")):
        assert run(f"{name}.rec", "--name", name) == 0
        assert model_of(workspace, name).lookup == lookup
    files["aligned.rec"] = recorded(ODD, alignments={64: 10})
    assert run("aligned.rec", "--name", "aligned") == 0
    assert model_of(workspace, "aligned").lookup == "map"


def test_the_report_for_a_program(workspace, files, recorded):
    files["app.rec"] = recorded(ODD)
    assert run("app.rec", "--name", "app", "--json", "report.json") == 0
    report = json.loads((workspace.root / "report.json").read_text())
    assert report["profile"] == "app" and report["digest"] == model_of(workspace).digest
    (default, fitted), = report["predicted"]
    assert (default["profile"], fitted["profile"]) == ("default", "app")
    assert fitted["rounding_percent"] < default["rounding_percent"]
    assert report["held_out"] == [] and report["fallback"] is False


# ---- held out ------------------------------------------------------------------------------------


def test_one_recording_says_that_nothing_was_held_out(workspace, files, recorded, capsys):
    files["app.rec"] = recorded(ODD)
    assert run("app.rec", "--name", "app") == 0
    assert "held out: nothing, with one recording" in capsys.readouterr().out
    assert "One recording: nothing says what the fit gains" in text_of(workspace)


def test_a_fit_that_holds_is_taken_with_a_weak_prior(workspace, files, recorded, capsys):
    files["a.rec"] = recorded(ODD)
    files["b.rec"] = recorded({size: 2 * count for size, count in ODD.items()})
    assert run("a.rec", "b.rec", "--name", "app", "--json", "report.json") == 0
    report = json.loads((workspace.root / "report.json").read_text())
    assert report["strength"] == fitting.STRENGTHS[0] and report["refused"] == []
    for one in report["held_out"]:
        assert one["gain"] > fitting.KEPT_GAIN * one["training_gain"] > 1
    assert "held out: b.rec: rounding" in capsys.readouterr().out


def test_a_fit_that_does_not_hold_is_refused(workspace, files, recorded, capsys):
    files["a.rec"], files["b.rec"] = recorded(ODD), recorded(OTHER)
    assert run("a.rec", "b.rec", "--name", "app", "--json", "report.json") == 0
    report = json.loads((workspace.root / "report.json").read_text())
    assert report["refused"] and "held out" in report["refused"][0]
    assert report["fallback"] or report["strength"] > fitting.STRENGTHS[0]
    assert "refused: prior of 0.0625 times" in capsys.readouterr().out


def test_where_none_holds_the_classes_are_the_defaults(workspace, files, recorded, monkeypatch):
    monkeypatch.setattr(fitting, "problem_of", lambda held_out: "it is not to be")
    files["a.rec"], files["b.rec"] = recorded(ODD), recorded(ODD, pid=2)
    assert run("a.rec", "b.rec", "--name", "app", "--json", "report.json") == 0
    report = json.loads((workspace.root / "report.json").read_text())
    assert report["fallback"] and len(report["refused"]) == len(fitting.STRENGTHS)
    sizes = [[row.size for row in model_of(workspace, name).classes] for name in ("app", "default")]
    assert sizes[0] == sizes[1]


def held(default, fitted, training):
    return fitting.HeldOut(0, default, fitted, training)


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ([held(4.0, 4.7, 0.0)], None),
        ([held(4.0, 4.8, 0.0)], "0.80 points more than with the default"),
        ([held(8.0, 2.0, 6.0), held(4.0, 4.8, 6.0)], "0.80 points more than with the default"),
        ([held(8.0, 5.1, 6.0)], "gain 2.90 points, those fitted to 6.00"),
        ([held(8.0, 4.9, 6.0)], None),
        ([held(8.0, 8.1, 0.2)], None),
    ],
)
def test_what_holds(found, problem):
    told = fitting.problem_of(found)
    assert told is None if problem is None else problem in told


# ---- what is refused -----------------------------------------------------------------------------


def refused(capsys, workspace, *words):
    before = sorted(path.name for path in (workspace.root / "profiles").iterdir())
    assert run(*words) == 2
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.count("\n") == 1
    assert sorted(path.name for path in (workspace.root / "profiles").iterdir()) == before
    return printed.err


def test_a_name_already_taken(workspace, files, recorded, capsys):
    files["app.rec"] = recorded(ODD)
    workspace.write("app", "summary: Mine\n")
    assert refused(capsys, workspace, "app.rec", "--name", "app") == (
        "fit: --name: profiles/app.yaml is there already; choose another name, or overwrite it "
        "with --force\n"
    )
    assert text_of(workspace) == "summary: Mine\n"
    assert run("app.rec", "--name", "app", "--force") == 0
    assert text_of(workspace) != "summary: Mine\n"


@pytest.mark.parametrize("name", ["App", "a b", "../app", "", "_app", "a" * 65])
def test_a_name_that_is_none(name, workspace, files, recorded, capsys):
    files["app.rec"] = recorded(ODD)
    assert "is no profile's name: made of a-z" in refused(
        capsys, workspace, "app.rec", "--name", name
    )


def test_the_default_is_not_to_be_replaced(workspace, files, recorded, capsys):
    files["app.rec"] = recorded(ODD)
    assert "is the base of all profiles" in refused(
        capsys, workspace, "app.rec", "--name", "default", "--force"
    )


def test_the_report_does_not_overwrite_a_recording(workspace, files, recorded, capsys):
    files["app.rec"] = recorded(ODD)
    (workspace.root / "app.rec").write_text("a recording")
    assert "is one of the recordings; name another file" in refused(
        capsys, workspace, "app.rec", "--name", "app", "--json", "app.rec"
    )
    assert (workspace.root / "app.rec").read_text() == "a recording"


def test_recordings_that_say_too_little(workspace, files, recorded, capsys):
    files["none.rec"], files["few.rec"] = recorded(), recorded({100: 99})
    files["zero.rec"] = recorded({0: 5000})
    assert "zero.rec: 0 blocks of 1 byte to 64 KiB" in refused(
        capsys, workspace, "zero.rec", "--name", "app"
    )
    assert refused(capsys, workspace, "none.rec", "--name", "app") == (
        "fit: none.rec: records no allocation; record a run that allocates\n"
    )
    assert refused(capsys, workspace, "few.rec", "--name", "app") == (
        "fit: few.rec: 99 blocks of 1 byte to 64 KiB live at the peak are too few to fit to; record a "
        "longer run, with at least 100\n"
    )


def test_a_recording_that_is_given_twice(workspace, files, recorded, capsys):
    """It would be held out from a fit to itself."""
    files["a.rec"], files["b.rec"] = recorded(ODD), recorded(OTHER)
    files["a.rec"] = replace(files["a.rec"], pid=7, start=3.5)
    files["copy.rec"] = files["a.rec"]
    files["early.rec"] = replace(recorded(OTHER), pid=7, start=3.5)
    for again in ("a.rec", "copy.rec", "early.rec"):
        assert refused(capsys, workspace, "a.rec", "b.rec", again, "--name", "app") == (
            f"fit: {again}: of the same process as a.rec; name one of them\n"
        )


def test_files_that_are_no_recordings(workspace, capsys):
    (workspace.root / "empty.rec").touch()
    (workspace.root / "text.rec").write_text("no recording\n" * 100)
    for name in ("absent.rec", "empty.rec", "text.rec"):
        assert refused(capsys, workspace, name, "--name", "app").startswith(f"fit: {name}: ")
        with pytest.raises(RecordingError):
            reader.load(workspace.root / name)


@pytest.mark.parametrize("words", [[], ["app.rec"], ["app.rec", "--name", "app", "--max-classes",
                                                    "0"]])
def test_wrong_use(words, workspace, capsys):
    with pytest.raises(SystemExit) as stop:
        run(*words)
    assert stop.value.code == 2


def test_a_profile_that_cannot_be_built_leaves_what_was_there(workspace, files, recorded, capsys,
                                                             monkeypatch):
    files["app.rec"] = recorded(ODD)
    workspace.write("app", "summary: Mine\n")
    monkeypatch.setattr(fit.write, "profile_text", lambda *_: "summary: s\nfront: {fast_cap: 1}")
    assert "fast_cap: 1 is not in" in refused(
        capsys, workspace, "app.rec", "--name", "app", "--force"
    )
    assert text_of(workspace) == "summary: Mine\n"


def test_files_are_those_of_the_caller_under_bazel_run(workspace, files, recorded, monkeypatch):
    elsewhere = workspace.root / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("BUILD_WORKSPACE_DIRECTORY", str(workspace.root))
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(workspace.root))
    files["app.rec"] = recorded(ODD)
    assert fit.main(["app.rec", "--name", "app", "--json", "report.json"]) == 0
    assert model_of(workspace).nclasses > 1
    assert (workspace.root / "report.json").exists()
