"""bazel run //bench:perf -- BENCH VARIANT: where one benchmark program spends its time.

perf takes samples of the running program; with --instructions, valgrind's callgrind counts its
instructions.
"""

import argparse
import contextlib
import datetime
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bench.lab.base import machine, screen, tools
from bench.lab.base.tools import ToolError
from bench.lab.perf import callgrind, flame, record as perf_record, stacks, text as perf_text
from bench.lab.perf.owner import Owners
from bench.lab.perf.text import Found, Line
from bench.lab.run import execute, results, sanity
from bench.lab.run.session import PEER_PACKAGES
from bench.lab.select import options, rows, variants
from bench.lab.select.rows import Row, UsageError
from bench.lab.select.variants import Manifest, Variant

TIMEOUT = 300  # seconds
FILES = {
    "report.txt": "functions by their own share, then each with its callers",
    "flamegraph.html": "flame graph: opens in a browser, from disk",
    "raw/perf.data": "the samples, for perf report and perf annotate",
    "raw/perf.pid": "the program's process id, for their --pid",
    "raw/callgrind.out": "the counts, for callgrind_annotate and kcachegrind",
    "run.json": "machine, tool, event, command",
}
NO_FLAME_GRAPH = ("callgrind counts calls from one function to another, not the whole stacks that "
                  "a flame graph is made of")


@dataclass(frozen=True)
class Load:
    """The program to be run."""

    row: Row
    variant: Variant

    @property
    def binary(self) -> Path:
        """The executable itself, so that a tool's results name no link to it."""
        return self.variant.binaries[self.row.program].resolve()

    @property
    def command(self) -> list[str]:
        """The program and its arguments."""
        return [str(self.binary), *self.row.args]

    @property
    def shown(self) -> str:
        """For people."""
        return f"{self.row.title}, {self.variant.name}"


def _parser() -> argparse.ArgumentParser:
    parser = options.parser("perf", __doc__.split(": ", 1)[1], [
        "tiny_hot hakmem", "larson hakmem-low-rss --frequency 9999 --out /tmp/larson",
        "random_mixed mi --args \"20000000 8192 42\"", "prodcons hakmem --instructions",
        "cold mine --preload mine=/opt/lib/libmine.so",
    ])
    parser.add_argument("bench", metavar="BENCH",
                        help=f"a program, with or without bench_: {', '.join(rows.SANITY)}")
    parser.add_argument("variant", metavar="VARIANT",
                        help="whose malloc, such as hakmem, hakmem-low-rss, mi")
    parser.add_argument("--args", metavar="WORDS",
                        help="arguments of the program; default: its first row of the matrix's "
                             "--full, with --instructions its first short row")
    parser.add_argument("--frequency", type=options.above_zero, metavar="HZ",
                        help=f"samples a second; default {perf_record.FREQUENCY}")
    parser.add_argument("--instructions", action="store_true",
                        help="count instructions by callgrind; the program runs about "
                             f"{callgrind.SLOWER} times slower")
    options.add_preload(parser)
    parser.add_argument("--out", metavar="DIR",
                        help="default: bench_results/perf/<time> in the workspace")
    parser.add_argument("--timeout", type=options.seconds, default=TIMEOUT, metavar="SECONDS",
                        help="of the run; default %(default)s")
    parser.add_argument("--manifest", type=Path, default=options.MANIFEST, help=argparse.SUPPRESS)
    return parser


def row_of(bench: str, args: str | None, short: bool) -> Row:
    """The program's first row, long or short, with other arguments if there are any.

    Raises UsageError for a name that is no program, and for arguments with an open quote.
    """
    row = rows.select(not short, [bench], [], "BENCH")[0]
    if args is None:
        return row
    try:
        return Row(row.program, tuple(shlex.split(args)), 1, "--args")
    except ValueError as error:
        raise UsageError(f"--args: {args}: {error}") from error


def load_of(manifest: Manifest, chosen: argparse.Namespace) -> Load:
    """What the command line asks for.  Raises UsageError where there is no such thing."""
    row = row_of(chosen.bench, chosen.args, chosen.instructions)
    variant = variants.select(manifest, [chosen.variant], "VARIANT")[0]
    why_not = variant.why_not(row)
    if why_not:
        raise UsageError(f"{row.program} cannot run with {variant.name}: {why_not}")
    return Load(row, variant)


