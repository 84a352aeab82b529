"""Whether variants work at all, before anything is measured.

Each allocator is checked by bench/programs/bench_sanity.c, and a variant with a wrong one is
refused: blocks that overlap cost nothing to hand out.  Then each program of each variant runs once,
briefly.
"""

from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from bench.lab.run import execute
from bench.lab.run.folder import Folder
from bench.lab.run.runs import Run, Runs
from bench.lab.select.manifest import Manifest
from bench.lab.select.programs import PROGRAMS
from bench.lab.select.row import Row
from bench.lab.select.rows import sanity_row
from bench.lab.select.variant import Variant

CHECKER = "bench_sanity"
TIMEOUT = 20.0  # seconds, of one run, if --timeout is not less
THREADS = 4
_ONLY_ALIGNED = 3  # exit status of the checker: no call that benchmark programs make is wrong


@dataclass
class Broken:
    """The variants and programs that do not work."""

    cells: set[tuple[str, str]] = field(default_factory=set)  # name of the variant, key of the row
    doubts: list[str] = field(default_factory=list)  # faults that no benchmark program meets


def _read(status: int, _out: str, err: str) -> Run:
    """The outcome of the checker: "ok", or why the allocator is refused."""
    said = [line.removeprefix(f"{CHECKER}: ") for line in err.splitlines()
            if line.startswith(f"{CHECKER}: ")]
    if status == 0:
        return Run("ok")
    if status in (1, _ONLY_ALIGNED) and said:
        return Run(said[-1], ops=status)
    return Run(f"with it {CHECKER} ends: {execute.read(status, '').status}")


def check(variant: Variant, library: Path | None, manifest: Manifest, timeout: float,
          log: Path) -> Run:
    """Checks the allocator of a variant, or the library that is preloaded in its place.

    Returns status "ok" or what is wrong; `ops` is _ONLY_ALIGNED if that is aligned blocks only.  A
    variant without the checker has programs that check for themselves, as bench/replayer does.
    """
    binaries = [one.binaries.get(CHECKER) for one in manifest.variants if one.kind == "system"
                and one.link == "shared" and library] + [variant.binaries.get(CHECKER)]
    binary = next(filter(None, binaries), None)
    if binary is None:
        return Run("ok")
    command = [str(binary), "malloc" if variant.kind == "reference" else "all",
               str(1 if variant.one_thread else THREADS)]
    environment = {"LD_PRELOAD": str(library)} if library else {}
    return execute.run(command, min(TIMEOUT, timeout), log, environment, read=_read)


def refused(variant: Variant, library: Path | None, manifest: Manifest, timeout: float,
            log: Path) -> str | None:
    """Why the variant may not be measured; None if it may.  The arguments are those of check."""
    run = check(variant, library, manifest, timeout, log)
    return None if run.ok or run.ops == _ONLY_ALIGNED else run.status


def find(console: Console, runs: Runs, manifest: Manifest, folder: Folder,
         timeout: float) -> Broken:
    """Checks the allocators and tries the programs of all variants.  Prints what is broken, and
    adds a failure to the runs."""
    broken = Broken()
    for variant in runs.variants:
        _check_allocators(console, runs, variant, manifest, folder, timeout, broken)
    programs = [program for program in dict.fromkeys(row.program for row in runs.rows)
                if program in PROGRAMS]
    for variant in runs.variants:
        for program in programs:
            _try(console, runs, variant, program, folder, timeout, broken)
    sound = len(runs.variants) - len({name for name, _ in broken.cells})
    console.print(f"sanity: {sound} of {len(runs.variants)} variants "
                  + (f"run all of {len(programs)} programs" if programs else "give right blocks"))
    return broken


def _check_allocators(console: Console, runs: Runs, variant: Variant, manifest: Manifest,
                      folder: Folder, timeout: float, broken: Broken) -> None:
    """A variant has one allocator, or one for each row."""
    rows: dict[Path | None, list[Row]] = {}
    for row in runs.rows:
        if not variant.why_not(row):
            rows.setdefault(variant.preloaded(row), []).append(row)
    for number, (library, its) in enumerate(rows.items()):
        log = folder.sanity(CHECKER, variant.name + (f"-{number}" if number else ""))
        run = check(variant, library, manifest, timeout, log)
        if run.ok:
            log.unlink(missing_ok=True)
        elif run.ops == _ONLY_ALIGNED:
            broken.doubts.append(f"{variant.name} is wrong in calls that the benchmark programs do "
                                 f"not make: {run.status}")
        else:
            _fail(console, runs, variant, its, f"refused: {run.status}", log, folder, broken)


def _try(console: Console, runs: Runs, variant: Variant, program: str, folder: Folder,
         timeout: float, broken: Broken) -> None:
    row = sanity_row(program)
    its = [each for each in runs.rows if each.program == program]
    if variant.why_not(row) or all((variant.name, each.key) in broken.cells for each in its):
        return
    log = folder.sanity(program, variant.name)
    command = [str(variant.binaries[program]), *row.args]
    run = execute.run(command, min(TIMEOUT, timeout), log, variant.environment(row))
    if run.ok:
        log.unlink()
    else:
        _fail(console, runs, variant, its, f"sanity run {run.status}", log, folder, broken,
              f"{program}: ")


def _fail(console: Console, runs: Runs, variant: Variant, its: list[Row], why: str, log: Path,
          folder: Folder, broken: Broken, program: str = "") -> None:
    what = f"{why}: {log.relative_to(folder.path)}"
    console.print(f"{variant.name}: {program}{what}", style="bold red", soft_wrap=True)
    for row in its:
        broken.cells.add((variant.name, row.key))
        runs.fail(row, variant, what)
