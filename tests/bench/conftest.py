"""Shared by the tests of bench/: a manifest of fake programs, and the matrix run over it."""

import csv
import json
import os
import pty
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).absolute().parents[2]
sys.path.insert(0, str(ROOT))

from bench import ab, matrix, perf  # noqa: E402
from bench.lab.base import paths  # noqa: E402
from bench.lab.select import rows  # noqa: E402
from bench.lab.select.programs import PROGRAMS  # noqa: E402

# A program of a fake variant.  `calls` has a line for each run but the sanity run; $n is the run's
# number, from 1, and 0 in the sanity run.
FAKE = """\
#!/bin/sh
args=$*
result() {{  # operations a second; KiB resident at most, and at the end; operations
    echo 'RESULT bench={program} params="'"$args"'" ops='${{4:-1000}}' seconds=0.5 ops_per_s='$1 \\
        peak_rss_kib=${{2:-$(($1 / 1000))}} rss_kib=${{3:-5}} minor_faults=7 user_s=0.25 sys_s=0.125
}}
n=0
if [ "$*" != {sanity} ]; then
    echo "{program} {variant} $*" >> {calls}
    n=$(grep -c "^{program} {variant} $*$" {calls})
fi
{body}
"""

ALLOCATOR = ("void *__libc_malloc(unsigned long); "
             "void *malloc(unsigned long n) { return __libc_malloc(n); }")

# The quick rows of these tests, whatever those of the laboratory are.
QUICK = (
    rows.tiny_hot(32, 300_000),
    rows.random_mixed(6_000_000, 8192),
    rows.random_mixed(6_000_000, 400),
    rows.larson("0.3", 1),
    rows.larson("0.3", 2),
    rows.mid_large(2, 2_000_000),
    rows.vm_mixed(100_000),
)


def process(command: str) -> list[str]:
    """bazel run //bench:<command> as a process, with the rows of these tests."""
    return [sys.executable, "-c",
            f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import conftest; "
            "conftest.rows.QUICK = conftest.QUICK; "
            f"from bench import {command}; sys.exit({command}.main())"]


@dataclass
class Outcome:
    """What one call of the matrix left."""

    status: int
    out: str
    err: str
    folder: Path

    @property
    def csv(self) -> list[list[str]]:
        with open(self.folder / "results.csv", newline="", encoding="utf-8") as file:
            return list(csv.reader(file))

    @property
    def lines(self) -> list[dict[str, str]]:
        head, *lines = self.csv
        return [dict(zip(head, line)) for line in lines]

    @property
    def summary(self) -> str:
        return (self.folder / "summary.md").read_text(encoding="utf-8")

    @property
    def html(self) -> str:
        return (self.folder / "report.html").read_text(encoding="utf-8")

    @property
    def html_words(self) -> str:
        """report.html without its styles and scripts."""
        return re.sub(r"<(style|script)\b.*?</\1>", "", self.html, flags=re.DOTALL)

    @property
    def run(self) -> dict:
        return json.loads((self.folder / "run.json").read_text(encoding="utf-8"))

    def sections(self) -> dict[str, dict[str, list[str]]]:
        """summary.md as heading -> first cell -> the cells after it, column heads included."""
        sections: dict[str, dict[str, list[str]]] = {}
        for line in self.summary.splitlines():
            if line.startswith("## "):
                table = sections.setdefault(line[3:], {})
            elif line.startswith("| "):
                name, *cells = [cell.strip() for cell in line.strip("|").split("|")]
                table[name] = cells
        return sections

    def tables(self) -> dict[str, dict[str, list[str]]]:
        """The sections of the rows alone, by variant."""
        tables = {}
        for title, table in self.sections().items():
            if title not in ("All rows", "Speeds, M ops/s", "Bars", "Targets",
                             "Against the earlier run", "Outliers"):
                tables[title] = {name: table[name] for name in table if name != "variant"}
        return tables


class Bench:
    """Fake variants, and the matrix over them."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture):
        self.root = root
        self.calls = root / "calls"
        self.calls.touch()
        self._capsys = capsys
        self._variants: list[dict] = []
        self._missing: list[dict] = []
        self.sweep: dict | None = None  # what the manifest says of one

    def variant(self, name: str, body: str, kind: str = "profile", link: str = "shared",
                programs: list[str] | None = None, profile: str | None = None,
                library: Path | None = None, hidden: bool = False, **bodies: str) -> None:
        """One more variant: `body`, in shell, for all programs but those that `bodies` names."""
        binaries = {}
        for program in PROGRAMS if programs is None else programs:
            path = self.root / f"{program}_{name}"
            path.write_text(FAKE.format(
                program=program, variant=name, body=bodies.get(program, body), calls=self.calls,
                sanity=shlex.quote(PROGRAMS[program].sanity),
            ))
            path.chmod(0o755)
            binaries[program] = path.name
        entry = {"name": name, "kind": kind, "link": link, "binaries": binaries}
        if profile:
            entry["profile"] = profile
        if library:
            entry["library"] = str(library)
        if hidden:
            entry["hidden"] = True
        self._variants.append(entry)

    def launcher(self, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
        """In place of bench/harness/command: `body`, in shell, sets s, the seconds."""
        path = self.root / "command"
        path.write_text(f"""#!/bin/sh