@contextlib.contextmanager
def _step(console: Console, what: str) -> Iterator[None]:
    """Says what is being done: with the time that it takes on a terminal, as a line elsewhere."""
    if not console.is_terminal:
        console.print(what, markup=False)
        yield
        return
    with Progress(SpinnerColumn("line"), TextColumn("{task.description}", markup=False),
                  TimeElapsedColumn(), console=console, transient=True) as progress:
        progress.add_task(what)
        yield


class _Profiler:
    """One tool over one load: what it writes to the folder, and what it found."""

    tool = ""
    package = ""
    data = ""  # name of the file with the raw data
    no_flame_graph: str | None = None

    def __init__(self, load: Load, folder: results.Files, console: Console) -> None:
        self.load, self.folder, self.console = load, folder, console

    def command(self) -> list[str]:
        """The tool over the program."""
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        """Of the tool."""
        return {}

    def about(self) -> dict:
        """What run.json says of the tool."""
        raise NotImplementedError

    def report(self, title: str, printed: str) -> Found:
        """Writes report.txt and whatever else; `printed` is what the tool said."""
        raise NotImplementedError

    def lines(self, functions: list[stacks.Function], owners: Owners) -> list[Line]:
        """The functions and their owners."""
        return [Line(one, owners.of(one.frame)) for one in functions]

    @property
    def path(self) -> Path:
        """The file with the raw data."""
        return self.folder.path / self.data


class _Perf(_Profiler):
    tool, package, data = "perf", perf_record.PACKAGE, "raw/perf.data"

    def __init__(self, load: Load, folder: results.Files, console: Console,
                 event: perf_record.Event, hertz: int) -> None:
        super().__init__(load, folder, console)
        self._event, self._hertz = event, hertz

    def command(self) -> list[str]:
        return perf_record.command(self._event, self._hertz, self.path, self.load.command,
                                   self.load.variant.environment(self.load.row))

    def about(self) -> dict:
        return {"event": self._event.name, "hardware": self._event.hardware,
                "frequency": self._hertz, "everywhere": self._event.everywhere}

    def report(self, title: str, printed: str) -> Found:
        with _step(self.console, "reading the samples"):
            samples = perf_record.read(self.path, self.load.binary.name)
        owners = Owners(self.load.variant, self.load.binary)
        counted = f"{samples.count} samples of {self._event.name}"
        with _step(self.console, "writing the report"):
            self.folder.write(
                "report.txt", perf_record.report(self.path, self.load.binary.name))
            self.folder.write("flamegraph.html", flame.render(
                samples.stacks, owners.of, title, f"{counted}, {self._hertz} a second at most"))
        return Found(self.lines(stacks.functions(samples.stacks), owners), counted,
                     perf_record.warnings(samples, self._event, self.load.row.program, printed))


class _Callgrind(_Profiler):
    tool, package, data = "valgrind", callgrind.PACKAGE, "raw/callgrind.out"
    no_flame_graph = NO_FLAME_GRAPH

    def command(self) -> list[str]:
        return callgrind.command(self.path, self.load.command)

    def environment(self) -> dict[str, str]:
        return self.load.variant.environment(self.load.row)

    def about(self) -> dict:
        return {"event": "instructions", "hardware": False, "frequency": None,
                "everywhere": False}

    def report(self, title: str, printed: str) -> Found:
        with _step(self.console, "writing the report"):
            flat, tree = callgrind.annotate(self.path)
            self.folder.write("report.txt", f"{title}\n\n{flat}\n{tree}")
        functions, whole = callgrind.read(flat, tree)
        owners = Owners(self.load.variant, self.load.binary)
        return Found(self.lines(functions, owners), f"{whole:,} instructions", [])


def _status(status: int | None, out: str, timeout: float) -> str:
    """What came of the program's run, as in the other commands."""
    if status is None:
        return f"no result within {timeout:g} s"
    return execute.read(status, out).status


def _record(profiler: _Profiler, timeout: float, about: dict) -> str:
    """Runs the tool, notes in `about` what came of it; what the tool said."""
    log = profiler.folder.path / "raw" / "record.out"
    words = f"running {profiler.load.shown} under {profiler.tool}"
    try:
        with _step(profiler.console, words):
            status, out, err = tools.watch(profiler.command(), timeout, log,
                                           profiler.environment())
    except KeyboardInterrupt:
        about.update(status="interrupted", interrupted=True)
        raise
    about["status"] = _status(status, out, timeout)
    return err


