"""bazel run //tests/mutants: whether the tests notice faults.

Puts one fault after the other into a copy of the checkout and runs the tests that must fail then.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bazel import inner
from bench.lab.base import ending, paths, progress
from bench.lab.base.errors import UsageError
from bench.lab.run.folder import Files
from bench.lab.select import options
from bench.lab.show import csv_file
from gen import screen
from tests.mutants import mutants
from tests.mutants.mutants import DoesNotApply, Mutant
from tests.mutants.scratch import Scratch, scratch

KILLED, SURVIVES = "killed", "SURVIVES"
DOES_NOT_APPLY, DOES_NOT_BUILD = "does not apply", "does not build"
FAILS_ALONE = "suite fails without it"
HEADS = ("mutant", "file", "outcome", "seconds", "about", "breaks")


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant.  `about` names the suites at fault, or says what is wrong."""

    mutant: Mutant
    word: str
    seconds: float = 0.0
    about: str = ""

    @property
    def cells(self) -> list[str]:
        """In the order of HEADS."""
        return [self.mutant.name, self.mutant.file, self.word, f"{self.seconds:.0f}", self.about,
                self.mutant.breaks]


def chosen(found: list[Mutant], names: list[str]) -> list[Mutant]:
    """Those of the names, all without any.  Raises UsageError for a name that none has."""
    known = {one.name: one for one in found}
    for name in names:
        if name not in known:
            raise UsageError(f"there is no mutant {name}; there are {', '.join(known)}")
    return [known[name] for name in names] or found


def tried(copy: Scratch, one: Mutant, sound: dict[str, bool | None], log: Path) -> Outcome:
    """Tests one mutant; `sound` tells of each suite whether it passes without any."""
    unsound = [suite for suite in one.suites if not sound[suite]]
    if unsound:
        return Outcome(one, FAILS_ALONE, about=" ".join(unsound))
    try:
        content = one.applied(copy.root)
    except DoesNotApply as error:
        return Outcome(one, DOES_NOT_APPLY, about=str(error))
    except SyntaxError as error:
        return Outcome(one, DOES_NOT_BUILD, about=str(error))
    start = time.monotonic()
    with copy.changed(one.file, content):
        passed = copy.test(one.suites, log)
    seconds = time.monotonic() - start
    for word, status in ((DOES_NOT_BUILD, None), (SURVIVES, True)):
        at_fault = [suite for suite in one.suites if passed[suite] is status]
        if at_fault:
            return Outcome(one, word, seconds, " ".join(at_fault))
    return Outcome(one, KILLED, seconds)


def run(console: Console, root: Path, of: list[Mutant], cache: Path | None,
        files: Files, done: Callable[[Outcome], None]) -> None:
    """Tests the mutants in a copy of the checkout `root`; `done` is called with each outcome."""
    suites = {suite for one in of for suite in one.suites}
    with scratch(root, cache) as copy, progress.telling(console, "mutants") as tell:
        tell(f"{len(suites)} suites without any")
        sound = copy.test(suites, files.path / "raw" / "without.out")
        for number, one in enumerate(of, start=1):
            tell(f"{number} of {len(of)}, {one.name}")
            done(tried(copy, one, sound, files.path / "raw" / f"{one.name}.out"))


def show(console: Console, outcomes: list[Outcome]) -> None:
    """The table, and how many were killed."""
    screen.put(console, HEADS, [one.cells for one in outcomes], words=(0, 1, 2, 4, 5),
               folds=(4, 5), dispensable=("file", "seconds"),
               styles=["" if one.word == KILLED else "bold red" for one in outcomes])
    killed = sum(one.word == KILLED for one in outcomes)
    console.print(f"{killed} of {len(outcomes)} killed")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bazel run //tests/mutants --", description=__doc__.split(": ", 1)[1],
        formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False,
        epilog="exit status: 0: all are killed; 1: one is not; 2: wrong use; 130: interrupted")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these; default: all")
    parser.add_argument("--cache", metavar="DIR",
                        help="where what is built stays for the next time; default: nowhere")
    parser.add_argument("--out", metavar="DIR",
                        help="default: bench_results/mutants/<time> in the workspace")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Exit status 0: all are killed; 1: one is not; 2: wrong use; 130: interrupted."""
    asked = _parser().parse_args(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))

    def work() -> int:
        root = inner.workspace()
        if root is None:
            raise UsageError("start this with bazel run")
        try:
            of = chosen(mutants.read(root / "tests" / "mutants"), asked.names)
        except mutants.ListError as error:
            raise UsageError(str(error)) from error
        cache = paths.of_caller(asked.cache).resolve() if asked.cache else None
        files = Files(options.out_of(asked, "mutants"), "mutants.csv")
        console = screen.make_console()
        outcomes: list[Outcome] = []

        def done(one: Outcome) -> None:
            outcomes.append(one)
            # A line for each mutant.
            files.write("mutants.csv", csv_file.text(HEADS, (one.cells for one in outcomes)))

        def judged() -> int:
            run(console, root, of, cache, files, done)
            show(console, outcomes)
            console.print(f"results: {files.path}", soft_wrap=True)
            return 0 if all(one.word == KILLED for one in outcomes) else 1

        return ending.keeping("mutants", files.path, judged)

    return ending.guarded("mutants", work)


if __name__ == "__main__":
    sys.exit(main())
