"""What long work says while it goes on."""

import io

from rich.console import Console

from bench.lab.base import progress


def told(monkeypatch, times: list[float]) -> list[str]:
    """The lines where there is no terminal, if it is told something at these times."""
    out = io.StringIO()
    now = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with progress.telling(Console(file=out), "reading") as tell:
        for time in times:
            now[0] = time
            tell(f"{time:.0f} %")
    return out.getvalue().splitlines()


def test_a_line_now_and_then_without_a_terminal(monkeypatch):
    assert told(monkeypatch, [1, 9, 11, 12, 20, 22]) == ["reading: 11 %", "reading: 22 %"]


def test_nothing_for_short_work(monkeypatch):
    assert told(monkeypatch, [1, 2, 3]) == []


def test_in_one_line_on_a_terminal():
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=60)
    with progress.telling(console, "reading") as tell:
        tell("40 %")
    assert "reading: 40 %" in out.getvalue()