def _about(load: Load, command: str, manifest: Manifest, profiler: _Profiler) -> dict:
    return {
        "command": command,
        "started": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "machine": machine.describe(PEER_PACKAGES),
        "build": manifest.build,
        "tool": {"name": profiler.tool, "version": tools.version(profiler.tool)},
        **profiler.about(),
        "recorded_by": shlex.join(profiler.command()),
        "program": load.row.program,
        "parameters": load.row.params,
        "variant": load.variant.name,
        "status": "not finished",
        "interrupted": False,
        "doubts": [],
        "counted": "",
        "no_flame_graph": profiler.no_flame_graph,
    }


def profile(profiler: _Profiler, command: str, manifest: Manifest, timeout: float) -> int:
    """Records, writes and shows; the exit status 0 or 1 (the run failed).

    What a run that failed has recorded is reported all the same.  Raises ToolError if there is
    nothing to report.
    """
    folder, console = profiler.folder, profiler.console
    about = _about(profiler.load, command, manifest, profiler)
    failed = ""
    try:
        printed = _record(profiler, timeout, about)
        if about["status"] != "ok":
            log = folder.path / "raw" / "record.out"
            failed = f"{profiler.load.shown}: {about['status']}: {log}"
        found = profiler.report(profiler.load.shown, printed)
        about.update(doubts=found.doubts, counted=found.counted)
    except ToolError as error:  # a program that fails at once leaves nothing to report
        raise ToolError(failed or f"{error}; what is there is in {folder.path}") from error
    finally:
        about["files"] = {name: what for name, what in FILES.items()
                          if name == "run.json" or (folder.path / name).exists()}
        folder.write_json("run.json", about)
    folder.write("summary.md", perf_text.markdown(found, about))
    perf_text.show(console, found)
    if profiler.no_flame_graph:
        console.print(f"no flame graph: {profiler.no_flame_graph}", style="dim", markup=False)
    console.print(f"results: {folder.path}", markup=False, soft_wrap=True)
    if failed:
        print(f"perf: {failed}", file=sys.stderr)
    return 1 if failed else 0


def _require_right(load: Load, manifest: Manifest, folder: results.Files, timeout: float) -> None:
    """Raises ToolError for an allocator whose time says nothing, as its blocks are wrong."""
    log = folder.path / "raw" / "sanity.out"
    why = sanity.refused(load.variant, load.variant.preloaded(load.row), manifest, timeout, log)
    if why:
        raise ToolError(f"{load.variant.name}: refused: {why}: {log}")
    log.unlink(missing_ok=True)


def _profiler(chosen: argparse.Namespace) -> tuple[Manifest, _Profiler]:
    """The tool for what the command line asks for, with a folder for its results.

    Raises UsageError for what there is not, ToolError for a tool that is missing.
    """
    manifest = variants.with_preloads(variants.load(chosen.manifest), chosen.preload,
                                      chosen.timeout)
    load = load_of(manifest, chosen)
    if chosen.instructions and chosen.frequency:
        raise UsageError("--frequency: --instructions counts all and takes no samples; "
                         "leave one of the two out")
    path = results.chosen_path(chosen.out, "perf")
    console = screen.make_console()
    if chosen.instructions:
        callgrind.require()
        return manifest, _Callgrind(load, results.Files(path, "run.json"), console)
    hertz = perf_record.frequency(chosen.frequency)
    event = perf_record.event(load.row.program)
    return manifest, _Perf(load, results.Files(path, "run.json"), console, event, hertz)


def main(argv: list[str] | None = None) -> int:
    """Exit status 0; 1: a run, a tool or a file failed; 2: wrong use; 130: interrupted."""
    chosen = _parser().parse_args(argv)

    def work() -> int:
        manifest, profiler = _profiler(chosen)
        _require_right(profiler.load, manifest, profiler.folder, chosen.timeout)
        return options.keeping("perf", profiler.folder.path, lambda: profile(
            profiler, options.typed("perf", argv), manifest, chosen.timeout))

    return options.guarded("perf", work)


if __name__ == "__main__":
    sys.exit(main())
