"""The search among the keys of two profiles."""

import itertools
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.lab.base.errors import ToolError
from bench.lab.bisect import keys, sought
from bench.lab.bisect.ddmin import minimize
from bench.lab.bisect.journal import EFFECT, SEARCH, Journal, Step
from bench.lab.bisect.keys import Difference, Unit
from bench.lab.bisect.meter import Meter
from bench.lab.bisect.sought import BROKEN, YES, Broken
from bench.lab.judge.compare import Comparison
from bench.lab.select import building, manifest
from bench.lab.select.manifest import Manifest
from bench.lab.select.question import Question
from bench.lab.select.variant import Variant

NAME = "keys-{}"  # of the profiles that are built for steps


class Builder(Protocol):
    """Makes A with some of the keys; without any, A itself."""

    def build(self, chosen: frozenset[str]) -> Variant:
        """Raises Broken if it cannot be built."""


@dataclass
class BazelBuilder:
    """Builds them with the program of the row; `scratch` is a folder that is there meanwhile."""

    difference: Difference
    program: str
    scratch: Path
    manifest: Manifest | None = None  # of all that was built
    _files: dict[str, Path] = field(default_factory=dict)  # profile -> its file
    _built: dict[frozenset[str], Variant] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def build(self, chosen: frozenset[str]) -> Variant:
        """As Builder.build."""
        if chosen not in self._built:
            name = NAME.format(next(self._numbers))
            if chosen:
                self._files[name] = self.scratch / f"{name}.yaml"
                self.difference.write([one for one in self.difference.values if one in chosen],
                                      self._files[name])
            self.manifest = self._load(name)
            base, *others = manifest.of_sweep(self.manifest)
            self._built[frozenset()] = base
            if chosen:
                self._built[chosen] = next(one for one in others if one.name == f"hakmem-{name}")
        return self._built[chosen]

    def _load(self, name: str) -> Manifest:
        try:
            return manifest.load(building.build_profiles(
                self._files, self.scratch, self.difference.base, [self.program]))
        except ToolError as error:
            self._files.pop(name, None)
            raise Broken(str(error)) from error


@dataclass
class KeySearch:
    """What it takes; `journal` hears of all steps and holds the result."""

    values: dict[str, str]  # SECTION.KEY -> B's value, as a profile states it
    why_not: Callable[[frozenset[str]], str | None]  # see keys.units
    builder: Builder
    meter: Meter
    journal: Journal
    better_by: float | None = None  # share: what counts as a difference
    _answers: dict[frozenset[str], bool] = field(default_factory=dict)

    def run(self) -> None:
        """Searches, and measures what was found.  KeyboardInterrupt leaves the journal as it is.
        Raises Broken if A or B does not work."""
        journal, everything = self.journal, frozenset(self.values)
        journal.left = list(self.values)
        least = self.better_by or 0.0
        *_, journal.total = self._measure(everything, Question(least, least))
        journal.sought = sought.sought(journal.total, self.better_by)
        if journal.sought is not None:
            units = keys.units(list(self.values), self.why_not)
            for unit in units:
                if unit.why:
                    journal.note(f"{unit.text}: at first kept together ({unit.why})")
            self._answers[everything] = True
            found = coarse = minimize(units, self._have, self._left)
            if any(len(unit.keys) > 1 for unit in found):
                found = minimize([Unit((name,)) for unit in found for name in unit.keys],
                                 self._have, self._left)
            journal.left = _names(found)
            self._effects(journal.left, _names(coarse))
        journal.finished = True

    def _have(self, units: list[Unit]) -> bool:
        """Whether A surely has the difference with these keys; measured once."""
        chosen = frozenset(_names(units))
        if chosen not in self._answers:
            self._answers[chosen] = self._step(SEARCH, chosen).answer == YES
        return self._answers[chosen]

    def _left(self, units: list[Unit], together: bool) -> None:
        self.journal.left = _names(units)
        if together:
            self.journal.note(f"neither half of {', '.join(self.journal.left)} surely makes the "
                              "difference alone: it takes several of them together, or the answer "
                              "is not clear")

    def _effects(self, found: list[str], coarse: list[str]) -> None:
        """How much of the difference the found keys make, each of them alone, and all others, or
        all but `coarse` if some need what was found."""
        everything = frozenset(self.values)
        self.journal.explained = self._step(EFFECT, frozenset(found))
        if len(found) > 1:
            for name in found:
                self._step(EFFECT, frozenset({name}))
        rest = everything - frozenset(found)
        if self.why_not(rest):
            rest = everything - frozenset(coarse)
        if rest:
            self.journal.rest = self._step(EFFECT, rest)

    def _step(self, purpose: str, chosen: frozenset[str]) -> Step:
        what, aim = self.text(chosen), self.journal.sought
        try:
            why = self.why_not(chosen)
            if why:
                raise Broken(f"no allocator: {why}")
            a, b, one = self._measure(chosen, aim.question if purpose == SEARCH else aim.fine)
        except Broken as error:
            return self.journal.add(purpose, "", "", what, BROKEN, why=str(error))
        answer = aim.answer(one) if purpose == SEARCH else one.verdict
        return self.journal.add(purpose, a, b, what, answer, one)

    def _measure(self, chosen: frozenset[str],
                 question: Question) -> tuple[str, str, Comparison]:
        """The names of A and of A with the keys, and how the second compares."""
        a, b = self.builder.build(frozenset()), self.builder.build(chosen)
        return a.name, b.name, self.meter.measure(a, b, question)

    def text(self, chosen: Collection[str]) -> str:
        """The keys with B's values."""
        return ", ".join(f"{name}={value}" for name, value in self.values.items()
                         if name in chosen)


def _names(units: list[Unit]) -> list[str]:
    return [name for unit in units for name in unit.keys]
