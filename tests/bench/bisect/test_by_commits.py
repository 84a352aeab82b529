"""The search among commits: with git's own bisection of a real history, and libraries of known
speeds."""

import dataclasses
import signal
import subprocess
from pathlib import Path

import pytest

from bench.lab.base.errors import UsageError
from bench.lab.bisect import by_commits, revisions, worktree
from bench.lab.bisect.bisect_report import BisectReport
from bench.lab.bisect.journal import SEARCH, Journal
from bench.lab.bisect.sought import BROKEN, UNCLEAR, Broken
from tests.bench.bisect.fakes import ROW, Meter, variant

COMMITS = 12


def run(folder: Path, *words: str) -> str:
    return subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=folder,
                          check=True, capture_output=True, text=True).stdout.strip()


class History:
    """A repository with commits c0, c1, ...; `file` holds the number of each."""

    def __init__(self, root: Path, commits: int = COMMITS):
        self.root = root / "workspace"
        self.root.mkdir()
        run(self.root, "init", "-q", "-b", "main")
        self.commits = [self.commit(f"c{i}", file=str(i)) for i in range(commits)]

    def commit(self, subject: str, **files: str) -> str:
        for name, text in files.items():
            (self.root / name).write_text(text)
        run(self.root, "add", "-A")
        run(self.root, "commit", "-q", "--allow-empty", "-m", subject)
        return run(self.root, "rev-parse", "HEAD")

    def number(self, commit: str) -> int:
        return self.commits.index(commit)


@pytest.fixture
def history(tmp_path) -> History:
    return History(tmp_path)


class Builder:
    """The library of a commit has its number; `words` are those of equal libraries."""

    def __init__(self, history: History, broken=(), words=str, layouts=()):
        self.history, self.broken, self.words, self.layouts = history, broken, words, layouts

    def build(self, commit):
        number = self.history.number(commit)
        if number in self.broken:
            raise Broken("does not compile")
        made = dataclasses.replace(variant(f"v{number}"), layouts=self.layouts)
        return made, self.words(number)


def search(history: History, tmp_path: Path, speeds: dict[int, float], good: int = 0,
           bad: int = COMMITS - 1, **more) -> by_commits.CommitSearch:
    """`speeds`: from which commit on which speed."""
    noise = {f"v{number}": 1.0 for number in more.pop("noisy", ())}
    of = {f"v{i}": next(speed for start, speed in sorted(speeds.items(), reverse=True)
                        if start <= i) for i in range(len(history.commits))}
    first, last = history.commits[good], history.commits[bad]
    tree = tmp_path / "tree"
    run(history.root, "worktree", "add", "-q", "--detach", str(tree), last)
    made = by_commits.CommitSearch(
        first, last, lambda: revisions.Bisection(tree, first, last), Builder(history, **more),
        Meter(of, noise), Journal("commits", revisions.between(history.root, first, last)),
        lambda commit: revisions.title(history.root, commit),
        lambda commit: revisions.parent(history.root, commit))
    made.run()
    return made


def subjects(made) -> list[str]:
    return [title.split()[1] for title in made.journal.left]


@pytest.mark.parametrize("culprit", range(1, COMMITS))
def test_the_first_commit_with_the_difference(history, tmp_path, culprit):
    made = search(history, tmp_path, {0: 1.0, culprit: 0.9})
    assert subjects(made) == [f"c{culprit}"]
    assert len(made.journal.of(SEARCH)) <= 4
    effect = made.journal.explained
    assert (effect.a, effect.b) == (f"v{culprit - 1}", f"v{culprit}")
    assert effect.comparison.effect.value == pytest.approx(0.9, abs=0.01)
    text = " ".join(BisectReport(made.journal, ROW, "c0", "c11", {}).sentences())
    assert f"The commit that makes it: {made.journal.left[0]}." in text
    assert "of the whole difference" in text


def test_a_gain_is_found_too(history, tmp_path):
    assert subjects(search(history, tmp_path, {0: 1.0, 7: 1.1})) == ["c7"]


def test_the_larger_of_two_steps(history, tmp_path):
    made = search(history, tmp_path, {0: 1.0, 3: 0.98, 8: 0.88})
    assert subjects(made) == ["c8"]
    assert made.journal.sought.explained(made.journal.explained.comparison) == \
        pytest.approx(0.85, abs=0.07)


def test_a_commit_that_does_not_build_is_skipped(history, tmp_path):
    made = search(history, tmp_path, {0: 1.0, 4: 0.9}, broken=(5, 6))
    assert subjects(made) == ["c4"]
    assert any(step.answer == BROKEN and step.why == "does not compile"
               for step in made.journal.of(SEARCH))


def test_a_range_is_left_around_what_does_not_build(history, tmp_path):
    made = search(history, tmp_path, {0: 1.0, 6: 0.9}, broken=(5, 6))
    assert subjects(made) == ["c5", "c6", "c7"]
    text = " ".join(BisectReport(made.journal, ROW, "c0", "c11", {}).sentences())
    assert "One of 3 commits makes it: " in text and "3 commits together against v4: slower" in text


def test_a_step_that_stays_unclear_is_skipped(history, tmp_path):
    made = search(history, tmp_path, {0: 1.0, 5: 0.9}, noisy=(5,))
    assert subjects(made) == ["c5", "c6"]
    assert UNCLEAR in [step.answer for step in made.journal.of(SEARCH)]


def test_no_difference_ends_it(history, tmp_path):
    made = search(history, tmp_path, {0: 1.0})
    assert made.journal.finished and made.journal.steps == [] and made.journal.sought is None


