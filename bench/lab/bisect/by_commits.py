"""The search among the commits between two."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.lab.base.errors import UsageError
from bench.lab.bisect import revisions, sought
from bench.lab.bisect.journal import EFFECT, SEARCH, Journal
from bench.lab.bisect.meter import Meter
from bench.lab.bisect.sought import BROKEN, NO, UNCLEAR, YES, Broken
from bench.lab.bisect.worktree import Worktree
from bench.lab.select import manifest, preload
from bench.lab.select.manifest import Manifest
from bench.lab.select.question import Question
from bench.lab.select.variant import Variant

WORDS = {YES: "bad", NO: "good", UNCLEAR: "skip", BROKEN: "skip"}  # answer -> git bisect's


class Builder(Protocol):
    """Makes the variant of a commit."""

    def build(self, commit: str) -> tuple[Variant, str]:
        """The variant, and a word that is the same for the same library.  Raises Broken if it
        cannot be built."""


class Chooser(Protocol):
    """Chooses commits, as revisions.Bisection does."""

    def next(self) -> str | None:
        """The commit to be judged; None at the end."""

    def say(self, word: str) -> None:
        """Of that commit: good, bad or skip."""

    @property
    def left(self) -> list[str]:
        """The commits that may be the first bad one, oldest first."""


@dataclass
class LibraryBuilder:
    """Builds the library of a commit; it is preloaded into today's programs."""

    tree: Worktree
    programs: Manifest  # has the variant `system`
    logs: Path  # a folder

    def build(self, commit: str) -> tuple[Variant, str]:
        """As Builder.build."""
        name = commit[:10]
        built = self.tree.build(commit, self.logs / f"{name}.log")
        try:
            with_it = preload.added_to(self.programs, [f"{name}={built.library}"])
        except UsageError as error:
            raise Broken(str(error).removeprefix("--preload: ")) from error
        (variant,) = manifest.select(with_it, [name])
        return dataclasses.replace(variant, layouts=built.layouts), built.digest


@dataclass
class CommitSearch:
    """What it takes; `journal` hears of all steps and holds the result."""

    good: str
    bad: str
    start: Callable[[], Chooser]
    builder: Builder
    meter: Meter
    journal: Journal
    title: Callable[[str], str]
    parent: Callable[[str], str]
    better_by: float | None = None  # share: what counts as a difference
    _answers: dict[str, str] = field(default_factory=dict)  # a library's word -> answer

    def run(self) -> None:
        """Searches, and measures what was found.  KeyboardInterrupt leaves the journal as it is.
        Raises Broken if the first or the last commit does not work."""
        journal = self.journal
        a, first = self._build(self.good)
        b, last = self._build(self.bad)
        if first == last:
            journal.note("the libraries of both commits are the same file, byte by byte: what "
                         "differs between them is chance")
            journal.finished = True
            return
        least = self.better_by or 0.0
        journal.total = self.meter.measure(a, b, Question(least, least))
        journal.sought = sought.sought(journal.total, self.better_by)
        if journal.sought is not None:
            self._answers = {first: NO, last: YES}
            chooser = self.start()
            left = chooser.left
            journal.left = self._titles(left)
            while (commit := chooser.next()) is not None:
                chooser.say(WORDS[self._answer(a, commit)])
                left = chooser.left
                journal.left = self._titles(left)
            self._effect(left)
        journal.finished = True

    def _build(self, commit: str) -> tuple[Variant, str]:
        variant, word = self.builder.build(commit)
        if not variant.layouts:
            self.journal.note("some libraries have one link only, as their commits cannot make more: "
                              "a difference between two of them may be that of their layouts")
        return variant, word

    def _titles(self, commits: list[str]) -> list[str]:
        return [self.title(commit) for commit in commits]

    def _answer(self, a: Variant, commit: str) -> str:
        """Whether the commit surely has the difference to the first one."""
        journal, what, name = self.journal, self.title(commit), ""
        try:
            b, word = self._build(commit)
            name = b.name
            if word in self._answers:
                return journal.add(SEARCH, a.name, name, what, self._answers[word],
                                   why="the same library as before").answer
            one = self.meter.measure(a, b, journal.sought.question)
        except Broken as error:
            return journal.add(SEARCH, a.name, name, what, BROKEN, why=str(error)).answer
        answer = journal.sought.answer(one)
        if answer != UNCLEAR:
            self._answers[word] = answer
        return journal.add(SEARCH, a.name, name, what, answer, one).answer

    def _effect(self, left: list[str]) -> None:
        """How much the commit that was found makes, or all that are left make together."""
        what = self.title(left[-1]) if len(left) == 1 else f"{len(left)} commits together"
        try:
            before, _ = self._build(self.parent(left[0]))
            after, _ = self._build(left[-1])
            one = self.meter.measure(before, after, self.journal.sought.fine)
        except Broken as error:
            self.journal.explained = self.journal.add(EFFECT, "", "", what, BROKEN, why=str(error))
            return
        self.journal.explained = self.journal.add(EFFECT, before.name, after.name, what,
                                                  one.verdict, one)


def search(workspace: Path, good: str, bad: str, tree: Worktree, builder: Builder, meter: Meter,
           journal: Journal, better_by: float | None) -> CommitSearch:
    """Of two commits of the workspace."""
    return CommitSearch(
        good, bad, lambda: revisions.Bisection(tree.tree, good, bad), builder, meter, journal,
        lambda commit: revisions.title(workspace, commit),
        lambda commit: revisions.parent(workspace, commit), better_by)
