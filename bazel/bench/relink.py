"""Links the same objects several times: each output lies elsewhere in memory, and does the same.

    relink.py FIRST OUTPUT... -- COMMAND...

COMMAND is the C compiler's command that links the objects with GNU ld, without the name of its
output.  The outputs are the layouts FIRST, FIRST + 1 and so on.

Layout 0 is what the command links by itself.  Every other layout has another order of functions and
of variables, gaps between functions, and a gap before the first of each section of DRAWN.  All of
this follows from the number of the layout and the names of functions and variables, and from
nothing else: programs with the same machine code have the same addresses within their pages.

Method: GNU ld prints its own script for the command.  A layout is that script with more lines at
the start of a few sections, so segments and all other sections stay as they are.  (Sections of
their own, by INSERT, would come to lie in segments of other access.)

Exit status 1: the linker failed, or its script has other sections than are known here.
"""

import hashlib
import re
import subprocess
import sys
import tempfile
from pathlib import Path

STEP = 16  # bytes; functions are aligned to as many
PAGE = 4096  # bytes; a gap before the first function or variable is smaller
LINE = 64  # bytes of a cache line; a gap between functions is smaller
DRAWN = ("text", "rodata", "data", "bss")

# A section of the compiler, as the linker's map lists it: one function or one variable.
_INPUT = re.compile(rf"^ (\.(?:{'|'.join(DRAWN)})\.\S+)", re.MULTILINE)
# Literals, which the linker merges, and what it makes read-only before the program starts.
_KEPT = re.compile(r"\.str\d+\.\d+$|\.cst\d+$|^\.data\.rel\.ro\b")
# The linker keeps these apart from all other functions, in this order.
_APART = ("unlikely", "exit", "startup", "hot")


class LinkError(Exception):
    """No layout can be linked; the message says why."""


def draw(layout: int, what: str) -> int:
    """A random number of 64 bits, always the same for the same arguments."""
    return int.from_bytes(hashlib.sha256(f"{layout} {what}".encode()).digest()[:8], "little")


def _gap(layout: int, what: str, below: int) -> str:
    return f". += {draw(layout, what) % (below // STEP) * STEP};"


def _group(name: str) -> int:
    """The place of a section in the linker's own order: it is drawn among its group only."""
    word = name.split(".")[2]
    return _APART.index(word) if name.startswith(".text.") and word in _APART else len(_APART)


def lines(layout: int, section: str, names: set[str]) -> list[str]:
    """What a layout has at the start of an output section; `names` are its input sections."""
    order = sorted(names, key=lambda name: (_group(name), draw(layout, f"order {name}"), name))
    found = [_gap(layout, f"start {section}", PAGE)]
    for name in order:
        if section == "text":
            found.append(_gap(layout, f"gap {name}", LINE))
        found.append(f"*({name})")
    return found


def script(layout: int, usual: str, names: set[str]) -> str:
    """The linker's script for a layout, from its usual one and the input sections of the link.
    Raises LinkError if the usual script has no place for it."""
    for section in DRAWN:
        start = re.compile(rf"^  \.{section}\s*:\s*\{{", re.MULTILINE)
        if len(start.findall(usual)) != 1:
            raise LinkError(f"the linker's script should begin one section .{section}; "
                            "is the linker GNU ld?")
        its = {name for name in names if name.startswith(f".{section}.")}
        usual = start.sub(lambda match: "\n    ".join([match[0], *lines(layout, section, its)]),
                          usual)
    return usual


def _run(command: list[str]) -> str:
    """What the command prints.  Raises LinkError if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        raise LinkError(f"{' '.join(command)}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout


def inspect(command: list[str], scratch: Path) -> tuple[str, set[str]]:
    """The linker's usual script for a command, and the input sections that its output has.
    Raises LinkError as script does."""
    listed = scratch / "map"
    printed = _run([*command, "-Wl,--verbose", f"-Wl,-Map={listed}", "-o", str(scratch / "usual")])
    parts = re.split(r"^={20,}$", printed, flags=re.MULTILINE)
    if len(parts) != 3:
        raise LinkError("the linker should print its script between two lines of =; is it GNU ld?")
    text = listed.read_text(encoding="utf-8", errors="replace")
    _, _, used = text.partition("\nLinker script and memory map\n")
    return parts[1], {name for name in _INPUT.findall(used) if not _KEPT.search(name)}


def relink(first: int, outputs: list[str], command: list[str]) -> None:
    """Makes the outputs.  Raises LinkError if that fails."""
    command = [*command, "-s"]
    with tempfile.TemporaryDirectory() as folder:
        usual, names = inspect(command, Path(folder))
        drawn = Path(folder, "script")
        for layout, output in enumerate(outputs, first):
            drawn.write_text(script(layout, usual, names), encoding="utf-8")
            _run([*command, "-o", output, *([f"-Wl,-T,{drawn}"] if layout else [])])


def main(words: list[str]) -> int:
    """The exit status; see the top of the file."""
    end = words.index("--")
    try:
        relink(int(words[0]), words[1:end], words[end + 1:])
    except LinkError as error:
        print(f"relink.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
