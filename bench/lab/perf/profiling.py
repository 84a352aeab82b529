"""A profile as a whole: the program is run under the tool, what was recorded is reported and
shown."""

import datetime
import shlex
import sys

from bench.lab.base import ending, machine, progress, tools
from bench.lab.base.errors import ToolError
from bench.lab.perf import shares_summary
from bench.lab.perf.profiled import Profiled
from bench.lab.perf.profiler import Profiler
from bench.lab.run import execute, sanity
from bench.lab.run.folder import Files
from bench.lab.select.manifest import Manifest

FILES = {
    "report.txt": "functions by their own share, then each with its callers",
    "flamegraph.html": "flame graph: opens in a browser, from disk",
    "raw/perf.data": "the samples, for perf report and perf annotate",
    "raw/perf.pid": "the program's process id, for their --pid",
    "raw/callgrind.out": "the counts, for callgrind_annotate and kcachegrind",
    "run.json": "machine, tool, event, command",
}


def profile(profiler: Profiler, command: str, manifest: Manifest, timeout: float) -> int:
    """Records, writes and shows; the exit status 0, 1 (the run failed) or 130 (Ctrl-C).

    Raises ToolError for an allocator whose time says nothing, as its blocks are wrong, and if there
    is nothing to report.
    """
    _require_right(profiler.program, manifest, profiler.folder, timeout)
    return ending.keeping("perf", profiler.folder.path, lambda: _profile(
        profiler, _about(profiler, command, manifest), timeout))


def _require_right(program: Profiled, manifest: Manifest, folder: Files, timeout: float) -> None:
    log = folder.path / "raw" / "sanity.out"
    why = sanity.refused(program.variant, program.variant.preloaded(program.row), manifest, timeout,
                         log)
    if why:
        raise ToolError(f"{program.variant.name}: refused: {why}: {log}")
    log.unlink(missing_ok=True)


def _about(profiler: Profiler, command: str, manifest: Manifest) -> dict:
    program = profiler.program
    return {
        "command": command,
        "started": datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
        "machine": machine.describe(),
        "build": manifest.build,
        "tool": {"name": profiler.tool, "version": tools.version(profiler.tool)},
        **profiler.about(),
        "recorded_by": shlex.join(profiler.command()),
        "program": program.row.program,
        "parameters": program.row.params,
        "variant": program.variant.name,
        "status": "not finished",
        "interrupted": False,
        "doubts": [],
        "counted": "",
        "no_flame_graph": profiler.no_flame_graph,
    }


def _profile(profiler: Profiler, about: dict, timeout: float) -> int:
    """Records, writes and shows; also reports what a run recorded that failed in the end."""
    folder, console = profiler.folder, profiler.console
    failed = ""
    try:
        printed = _record(profiler, timeout, about)
        if about["status"] != "ok":
            log = folder.path / "raw" / "record.out"
            failed = f"{profiler.program.shown}: {about['status']}: {log}"
        found = profiler.report(profiler.program.shown, printed)
        about.update(doubts=found.doubts, counted=found.counted)
    except ToolError as error:  # a program that fails at once leaves nothing to report
        raise ToolError(failed or f"{error}; what is there is in {folder.path}") from error
    finally:
        about["files"] = {name: what for name, what in FILES.items()
                          if name == "run.json" or (folder.path / name).exists()}
        folder.write_json("run.json", about)
    folder.write("summary.md", shares_summary.markdown_of(found, about))
    shares_summary.show(console, found)
    if profiler.no_flame_graph:
        console.print(f"no flame graph: {profiler.no_flame_graph}", style="dim", markup=False)
    console.print(f"results: {folder.path}", markup=False, soft_wrap=True)
    if failed:
        print(f"perf: {failed}", file=sys.stderr)
    return 1 if failed else 0


def _record(profiler: Profiler, timeout: float, about: dict) -> str:
    """Runs the tool, notes in `about` how the run ended, and returns what the tool printed."""
    log = profiler.folder.path / "raw" / "record.out"
    words = f"running {profiler.program.shown} under {profiler.tool}"
    try:
        with progress.step(profiler.console, words):
            status, out, err = tools.watch(profiler.command(), timeout, log,
                                           profiler.environment())
    except KeyboardInterrupt:
        about.update(status="interrupted", interrupted=True)
        raise
    about["status"] = f"no result within {timeout:g} s" if status is None \
        else execute.read(status, out).status
    return err
