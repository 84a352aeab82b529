"""record: runs a program and records what it asks of malloc; see --help and docs/recording.md."""

import argparse
import errno
import gzip
import os
import re
import shlex
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from gen import command, screen
from gen.record import reader, trace
from gen.record.recording import Recording, RecordingError
from gen.record.running import WrongUse, go_on, run, runs, trace_of, why_no_longer
from gen.words import bytes_in_table

WIDTH = 1000  # of output that is no terminal: names are whole
SHOWN = 12  # processes
NAME_MOST = 24  # characters of a program's name in the table
TRACE_MAX = 1 << 30  # bytes
PACKED = 6  # gzip's level
WRONG_USE = 2
SIGNALLED = 128  # and the signal's number, as in a shell

_UNITS = {"": 0, "k": 10, "m": 20, "g": 30}
_NAME = re.compile(r"([0-9]+)(?:\.([0-9]+))?")  # process id, how often it had called exec


@dataclass(frozen=True)
class Kept:
    """The recording of one process, where it is now."""

    path: Path
    recording: Recording
    trace: Path | None
    running: bool  # the process goes on, and so does the recording


@dataclass(frozen=True)
class Later:
    """A process that goes on and has made no call since its fork, so that it has no recording."""

    pid: int
    program: str
    path: Path  # where its recording will be


# ---- what it left --------------------------------------------------------------------------------


def collect(out: Path, folder: Path, pid: int) -> tuple[list[Kept], list[Later], list[str]]:
    """Packs the recordings: that of the program itself becomes `out`, those of its children, and of
    what it was before an exec, stay in the folder under the names of their programs.  Also returns
    those to come, and what could not be read, a line each."""
    try:
        found = sorted((int(name[1]), int(name[2] or 1), path) for path in folder.iterdir()
                       if (name := _NAME.fullmatch(path.name)))
    except OSError as error:
        return [], [], [f"{folder}: {error.strerror}: the recordings are lost"]
    main = max((one for one in found if one[0] == pid), default=None)
    last = {process: generation for process, generation, _ in found}
    later = [Later(process, name, folder / str(process))
             for process, name in sorted(go_on(folder).items()) if process not in last]
    kept, unreadable = [], []
    for one in sorted(found, key=lambda one: one != main):
        try:
            running = one != main and one[1] == last[one[0]] and runs(one[0])
            kept.append(_keep(one[2], running, out if one == main else None))
        except RecordingError as error:
            unreadable.append(str(error))
        except OSError as error:
            unreadable.append(f"{error.filename or one[2]}: {error.strerror}: not packed; as it was "
                              f"written it is {one[2]}")
    try:
        if not later:
            folder.rmdir()
    except OSError:  # it holds the other processes' recordings
        pass
    return kept, later, unreadable


def _keep(path: Path, running: bool, to: Path | None) -> Kept:
    """A recording whose process has ended is packed; its name is `to`, or that of its program.
    Raises RecordingError, OSError; what is interrupted leaves the recording as it was."""
    seen = reader.load(path)
    traced = trace_of(path) if trace_of(path).exists() else None
    if running:
        return Kept(path, seen, traced, True)
    to = to or path.with_name(f"{_program_of(seen)}.{path.name}")
    for taken in filter(os.path.lexists, (to, trace_of(to))):
        raise FileExistsError(errno.EEXIST, "exists now", str(taken))
    fresh = path.with_name(f"{path.name}.packed")
    try:
        with path.open("rb") as raw, fresh.open("wb") as file:
            with gzip.GzipFile("", "wb", PACKED, file, mtime=0) as packed:
                packed.write(raw.read(reader.used_bytes(path)))
        fresh.rename(to)
    finally:
        fresh.unlink(missing_ok=True)
    path.unlink()
    if traced:
        os.truncate(traced, trace.used_bytes(traced))
        traced.chmod(to.stat().st_mode & 0o777)
        traced = traced.rename(trace_of(to))
    return Kept(to, seen, traced, False)


def _program_of(seen: Recording) -> str:
    """The program's name, for a file's."""
    return re.sub(r"[^A-Za-z0-9_.+-]", "_", seen.name) or "program"


# ---- for a person --------------------------------------------------------------------------------


