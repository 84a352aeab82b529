"""The history of the workspace: commits by name, and git's own bisection."""

import os
import re
import subprocess
from pathlib import Path

from bench.lab.base.errors import ToolError, UsageError

_FIRST = re.compile(r"^# (?:first bad commit|possible first bad commit): \[([0-9a-f]+)\]", re.M)


def git(folder: Path, *words: str) -> str:
    """What git prints.  Raises ToolError if it fails."""
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True,
                          errors="replace", check=False, env={**os.environ, "LC_ALL": "C"})
    if done.returncode:
        why = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["it does not say why"]
        raise ToolError(f"git {' '.join(words)}: {why[-1]}")
    return done.stdout


def commits(workspace: Path, text: str) -> tuple[str, str]:
    """The two commits that a person means by GOOD..BAD.  Raises UsageError for others, and if the
    second does not descend from the first."""
    names = text.split("..")
    if len(names) != 2 or not all(names):
        raise UsageError(f"--commits: {text} is not GOOD..BAD, such as v1.0..HEAD")
    found = []
    for name in names:
        try:
            found.append(git(workspace, "rev-parse", "--verify", "--quiet",
                             f"{name}^{{commit}}").strip())
        except ToolError as error:
            raise UsageError(f"--commits: there is no commit {name} in {workspace}") from error
    good, bad = found
    if good == bad or git(workspace, "merge-base", good, bad).strip() != good:
        raise UsageError(f"--commits: {names[1]} does not come after {names[0]}")
    return good, bad


def between(folder: Path, good: str, bad: str) -> list[str]:
    """The commits after the first one, up to the second, oldest first."""
    return git(folder, "rev-list", "--reverse", "--topo-order", f"{good}..{bad}").split()


def title(folder: Path, commit: str) -> str:
    """For people: the short name, and the subject."""
    return git(folder, "log", "-1", "--abbrev=10", "--format=%h %s", commit).strip()


def parent(folder: Path, commit: str) -> str:
    """The first one.  There is one, for a commit that comes after another."""
    return git(folder, "rev-parse", f"{commit}^").strip()


class Bisection:
    """git bisect in a worktree: it chooses the commits, also where history has branches, and around
    those that cannot be judged."""

    def __init__(self, tree: Path, good: str, bad: str):
        self._tree = tree
        git(tree, "bisect", "start", "--no-checkout", bad, good)

    def next(self) -> str | None:
        """The commit to be judged; None at the end."""
        if self.first:
            return None
        return git(self._tree, "rev-parse", "BISECT_HEAD").strip()

    def say(self, word: str) -> None:
        """Of that commit: good, bad or skip."""
        commit = self.next()
        done = subprocess.run(["git", "bisect", word, commit], cwd=self._tree, capture_output=True,
                              text=True, check=False, env={**os.environ, "LC_ALL": "C"})
        if done.returncode and not self.first:  # 2: only skipped ones are left, which it lists
            raise ToolError(f"git bisect {word}: {done.stderr.strip() or done.stdout.strip()}")

    @property
    def first(self) -> list[str]:
        """The first bad commit, or all that may be it; none before the end."""
        found = _FIRST.findall(git(self._tree, "bisect", "log"))
        return [one for one in self._between() if one in found] if len(found) > 1 else found

    @property
    def left(self) -> list[str]:
        """The commits that may be the first bad one by now, oldest first."""
        return self.first or self._between()

    def _between(self) -> list[str]:
        return git(self._tree, "rev-list", "--reverse", "--topo-order", "refs/bisect/bad", "--not",
                   "--glob=refs/bisect/good-*").split()
