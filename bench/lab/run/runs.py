"""What was measured: single runs, and all of them by row and variant."""

from dataclasses import dataclass, replace

from bench.lab.run.schedule import Job
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

LATENCIES = ("p50_ns", "p99_ns", "p999_ns", "max_ns")  # of Run


@dataclass(frozen=True)
class Run:
    """The outcome of a run.  With a status other than "ok" the numbers are 0."""

    status: str  # "ok" or what went wrong, in a few words
    ops: float = 0
    seconds: float = 0
    ops_per_s: float = 0
    peak_rss_kib: float = 0
    rss_kib: float = 0
    minor_faults: float = 0
    user_s: float = 0
    sys_s: float = 0
    p50_ns: float = 0  # of one call of malloc or free, sampled; 0: the program does not say
    p99_ns: float = 0
    p999_ns: float = 0
    max_ns: float = 0
    live_peak: float = 0  # most bytes asked for and in use; 0: the program does not say
    layout: int = -1  # which of the links ran; -1: there is but one

    @property
    def ok(self) -> bool:
        """Whether there are numbers."""
        return self.status == "ok"

    def without(self, more: float) -> "Run":
        """The run without work that does not count, a share `more` of what counts."""
        return replace(self, ops=self.ops / (1 + more), ops_per_s=self.ops_per_s / (1 + more))


class Runs:
    """All runs so far."""

    def __init__(self, rows: list[Row], variants: list[Variant]):
        self.rows = rows
        self.variants = variants
        self.made: list[tuple[Job, Run]] = []  # all runs, in the order they were made
        self._runs: dict[tuple[str, str], dict[int, Run]] = {}
        self._failures: dict[tuple[str, str], list[str]] = {}

    def add(self, job: Job, run: Run, raw: str) -> None:
        """One finished run; `raw` names its log."""
        self.made.append((job, run))
        if run.ok:
            self._runs.setdefault((job.row.key, job.variant.name), {})[job.rep] = run
        else:
            self.fail(job.row, job.variant, f"{run.status}: {raw}")

    def fail(self, row: Row, variant: Variant, what: str) -> None:
        """A run without numbers."""
        self._failures.setdefault((row.key, variant.name), []).append(what)

    def of(self, row: Row, name: str | None) -> dict[int, Run]:
        """A variant's runs with numbers, by repetition; none for a variant that is not there."""
        return self._runs.get((row.key, name or ""), {})

    def speeds(self, row: Row, name: str | None) -> dict[int, float]:
        """Their operations a second."""
        return {rep: run.ops_per_s for rep, run in self.of(row, name).items()}

    def failed(self, row: Row, name: str) -> list[str]:
        """The fates of a variant's runs without numbers, each as "status: raw log"."""
        return self._failures.get((row.key, name), [])

    @property
    def failures(self) -> list[str]:
        """Which variant in which row, and what became of it."""
        return [f"{name}: {row.title}: {what}" for row in self.rows
                for (key, name), found in self._failures.items() if key == row.key
                for what in found]
