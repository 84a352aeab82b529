"""A whole measurement: its runs are made, judged, written and shown, once each, in this order."""

import sys
from collections.abc import Callable
from typing import Protocol, TypeVar

from rich.console import Console

from bench.lab.base import ending
from bench.lab.run.folder import Folder
from bench.lab.run.runs import Runs
from bench.lab.run.session import Session
from bench.lab.stats import families
from gen import screen


class Report(Protocol):
    """Judged runs; `about` in its functions is the content of run.json."""

    def write(self, folder: Folder, about: dict) -> None:
        """The files beside results.csv and run.json."""

    def show(self, console: Console, about: dict) -> None:
        """Prints the main tables."""


R = TypeVar("R", bound=Report)


def measure(name: str, session: Session, judge: Callable[[Runs], R]) -> tuple[int, R | None]:
    """Exit status of the command `name` and what the runs come to; None if it did not get there.

    0; 1: a run failed or a file cannot be written; 130: interrupted.  What is finished is kept when
    the user interrupts, and when the disk is full.  A line on standard error names what failed
    first.
    """
    console = screen.make_console()
    found: list[R] = []

    def work() -> int:
        made = session.measure(console)
        about, failure = made.about, made.failure
        rounds = session.until.rounds
        if rounds is not None and not families.enough(rounds):
            about["doubts"].append(f"{families.too_few(rounds)}: nothing here is a verdict")
        try:
            session.folder.write_json("run.json", about)
            found.append(judge(made.runs))
            found[0].write(session.folder, about)
        except OSError as error:
            failure = failure or error
        if failure:
            raise failure
        found[0].show(console, about)
        console.print(f"results: {session.folder.path}", markup=False, soft_wrap=True)
        if about["interrupted"]:
            print(f"{name}: interrupted: the finished runs are in {session.folder.path}",
                  file=sys.stderr)
            return 130
        if made.runs.failures:
            ending.say_failed(name, made.runs.failures)
            return 1
        return 0

    status = ending.keeping(name, session.folder.path, work)
    return status, found[0] if found else None

