"""explain --against: two profiles for one recording, and what was measured beside them."""

import json

import pytest

from gen.explain import command as explain
from gen.fit import compare
from gen.predict.predict import predict
from gen.record import reader

BLOCKS = {100: 1000, 520: 500}


@pytest.fixture
def app(workspace, recorded, monkeypatch):
    """profiles/app.yaml and app.rec; the recording is returned."""
    workspace.write("app", "summary: App\nclasses: {sizes: [112, 528, 32768]}\n")
    one = recorded(BLOCKS, freed=True)
    load = reader.load
    monkeypatch.setattr(
        reader, "load", lambda path: one if path.name == "app.rec" else load(path)
    )
    return one


def run(*words):
    return explain.main([*words, "--profiles-dir", "profiles"])


def test_both_profiles_beside_each_other(app, capsys):
    assert run("app", "--against", "default", "--recording", "app.rec") == 0
    text = capsys.readouterr().out
    first, classes, waste = text.splitlines()[:3]
    assert first.split() == ["predicted", "app", "default"]
    assert classes.split() == "classes 3, 2 of them in use 72, 2 of them in use".split()
    told = [100 * (1 - 360000 / given) for given in (112 * 1000 + 528 * 500, 112000 + 288000)]
    assert f"{told[0]:.2f} %" in waste and f"{told[1]:.2f} %" in waste
    assert "\x1b" not in text and all(line == line.rstrip() for line in text.splitlines())


def test_one_profile_alone(app, capsys):
    assert run("app", "--recording", "app.rec") == 0
    assert capsys.readouterr().out.split()[:2] == ["predicted", "app"]


def test_the_chart_is_to_one_scale(app, shipped):
    predictions = [predict(shipped(name), app) for name in ("default", "low-rss")]
    bars = [line.count("█") for line in compare.chart(predictions)]
    assert max(bars) == compare.BAR
    thread = [round(compare.BAR * one.thread / max(two.thread for two in predictions))
              for one in predictions]
    assert bars[-2:] == thread


def test_the_same_for_a_program(app, capsys, workspace):
    assert run("app", "--against", "default", "--recording", "app.rec", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert [one["profile"] for one in data["predicted"]] == ["app", "default"]
    assert data["predicted"][0]["rounding_percent"] == pytest.approx(100 * (1 - 360 / 376))
    assert data["predicted"][0]["rounding_avoidable"] == 0
    assert data["measured"] == []


def statistics(model, **changes):
    """As src/stats_json.c writes them, with one class."""
    return {
        "profile": model.profile, "digest": model.digest, "counting": True,
        "small": {"live_bytes": 0},
        "threads": {"caches": 1, "mapped": 2, "bytes": 8192, "refills": 1, "flushes": 1},
        "classes": [{"size": 112, "cached_blocks": 10, "requested_bytes": 900,
                     "rounding_bytes": 100}],
        **changes,
    }


def test_measured_values_stand_beside_the_predictions(app, capsys, workspace):
    model = workspace.model("classes: {sizes: [112, 528, 32768]}\n", name="app")
    (workspace.root / "stats.json").write_text(
        json.dumps(statistics(model, classes=[])) + "\n" + json.dumps(statistics(model))
    )
    assert run("app", "--recording", "app.rec", "--measured", "stats.json") == 0
    found = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    table = found[found.index("measured profile predicted measured predicted by") :]
    assert table[1] == "rounding of all calls app 4.26 % 10.00 % -57.4 %"
    assert table[3].startswith("its cache app ") and " 4.0 KiB " in table[3]
    assert table[4].startswith("blocks in it app ") and " 1.1 KiB " in table[4]


def test_statistics_of_another_profile_are_refused(app, capsys, workspace):
    other = workspace.model("", name="other")
    (workspace.root / "stats.json").write_text(json.dumps(statistics(other)))
    assert run("app", "--recording", "app.rec", "--measured", "stats.json") == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"stats.json: of profile other with digest {other.digest}, ")


@pytest.mark.parametrize("text", ["", "nothing", "{}", "[1]", '{"classes": []}'])
def test_what_is_no_statistics_is_refused(text, app, capsys, workspace):
    (workspace.root / "stats.json").write_text(text)
    assert run("app", "--recording", "app.rec", "--measured", "stats.json") == 2
    assert capsys.readouterr().err.startswith("stats.json: no statistics; HAKMEM_STATS=exit ")
    assert run("app", "--recording", "app.rec", "--measured", "absent.json") == 2
    assert capsys.readouterr().err == "absent.json: No such file or directory\n"


def test_a_recording_that_is_given_twice(app, capsys):
    """It would be a load of two processes."""
    words = ["--recording", "app.rec", "--recording", "./app.rec"]
    assert run("app", *words) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "app.rec: of the same process as app.rec; name one "
                                              "of them\n")


def test_recordings_that_are_not_there(app, capsys):
    assert run("app", "--recording", "absent.rec") == 2
    assert capsys.readouterr().err.startswith("absent.rec: ")


@pytest.mark.parametrize("words", [
    ["--recording", "app.rec"], ["app", "--against", "default"], ["app", "--measured", "s.json"],
])
def test_options_that_need_each_other(words, app, capsys):
    with pytest.raises(SystemExit) as stop:
        run(*words)
    assert stop.value.code == 2
    assert "needs a profile's NAME" in capsys.readouterr().err


def test_what_blocks_with_an_alignment_lose(workspace, recorded, monkeypatch, capsys):
    workspace.write("app", "summary: App\nclasses: {sizes: [112, 528, 1040, 32768]}\n")
    one = recorded(BLOCKS, aligned={(512, 500): 100})
    monkeypatch.setattr(reader, "load", lambda path: one)
    assert run("app", "--against", "default", "--recording", "app.rec") == 0
    text = " ".join(capsys.readouterr().out.split())
    lost = 100 * (1 - 500 / 32768), 100 * (1 - 500 / 512)
    assert (f"aligned blocks {lost[0]:.2f} %, 3.1 MiB {lost[1]:.2f} %, 1.2 KiB "
            f"of all 100 calls {lost[0]:.2f} % {lost[1]:.2f} %") in text
    assert run("app", "--recording", "app.rec", "--json") == 0
    (told,) = json.loads(capsys.readouterr().out)["predicted"]
    assert told["rounding_percent_aligned"] == pytest.approx(lost[0])
    assert told["rounding_percent_of_aligned_calls"] == pytest.approx(lost[0])
    assert told["aligned_allocs"] == 100


def test_nothing_is_said_where_nothing_is_aligned(app, capsys):
    assert run("app", "--recording", "app.rec") == 0
    assert "aligned blocks" not in capsys.readouterr().out
