"""From a variant that fails to a file with the few calls that it takes: what --shrink does."""

import os
import sys
import tempfile
from pathlib import Path

from bench.lab.base import progress
from bench.lab.base.errors import UsageError
from bench.lab.replay import c_program, recorded, shrink
from bench.lab.select.variant import Variant
from gen import screen


def write(variant: Variant, trace: Path, to: Path, timeout: float) -> int:
    """Writes the program; 0 even if nothing fails, which is said; 130 for Ctrl-C.

    Raises UsageError for a file that exists, or cannot be written.
    """
    if to.exists():
        raise UsageError(f"--shrink: {to}: exists; name another file")
    if not os.access(to.parent, os.W_OK):
        raise UsageError(f"--shrink: {to.parent}: is no folder that can be written to")
    console = screen.make_console()
    with tempfile.TemporaryDirectory(prefix="hakmem-replay-") as scratch:
        plan_file = Path(scratch) / "plan"
        with progress.telling(console, "reading the trace") as tell:
            made = recorded.plan_of(trace, plan_file, lambda percent: tell(f"{percent} %"))
        with progress.telling(console, "shrinking") as tell:
            shrinking = shrink.Shrinking(
                trace, Path(scratch),
                lambda fewer: recorded.fails(variant, fewer, plan_file, timeout),
                lambda tries, calls: tell(f"{tries} tries, {calls} calls left"))
            least = True
            try:
                shrinking.run()
            except KeyboardInterrupt:
                if not shrinking.left:
                    raise
                least = False
        if not shrinking.left:
            console.print(f"{variant.name} does not fail: no program is written")
            return 0
        written = c_program.write(shrinking.path, shrinking.left, variant.name, to)
    console.print(f"{shrinking.left.calls} of {made.calls} calls make {variant.name} fail: "
                  f"{written}", soft_wrap=True)
    if written != to:
        console.print(f"more than {c_program.MOST_CALLS} calls are no program that a compiler takes: "
                      "this is their trace, which //bench:replay takes", soft_wrap=True)
    if not least:
        print("replay: interrupted: fewer calls may do", file=sys.stderr)
    return 0 if least else 130
