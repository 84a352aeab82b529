"""doctor: what stands between a program and a preloaded hakmem, and which profile suits it; see
--help."""

import argparse
import json
import os
import shlex
import sys
import textwrap
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from gen import command
from gen.doctor.advice import Advice, advise
from gen.doctor.checks import check
from gen.doctor.elf import NotElf
from gen.doctor.findings import PROBLEM, Finding, problem
from gen.doctor.program import CannotRun, NotFound, find_program, follow_scripts
from gen.doctor.run import NotRecorded, Seen, run
from gen.profiles import known_profiles

ROOT = Path(__file__).absolute().parents[2]
WIDTH = 96  # of lines for people
FINE, PROBLEMS, WRONG_USE = 0, 1, 2


@dataclass(frozen=True)
class Report:
    """All that is told of a program."""

    program: str
    command: str  # as a shell takes it
    file: str
    findings: list[Finding]
    seen: Seen | None = None
    advice: Advice | None = None
    unseen: str = ""  # why nothing was seen

    @property
    def status(self) -> int:
        return PROBLEMS if any(one.level == PROBLEM for one in self.findings) else FINE


def examine(words: list[str], folder: Path, may_run: bool) -> Report:
    """Looks at the program; runs the command if it may and if preloading would take effect.
    Raises NotFound."""
    path = find_program(words[0], folder)
    try:
        program = follow_scripts(path)
        findings = check(program)
    except CannotRun as error:
        return Report(words[0], shlex.join(words), str(path), [problem("not-a-program", str(error))])
    except (NotElf, OSError) as error:
        return Report(words[0], shlex.join(words), str(path), [problem("not-readable", str(error))])
    report = Report(words[0], shlex.join(words), str(path), findings)
    if not may_run:
        return replace(report, unseen="not run; with --run, or with its arguments, it is run once "
                       "and its sizes are recorded")
    if report.status != FINE:
        return replace(report, unseen="not run, because of these problems")
    try:
        seen = run([str(path), *words[1:]], folder)
    except NotRecorded as error:
        return replace(report, unseen=str(error))
    return replace(report, seen=seen, advice=advise(seen.habits, seen.cpu_seconds))


# ---- for people ----------------------------------------------------------------------------------


def show(report: Report) -> str:
    lines = [report.file]
    for one in report.findings:
        lines += _item(f"{one.level:8}", one.what + (f"; {one.advice}" if one.advice else ""))
    if report.status == FINE:
        lines += _item("fine    ", "a preloaded hakmem serves it")
    if report.seen:
        lines += _item("seen    ", _seen(report.seen))
    if report.advice:
        lines += _item("profile ", f"{report.advice.profile}: {report.advice.why}")
        lines += _item("        ", "low-rss if memory matters more than speed, hardened if faults "
                       "of the program must not be exploited")
        target = "libhakmem" + ("" if report.advice.profile == "default" else
                                f"-{report.advice.profile}")
        lines += _item("try     ", f"bazel build //:{target}.so && "
                       f"LD_PRELOAD=$PWD/bazel-bin/{target}.so {report.command}")
    elif report.unseen:
        lines += _item("profile ", f"cannot be told: {report.unseen}")
    return "\n".join(lines)


def _item(label: str, text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=f"  {label}  ", subsequent_indent=" " * 12,
                         break_long_words=False, break_on_hyphens=False)


def _seen(seen: Seen) -> str:
    others = f" (of {seen.processes} processes)" if seen.processes > 1 else ""
    ended = "" if seen.status == 0 else f"; it ended with status {seen.status}"
    return (f"{seen.process}{others}: {seen.calls} calls by {seen.threads} thread"
            f"{'s' if seen.threads > 1 else ''}, "
            f"{seen.habits.peak_blocks} blocks of together {seen.habits.peak_bytes} bytes at the peak, "
            f"{seen.cpu_seconds:g} s of processor time{ended}")


# ---- the command ---------------------------------------------------------------------------------


def main(args: list[str]) -> int:
    options = _parser().parse_args(args)
    folder = Path(os.environ.get("BUILD_WORKING_DIRECTORY", os.getcwd()))
    words = [options.program, *options.args]
    try:
        report = examine(words, folder, options.run or bool(options.args))
    except NotFound as error:
        print(f"doctor: {error}; name a program as for a shell", file=sys.stderr)
        return WRONG_USE
    if report.advice:
        assert report.advice.profile in known_profiles(ROOT / "profiles")
    if options.json:
        seen = report.seen.as_json() if report.seen else None
        print(json.dumps({**asdict(report), "seen": seen, "status": report.status}, indent=2))
    else:
        print(show(report))
    return report.status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="doctor",
        usage="doctor [-h] [--run] [--json] PROGRAM [ARGS ...]",
        description="Says whether a preloaded hakmem would take effect in a program, and what would "
        "go wrong.  With ARGS the doctor also runs the program once, records the sizes that it asks "
        "malloc for, and says which profile suits it.  The program's standard output goes to "
        "standard error.",
        epilog="Exit status: 0 fine, 1 problems found, 2 wrong use or no such program.  "
        "Example: bazel run //:doctor -- python3 -c 'print(1)'",
    )
    parser.add_argument("--run", action="store_true", help="runs the program although there are no ARGS")
    parser.add_argument("--json", action="store_true", help="prints JSON")
    parser.add_argument("program", metavar="PROGRAM", help="a path, or a name to look for in PATH")
    parser.add_argument("args", metavar="ARGS", nargs=argparse.REMAINDER, help="the program's arguments")
    return parser


if __name__ == "__main__":
    command.run("doctor", main)
