"""The report of a history: its files, and what the terminal shows."""

from dataclasses import dataclass

from rich.console import Console

from bench.lab.history import history_files, history_page, tables
from bench.lab.history.judge import History
from bench.lab.run.folder import Files
from bench.lab.show import terminal


@dataclass(frozen=True)
class HistoryReport:
    """Of what was judged; `command` is as the user typed it."""

    history: History
    command: str

    def write(self, folder: Files) -> None:
        """history.csv, history.json, report.html."""
        folder.write("history.csv", history_files.csv(self.history))
        folder.write_json("history.json", history_files.data(self.history, self.command))
        folder.write("report.html", history_page.render(self.history, self.command))

    def show(self, console: Console) -> None:
        """Each row over time, then the changes, then what they come to."""
        for place in self.history.places:
            if len(self.history.places) > 1:
                console.print(f"On {place}", style="bold")
                console.print()
            for table in tables.of_rows(self.history, place):
                terminal.put_apart(console, table)
        console.print(tables.LEGEND, style="dim")
        console.print()
        for table in tables.of_changes(self.history):
            terminal.put(console, table)
            if table.before:
                console.print(table.before)
            console.print()
        for line in tables.sentences(self.history):
            console.print(line, style="bold")
