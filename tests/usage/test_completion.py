"""What bash offers behind a Tab, as bazel/completion.bash sees to it."""

import shlex
import subprocess

import pytest

from tests.usage.workspace import CHECKOUT

PROFILES = {path.stem for path in (CHECKOUT / "profiles").glob("*.yaml")}


def offered(line: str, before: str = "") -> set[str]:
    """The words for a Tab at the end of the line, as bash would put them in place of what is
    behind the last blank, colon or equals sign."""
    script = f"""{before}
        source bazel/completion.bash
        COMP_LINE={shlex.quote(line)} COMP_POINT=${{#COMP_LINE}}
        COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
        _hakmem_complete bazel
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    done = subprocess.run(["bash", "--norc", "-c", script], cwd=CHECKOUT, capture_output=True,
                          text=True, check=True)
    assert done.stderr == ""
    return set(done.stdout.split())


def test_commands():
    assert offered("bazel run //be") >= {"//bench:matrix", "//bench:ab", "//bench:replay"}
    assert offered("./bazelw run //gen:") == {"explain", "fit", "record"}
    assert offered("bazel run //:") == {"install", "doctor"}
    assert offered("bazel run --config=ci //bench:ma") == {"matrix"}
    assert offered("bazel build //be") == set()


@pytest.mark.parametrize("line, some", [
    ("bazel run //bench:ab -- --", {"--program", "--reps", "--timeout", "--preload"}),
    ("bazel run //bench:matrix -- --base", {"--baseline"}),
    ("bazel run //gen:record -- --trace", {"--trace", "--trace-max"}),
    ("bazel run //:install -- --", {"--prefix", "--profile", "--destdir", "--uninstall"}),
    ("bazel run //:doctor -- --j", {"--json"}),
    ("bazel run //bench:larson_ab -- --re", {"--reps"}),
])
def test_options_are_those_of_the_help(line, some):
    words = offered(line)
    assert words >= some
    assert all(word.startswith(line.split()[-1]) for word in words)


def test_values():
    assert offered("bazel run //gen:explain -- ") == PROFILES
    assert offered("bazel run //:install -- --profile low") == {"low-rss"}
    assert offered("bazel run --//:profile=hea") == {
        "header-classidx-on", "header-classidx-off"}
    assert offered("bazel run //bench:ab -- hakmem-t") == {"hakmem-tiny-heavy"}
    assert offered("bazel run //bench:ab -- ") >= {"hakmem", "system", "mi"}
    assert offered("bazel run //bench:count -- hakmem s") == {"system"}
    assert offered("bazel run //bench:matrix -- --variants hakmem,sy") == {"hakmem,system"}
    assert offered("bazel run //bench:matrix -- --bench larson,bench_ch") == {
        "larson,bench_churn"}
    assert offered("bazel run //bench:ab -- hakmem --bench ti") == {"tiny_hot"}
    assert "tiny_hot" in offered("bazel run //bench:perf -- ")
    assert offered("bazel run --//bench:variants=hakmem,sy") == {"hakmem,system"}
    assert "--stat" not in offered("bazel run //bench:ab -- --s")
    assert offered("bazel run //bench:matrix -- --variants=hakmem,sy") == {"hakmem,system"}
    assert offered("bazel run //gen:fit -- profiles/low-") == {"profiles/low-rss.yaml"}


@pytest.mark.parametrize("before", ["export CDPATH=.:$HOME", "IFS=,", "set -u"])
def test_in_odd_shells(before):
    assert offered("bazel run //bench:ma", before) == {"matrix"}
    assert offered("bazel run //gen:explain -- low", before) == {"low-rss"}


def test_of_an_unknown_label_nothing_is_known():
    assert offered("bazel run //nope:nope -- --re") == set()


def test_bazels_own_completion_has_the_rest():
    before = "own() { COMPREPLY=(from-bazel); }; complete -F own bazel"
    assert offered("bazel bu", before) == {"from-bazel"}
    assert offered("bazel run //bench:ma", before) == {"matrix"}
    assert offered("bazel run //bench:ab -- nothing-like-it", before) == set()
