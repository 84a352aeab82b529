"""What the kernel takes on this machine for a page and for a system call, as
bench/harness/kernel_costs.c measures it."""

import os
import re
from dataclasses import dataclass

from bench.lab.base import paths, processes
from bench.lab.base.errors import ToolError
from bench.lab.count.kinds import CALL

_LINE = re.compile(r"^COSTS page=(\S+) page_alone=(\S+) (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class KernelCosts:
    """ns of processor time for one."""

    page: float  # of new memory, among others, written to and given back
    page_alone: float  # the same without neighbours: the dearest
    calls: dict[str, float]  # by kind of count; calls that are not there are not measured

    def __str__(self) -> str:
        calls = ", ".join(f"{kind.removeprefix(CALL).replace('_', ' ')} {ns:.0f}"
                          for kind, ns in self.calls.items())
        return f"a page {self.page:.0f}, a page alone {self.page_alone:.0f}, {calls}"


def measure(timeout: float) -> KernelCosts:
    """Measures them.  Raises ToolError if the measuring program fails."""
    try:
        status, out, err = processes.run([str(paths.KERNEL_COSTS)], timeout, dict(os.environ))
    except OSError as error:
        raise ToolError(f"{paths.KERNEL_COSTS}: cannot be started: {error.strerror}") from error
    line = _LINE.search(out)
    if status != 0 or not line:
        why = (err.strip().splitlines() or ["it does not say why"])[-1]
        raise ToolError(f"{paths.KERNEL_COSTS}: measures nothing: {why}")
    calls = dict(word.split("=", 1) for word in line[3].split())
    return KernelCosts(float(line[1]), float(line[2]),
                       {CALL + name: float(ns) for name, ns in calls.items()})