def test_equal_libraries_are_not_measured_again(history, tmp_path):
    """Commits that change documents only."""
    made = search(history, tmp_path, {0: 1.0, 6: 0.9},
                  words=lambda number: "old" if number < 6 else "new")
    assert subjects(made) == ["c6"]
    assert made.meter.measured == [("v0", "v11"), ("v5", "v6")]
    assert all(step.why == "the same library as before" for step in made.journal.of(SEARCH))


def test_the_same_library_at_both_ends(history, tmp_path):
    made = search(history, tmp_path, {0: 1.0, 6: 0.9}, words=lambda number: "same")
    assert made.journal.finished and made.meter.measured == []
    assert "the same file, byte by byte" in made.journal.notes[-1]


def test_libraries_without_layouts_are_said(history, tmp_path):
    made = search(history, tmp_path, {0: 1.0})
    assert [note for note in made.journal.notes if "have one link only" in note]
    made = search(history, tmp_path / "more", {0: 1.0}, layouts=(Path("00.so"),))
    assert made.journal.notes == []


def test_a_history_with_a_branch(history, tmp_path):
    """The culprit is on a branch that was merged."""
    run(history.root, "checkout", "-q", "-b", "side", history.commits[3])
    side = [history.commit(f"c{12 + i}", other=str(i)) for i in range(3)]
    run(history.root, "checkout", "-q", "main")
    run(history.root, "merge", "-q", "--no-ff", "-m", "c15", "side")
    history.commits += [*side, run(history.root, "rev-parse", "HEAD")]
    slow = {13, 14, 15}
    of = {f"v{i}": 0.9 if i in slow else 1.0 for i in range(16)}
    first, last = history.commits[0], history.commits[15]
    tree = tmp_path / "tree"
    run(history.root, "worktree", "add", "-q", "--detach", str(tree), last)
    made = by_commits.CommitSearch(
        first, last, lambda: revisions.Bisection(tree, first, last), Builder(history), Meter(of),
        Journal("commits", []), lambda commit: revisions.title(history.root, commit),
        lambda commit: revisions.parent(history.root, commit))
    made.run()
    assert subjects(made) == ["c13"]


@pytest.mark.parametrize("text, says", [
    ("main", "main is not GOOD..BAD"),
    ("main..", "is not GOOD..BAD"),
    ("a...b", "there is no commit"),
    ("main..nope", "there is no commit nope"),
    ("--all..main", "there is no commit --all"),
    ("main..main", "main does not come after main"),
    ("main..main~2", "main~2 does not come after main"),
])
def test_commits_that_there_are_not(history, text, says):
    with pytest.raises(UsageError, match="--commits: ") as raised:
        revisions.commits(history.root, text)
    assert says in str(raised.value)


BAZELW = """\
#!/bin/sh
# In Bazel's place: says where its files are, and "builds" the libraries that the commit has.
base=${1#--output_base=}; shift
case $1 in
info) echo "$base/bin" ;;
clean) kill -INT $PPID; sleep 0.1; rm -rf "$base" ;;  # Ctrl-C once more
build)
    mkdir -p "$base/bin/layouts/hakmem"
    touch "$base/read-only"
    for target; do
        case $target in
        //:libhakmem.so) grep -q broken file && { echo "ERROR: broken"; exit 1; }
            cp file "$base/bin/libhakmem.so" ;;
        //:layouts/hakmem) [ -e layouts ] || exit 1
            for i in 00 01 02; do cp file "$base/bin/layouts/hakmem/$i.so"; done ;;
        esac
    done ;;
esac
"""


@pytest.fixture
def buildable(history) -> History:
    (history.root / "bazelw").write_text(BAZELW)
    (history.root / "bazelw").chmod(0o755)
    history.commits.append(history.commit("c12", file="12"))
    history.commits.append(history.commit("c13", file="13 broken"))
    history.commits.append(history.commit("c14", file="14", layouts=""))
    return history


def leftovers(history: History) -> tuple[str, str]:
    return (run(history.root, "worktree", "list", "--porcelain").count("worktree "),
            run(history.root, "for-each-ref", "refs/bisect"))


def test_commits_are_built_aside(buildable, tmp_path):
    log = tmp_path / "log"
    (buildable.root / "user.bazelrc").write_text("build --config=mine\n")
    with worktree.worktree(buildable.root, buildable.commits[-1], "hakmem") as tree:
        twelve = tree.build(buildable.commits[12], log)
        assert (tree.tree / "user.bazelrc").exists()
        fourteen = tree.build(buildable.commits[14], log)
        assert (twelve.library.read_text(), twelve.layouts) == ("12", ())
        assert [path.name for path in fourteen.layouts] == ["00.so", "01.so", "02.so"]
        assert twelve.digest != fourteen.digest
        with pytest.raises(Broken, match="cannot be built: ERROR: broken; see "):
            tree.build(buildable.commits[13], log)
        before = tree.build(buildable.commits[5], log)  # which has no bazelw of its own
        assert (before.library.read_text(), before.layouts) == ("5", ())
        folder = tree.tree.parent
    assert not folder.exists() and leftovers(buildable) == (1, "")
    assert run(buildable.root, "rev-parse", "--abbrev-ref", "HEAD") == "main"


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_nothing_is_left_behind_after_an_error(buildable, tmp_path, error):
    first, last = buildable.commits[0], buildable.commits[-1]
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(error):
        with worktree.worktree(buildable.root, last, "hakmem") as tree:
            revisions.Bisection(tree.tree, first, last).say("bad")
            tree.build(buildable.commits[12], tmp_path / "log")
            folder = tree.tree.parent
            raise error
    assert not folder.exists() and leftovers(buildable) == (1, "")
    assert signal.getsignal(signal.SIGINT) == before
    assert not (buildable.root / ".git/BISECT_LOG").exists()
