"""Sweeps: what bazel run //bench:<sweep> measures, and what //bench:sweep accepts."""

import csv
import json
import statistics

import pytest

from bench import study, sweep
from bench.lab.base import paths
from bench.lab.select import axes, studies
from bench.lab.base.errors import UsageError

POINTS = {"hakmem": {}, "hakmem+fast_cap=8": {"front.fast_cap": "8"},
          "hakmem+fast_cap=16": {"front.fast_cap": "16"}}
LEAST = 12  # rounds, as each of 3 variants in 2 rows is compared in speed and in memory


@pytest.fixture
def made(bench):
    """The fake variants of a sweep, as the build would list them."""
    for name, speed in zip(POINTS, (1_000_000, 2_000_000, 1_000_000)):
        bench.variant(name, f"result $(({speed} + n * 37 % 11 * 1000))",
                      programs=["bench_random_mixed", "larson"])
    bench.variant("system", "result 500000", kind="system",
                  programs=["bench_random_mixed", "larson"])
    bench.sweep = {"base": "hakmem", "points": POINTS}
    return bench


def comparisons(outcome) -> list[dict[str, str]]:
    with open(outcome.folder / "comparisons.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_variant_against_the_base(made):
    outcome = made.command(study, "--study", "random_mixed_ab")
    assert outcome.status == 0, outcome.err
    speeds = {(line["variant_b"], line["parameters"]): line for line in comparisons(outcome)
              if line["measure"] == "speed"}
    rows = [row.params for row in studies.STUDIES["random_mixed_ab"].rows]
    assert set(speeds) == {(name, row) for name in [*list(POINTS)[1:], "system"] for row in rows}
    assert {line["variant_a"] for line in speeds.values()} == {"hakmem"}
    for row in rows:
        runs = {name: [float(line["ops_per_s"]) for line in outcome.lines
                       if (line["variant"], line["parameters"]) == (name, row)] for name in POINTS}
        assert {len(of) for of in runs.values()} == {LEAST}
        better = speeds["hakmem+fast_cap=8", row]
        ratio = statistics.median(runs["hakmem+fast_cap=8"]) / statistics.median(runs["hakmem"])
        assert float(better["effect"]) == pytest.approx(ratio, rel=1e-3)
        assert better["verdict"] == "better"
        assert speeds["hakmem+fast_cap=16", row]["verdict"] == "same"
        assert speeds["system", row]["verdict"] == "worse"
    assert outcome.run["sweep"] == made.sweep
    assert "## hakmem+fast_cap=8 against hakmem" in outcome.summary
    at_a_glance = outcome.sections()["bench_random_mixed 12000000 8192 42"]
    assert list(at_a_glance)[1:] == ["hakmem", "hakmem+fast_cap=8", "hakmem+fast_cap=16", "system"]


def test_a_sweep_without_a_question_of_its_own(made):
    outcome = made.command(study, "--study", "mine", "--reps", "2", "--threads", "1",
                           "--no-verdict")
    assert outcome.status == 0, outcome.err
    assert {line["benchmark"] for line in outcome.lines} == {"bench_random_mixed", "larson"}
    assert {line["parameters"].split()[-1] for line in outcome.lines
            if line["benchmark"] == "larson"} == {"1"}


def test_a_study_has_its_own_rows_only(made):
    outcome = made.command(study, "--study", "larson_ab", "--bench", "random_mixed")
    assert (outcome.status, outcome.err) == (
        2, "larson_ab: --bench: there is no random_mixed; there are larson\n")
    help_ = made.command(study, "--study", "larson_ab", "--help")
    assert "bazel run //bench:larson_ab -- --reps 31" in help_.out
    assert "--study" not in help_.out


@pytest.mark.parametrize("base, values, says", [
    ("defualt", {"front.fast_cap": ["8"]}, "--base: there is no profile defualt; there are default"),
    ("default", {"front.fastcap": ["8"]}, "--axis: there is no key front.fastcap; "),
    ("default", {"front.fast_cap": ["8", "1000000"]},
     "--axis: front.fast_cap=1000000: front.fast_cap: 1000000 is not in 2..1024"),
    ("default", {"front.fast_cap": ["many"]},
     'front.fast_cap=many: front.fast_cap: "many" is not an integer'),
    ("default", {"front.fast_cap": [str(n) for n in range(2, 100)]},
     "--axis: 98 combinations are more than 64"),
    ("header-classidx-on", {"classes.max": ["1024"], "front.header_classidx": ["false"],
                            "front.class_lookup": ["header"]}, "state one of the two"),
])
def test_axes_that_give_no_allocator(tmp_path, base, values, says):
    with pytest.raises(UsageError) as raised:
        axes.check(base, list(values.items()), paths.PROFILES, tmp_path)
    assert says in str(raised.value) and "\n" not in str(raised.value)


def test_axes_that_do(tmp_path):
    chosen = [("front.specialize_mask", ["0", "0x0F"]), ("large.bigcache_l25", ["true", "false"])]
    axes.check("tiny-heavy", chosen, paths.PROFILES, tmp_path)


@pytest.mark.parametrize("words, says", [
    ([], "the following arguments are required: --axis"),
    (["--axis", "front.fast_cap"], "'front.fast_cap' is not SECTION.KEY=VALUE,..., such as front.fast_cap=8,16"),
    (["--axis", "front.fast_cap=,"], "'front.fast_cap=,' is not SECTION.KEY=VALUE,..., such as front.fast_cap=8,16"),
])
def test_wrong_axes_on_the_command_line(capsys, words, says):
    with pytest.raises(SystemExit) as ended:
        sweep.main(words)
    assert ended.value.code == 2 and says in capsys.readouterr().err


def test_without_bazel(monkeypatch, capsys):
    monkeypatch.delenv("BUILD_WORKSPACE_DIRECTORY", raising=False)
    assert sweep.main(["--axis", "front.fast_cap=8"]) == 2
    assert "sweep: it builds, so it is started in the workspace, by bazel run" in capsys.readouterr().err


def test_a_build_that_fails(monkeypatch, tmp_path, capfd):
    """The line says which command failed; the folder of results is not made."""
    wrapper = tmp_path / "bazelw"
    wrapper.write_text("#!/bin/sh\necho no space >&2\nexit 36\n")
    wrapper.chmod(0o755)
    monkeypatch.setenv("BUILD_WORKSPACE_DIRECTORY", str(tmp_path))
    assert sweep.main(["--axis", "front.fast_cap=8"]) == 1
    err = capfd.readouterr().err
    assert "no space" in err
    assert "sweep: bazel build failed with exit status 36: what it printed is above" in err
    assert not (tmp_path / "bench_results").exists()


def test_what_is_built(monkeypatch, tmp_path, bench):
    """The package that Bazel is given, and the manifest that it leaves, measured."""
    bench.sweep = {"base": "hakmem", "points": {"hakmem": {}}}
    bench.variant("hakmem", "result 1000")
    bench.variant("system", "result 500", kind="system")
    there = tmp_path / "bin" / "sweep"
    there.mkdir(parents=True)
    manifest = json.loads(bench.manifest().read_text())
    for variant in manifest["variants"]:
        variant["binaries"] = {k: f"../../{v}" for k, v in variant["binaries"].items()}
    (there / "sweep_manifest.json").write_text(json.dumps(manifest))
    wrapper = tmp_path / "bazelw"
    wrapper.write_text(f"""#!/bin/sh
case $1 in --output_base=*) shift ;; esac
if [ "$1" = info ]; then echo {tmp_path}/bin; exit; fi
cp "${{2#*%:}}/sweep/BUILD.bazel" {tmp_path}/seen
""")
    wrapper.chmod(0o755)
    assert sweep.main(["--base", "tiny-heavy", "--axis", "front.fast_cap=8,16", "--bench", "larson",
                       "--reps", "1", "--no-verdict", "--out", "out"]) == 0
    seen = (tmp_path / "seen").read_text()
    assert 'axes = {"front.fast_cap": ["8", "16"]}' in seen
    assert 'base = "tiny-heavy"' in seen and 'programs = ["larson"]' in seen
    assert (tmp_path / "out" / "comparisons.csv").exists()