def show(kept: list[Kept], later: list[Later], console: Console) -> None:
    """A line for each process, if they are not too many; and for each that is yet to come."""
    heads = ("program", "process", "threads", "seconds", "blocks", "allocated", "peak", "recording")
    lines = []
    most = sorted(kept[1:], key=lambda one: (not one.running, -one.recording.peak_live_bytes))
    for one in (*kept[:1], *most[:SHOWN - 1]):
        seen = one.recording
        requested = sum(each.bytes for each in (*seen.sizes, *seen.larger))
        lines.append([
            _program_of(seen)[:NAME_MOST], str(seen.pid), str(seen.threads_started),
            f"{seen.seconds:.2f}", str(seen.total_allocs), bytes_in_table(requested),
            bytes_in_table(seen.peak_live_bytes),
            shown(one.path) + (" (still running)" if one.running else ""),
        ])
    screen.put(console, heads, lines, words=(0, 7), folds=(7,), rule=console.is_terminal)
    if len(kept) > SHOWN:
        folder = shown(kept[-1].path.parent)
        console.print(f"and {len(kept) - SHOWN} more in {folder}, with smaller peaks",
                      soft_wrap=True)
    if any(one.running for one in kept):
        console.print("still running: these recordings are not packed, and whole when their processes "
                      "have ended", soft_wrap=True)
    for one in later:
        console.print(f"{one.program} (process {one.pid}) still runs, and made no call since its "
                      f"fork: with its first one its recording will be {shown(one.path)}",
                      soft_wrap=True)
    for one in kept:
        if one.trace and not one.running and not trace.Trace(one.trace).whole:
            console.print(f"{shown(one.trace)}: ends before the program does: --trace-max, or half "
                          "of the room on its disk, is used up; the recording is whole",
                          soft_wrap=True)


def shown(path: Path) -> str:
    """Relative to where the caller is, if it is below that."""
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


# ---- the command ---------------------------------------------------------------------------------


def main(args: list[str]) -> int:
    """The program's own status, 128 and its signal's number; 2 for wrong use, or if nothing was
    recorded."""
    options = _parser().parse_args(args)
    os.chdir(os.environ.get("BUILD_WORKING_DIRECTORY", "."))
    out = Path.cwd() / (options.out or f"{Path(options.program).name}.rec")
    if not out.name:
        return _say(f"--out: {out}: is a folder; name a file", WRONG_USE)
    folder = out.with_name(out.name + ".children")
    words = [options.program, *options.args]
    trace_max = options.trace_max if options.trace else 0
    try:
        pid, status = run(words, out, folder, trace_max)
    except WrongUse as error:
        return _say(str(error), WRONG_USE)
    try:
        kept, later, unreadable = collect(out, folder, pid)
    except KeyboardInterrupt:
        return _say(f"interrupted: what was recorded is in {folder}", SIGNALLED + signal.SIGINT)
    for line in unreadable:
        _say(line, 0)
    status = SIGNALLED - status if status < 0 else status
    if status:
        how = (f"ended by signal {status - SIGNALLED}" if status > SIGNALLED
               else f"exit status {status}")
        if status == SIGNALLED + signal.SIGBUS and (why := why_no_longer(folder, trace_max)):
            how += f"; {folder}: {why}"
        _say(f"{shlex.join(words)}: {how}", 0)
    if not kept and unreadable:
        return status or WRONG_USE
    if not kept:
        why = why_no_longer(folder, trace_max)
        return _say(f"{options.program}: nothing was recorded: "
                    + (f"{folder}: {why}" if why else
                       "it is linked statically or setuid, or brings AddressSanitizer"),
                    status or WRONG_USE)
    show(kept, later, screen.make_console(stderr=True, columns=WIDTH))
    return status


def _say(line: str, status: int) -> int:
    print(f"record: {line}", file=sys.stderr)
    return status


def _size(text: str) -> int:
    """64M, 1GiB: bytes, at least 1 MiB."""
    match = re.fullmatch(r"([0-9]+)([kmg]?)(?:ib|b)?", text.lower())
    if not match or int(match[1]) << _UNITS[match[2]] < 1 << 20:
        raise argparse.ArgumentTypeError(f"{text}: not a size of at least 1M, as 64M or 1G")
    return int(match[1]) << _UNITS[match[2]]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="record",
        usage="record [-h] [--out FILE] [--trace] [--trace-max SIZE] PROGRAM [ARGS ...]",
        description="Runs a program and records what it asks of malloc: sizes, runs, threads, "
        "bytes in use over time.  Each child process has a recording of its own, in "
        "FILE.children.",
        epilog="Exit status: the program's own; 128 plus the number of the signal that ended it; 2 "
        "for wrong use.  Example: bazel run //gen:record -- --out app.rec python3 app.py",
        allow_abbrev=False,
    )
    parser.add_argument("--out", metavar="FILE",
                        help="the recording, a new file; default: PROGRAM.rec in the working folder")
    parser.add_argument("--trace", action="store_true",
                        help="also records every operation, for //bench:replay, in FILE.trace")
    parser.add_argument("--trace-max", type=_size, default=TRACE_MAX, metavar="SIZE",
                        help="the most bytes of the trace of a process; default: 1G")
    parser.add_argument("program", metavar="PROGRAM", help="a path, or a name to look for in PATH")
    parser.add_argument("args", metavar="ARGS", nargs=argparse.REMAINDER, help="the program's arguments")
    return parser


if __name__ == "__main__":
    command.run("record", main)
