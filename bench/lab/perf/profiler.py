"""The functions that each tool for profiling has."""

from rich.console import Console

from bench.lab.perf.profiled import Profiled
from bench.lab.perf.shares import Shares
from bench.lab.run.folder import Files


class Profiler:
    """One tool over one program: what it writes to the folder, and what it found."""

    tool = ""
    data = ""  # name of the file with the raw data
    no_flame_graph: str | None = None  # why there is none

    def __init__(self, program: Profiled, folder: Files, console: Console) -> None:
        self.program, self.folder, self.console = program, folder, console
        self.path = folder.path / self.data  # of the raw data

    def command(self) -> list[str]:
        """The command that runs the program under the tool."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Further variables for the tool's environment."""
        return {}

    def about(self) -> dict:
        """The entries of run.json about the tool."""
        raise NotImplementedError

    def report(self, title: str, printed: str) -> Shares:
        """Writes report.txt, and a flame graph if there is one; `printed` is what the tool
        printed."""
        raise NotImplementedError