s=1
{body}
echo "RESULT bench=command params= ops=1 seconds=$s ops_per_s=2 peak_rss_kib=100 rss_kib=0" \\
    "minor_faults=7 user_s=0.1 sys_s=0.1"
""")
        path.chmod(0o755)
        monkeypatch.setattr(paths, "LAUNCHER", path)

    def missing(self, name: str, package: str) -> None:
        """A peer that is not installed."""
        self._missing.append({"name": name, "package": package})

    def manifest(self) -> Path:
        path = self.root / "manifest.json"
        path.write_text(json.dumps(
            {"programs": list(PROGRAMS), "variants": self._variants, "missing": self._missing,
             "build": {"copts": "-O2"}, "sweep": self.sweep}
        ))
        return path

    def run(self, *words: str, out: str = "out") -> Outcome:
        """bazel run //bench:matrix -- `words`, in this process."""
        return self.command(matrix, *words, out=out)

    def ab(self, *words: str, out: str = "out") -> Outcome:
        """bazel run //bench:ab -- `words`, in this process."""
        return self.command(ab, *words, out=out)

    def perf(self, *words: str, out: str = "out") -> Outcome:
        """bazel run //bench:perf -- `words`, in this process."""
        return self.command(perf, *words, out=out)

    def command(self, module, *words: str, out: str = "out") -> Outcome:
        """The same of any command, by its module; what it takes first comes first."""
        first = list(words[:2]) if words[:1] == ("--study",) else []
        rest = words[len(first):]
        self._capsys.readouterr()
        try:
            status = module.main([*first, "--manifest", str(self.manifest()), f"--out={out}", *rest])
        except SystemExit as error:
            status = error.code
        printed = self._capsys.readouterr()
        return self.outcome(status, printed.out, printed.err, out)

    def start(self, *words: str, command: str = "matrix",
              stdout: int | IO = subprocess.PIPE) -> subprocess.Popen:
        """The same as a process in a group of its own, so that signals reach nothing else."""
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        return subprocess.Popen(
            [*process(command), "--manifest", str(self.manifest()), "--out", "out", *words],
            stdout=stdout, stderr=subprocess.PIPE, text=True, env=env,
            start_new_session=True,
        )

    def library(self, name: str, more: str = "") -> Path:
        """The smallest allocator as a shared library, with more C in it."""
        path = self.root / name
        command = ["gcc", "-shared", "-fPIC", "-w", "-fno-builtin", "-o", path, "-x", "c", "-"]
        subprocess.run(command, input=ALLOCATOR + more, text=True, check=True)
        return path

    def on_a_terminal(self, columns: int, *words: str) -> str:
        """What the matrix shows in the end on a terminal so wide, without colours and the bar."""
        main, terminal = pty.openpty()
        env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
               "TERM": "xterm", "COLUMNS": str(columns), "LINES": "50"}
        with subprocess.Popen(
            [*process("matrix"), "--manifest", str(self.manifest()), "--out", "out", *words],
            stdin=terminal, stdout=terminal, stderr=terminal, env=env, start_new_session=True,
        ):
            os.close(terminal)
            shown = bytearray()
            try:
                while part := os.read(main, 1 << 16):
                    shown += part
            except OSError:  # the terminal's other side is closed
                pass
        os.close(main)
        plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown.decode()).replace("\r\n", "\n")
        return plain[plain.rindex("\r") + 1:] if "\r" in plain else plain

    def outcome(self, status: int, out: str, err: str, folder: str = "out") -> Outcome:
        """Of a process that was started."""
        return Outcome(status, out, err, self.root / folder)

    def order(self) -> list[str]:
        """The runs so far, as "program variant arguments"."""
        return self.calls.read_text().splitlines()


@pytest.fixture
def bench(tmp_path: Path, capsys: pytest.CaptureFixture,
          monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("BUILD_WORKSPACE_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("BUILD_WORKING_DIRECTORY", str(tmp_path))
    monkeypatch.setattr(rows, "QUICK", QUICK)
    return Bench(tmp_path, capsys)
