"""From a trace that fails to the few calls that it takes."""

import os
from collections.abc import Callable
from pathlib import Path

from bench.lab.replay import plan


class Shrinking:
    """Takes calls away from a trace for as long as it fails.  The calls are in files, in `folder`,
    however many there are."""

    def __init__(self, path: Path, folder: Path, fails: Callable[[Path], bool],
                 progress: Callable[[int, int], None] = lambda tries, calls: None):
        """`progress` is told of each try, and how many calls are left before it."""
        self.path = path  # the trace of the fewest calls that are known to fail
        self.left: plan.Cut | None = None  # what that has; None: nothing fails
        self._folder, self._fails, self._progress = folder, fails, progress
        self._tries = 0

    def run(self) -> None:
        """Until none of the calls that are left can be left out.

        All calls on a block go together at first, as a call on a block that is not there is none;
        then reallocs and frees alone.  All on one thread if that fails too.
        """
        if not self._without():
            return
        self._without("threads")
        self._take_away("blocks")
        self._take_away("changes")

    def _without(self, *what: str | int) -> bool:
        """Whether it fails without these calls, which are then gone for good."""
        less = self._folder / "less.trace"
        left = plan.cut(self.path, less, *what)
        self._tries += 1
        self._progress(self._tries, (self.left or left).calls)
        if not left.calls or not self._fails(less):
            return False
        fewest = self._folder / "fewest.trace"
        os.replace(less, fewest)
        self.path, self.left = fewest, left
        return True

    def _take_away(self, what: str) -> None:
        """Until it takes each of what is left (after A. Zeller, R. Hildebrandt, "Simplifying and
        Isolating Failure-Inducing Input", 2002): ever smaller parts, in the end one by one."""
        size = getattr(self.left, what)
        while size:
            at, gone = 0, False
            while at < (count := getattr(self.left, what)):
                if what == "blocks" and size >= count > 1:
                    break  # nothing would be left
                if self._without(what, at, at + size):
                    gone = True  # the next ones have moved up
                else:
                    at += size
            if size > 1:
                size = (size + 1) // 2
            elif not gone:
                return
