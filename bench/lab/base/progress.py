"""What a command says of its work while it goes on: on a terminal in one line that goes away,
elsewhere in lines now and then."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (BarColumn, MofNCompleteColumn, Progress, SpinnerColumn,
                           TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn)

EVERY = 10.0  # seconds between two lines where there is no terminal


@contextmanager
def telling(console: Console, what: str) -> Iterator[Callable[[str], None]]:
    """Gives a function, to be called with how far `what` is.  For work of unknown length."""
    if console.is_terminal:
        with console.status(what) as status:
            yield lambda text: status.update(f"{what}: {text}")
        return
    last = time.monotonic()

    def tell(text: str) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY:
            last = time.monotonic()
            console.print(f"{what}: {text}", soft_wrap=True)

    yield tell


@contextmanager
def step(console: Console, what: str) -> Iterator[None]:
    """Says what is being done and for how long; without a terminal only that it begins."""
    if not console.is_terminal:
        console.print(what, markup=False)
        yield
        return
    with Progress(SpinnerColumn("line"), TextColumn("{task.description}", markup=False),
                  TimeElapsedColumn(), console=console, transient=True) as progress:
        progress.add_task(what)
        yield


class RunsBar:
    """Shows how many of `total` runs, or other things, are done, or, if their number is not known,
    how much of the time has passed: a bar with the remaining time; without a terminal a line after
    every tenth."""

    def __init__(self, console: Console, total: int | None, things: str = "runs"):
        self._console = console
        self._things = things
        self._total = total
        self._count = 0
        self._tenth = 0
        self._bar = None
        if console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description:44}", markup=False), BarColumn(),
                MofNCompleteColumn() if total else TaskProgressColumn(), TimeRemainingColumn(),
                console=console, transient=True)
            self._task = self._bar.add_task("", total=total or 1.0)

    def __enter__(self):
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *_):
        if self._bar:
            self._bar.stop()

    def begin(self, what: str) -> None:
        """The run of this name begins."""
        if self._bar:
            self._bar.update(self._task, description=what)

    def done(self, runs: int = 1, share: float = 0.0) -> None:
        """So many runs have ended, after this share of the time."""
        self._count += runs
        done = self._count if self._total else share
        tenth = int(10 * done / (self._total or 1.0))
        if self._bar:
            self._bar.update(self._task, completed=done)
        elif tenth != self._tenth:
            self._tenth = tenth
            self._console.print(f"{self._count} of {self._total} {self._things}" if self._total
                                else f"{self._count} {self._things}, {10 * tenth} % of the time")
