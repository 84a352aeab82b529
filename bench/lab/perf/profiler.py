"""What a tool that looks at a running program has to offer."""

from rich.console import Console

from bench.lab.perf.load import Load
from bench.lab.perf.shares import Shares
from bench.lab.run.folder import Files


class Profiler:
    """One tool over one load: what it writes to the folder, and what it found."""

    tool = ""
    data = ""  # name of the file with the raw data
    no_flame_graph: str | None = None  # why there is none

    def __init__(self, load: Load, folder: Files, console: Console) -> None:
        self.load, self.folder, self.console = load, folder, console
        self.path = folder.path / self.data  # of the raw data

    def command(self) -> list[str]:
        """The tool over the program."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Of the tool."""
        return {}

    def about(self) -> dict:
        """What run.json says of the tool."""
        raise NotImplementedError

    def report(self, title: str, printed: str) -> Shares:
        """Writes report.txt and whatever else; `printed` is what the tool said."""
        raise NotImplementedError
