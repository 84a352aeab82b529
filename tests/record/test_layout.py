"""gen/record/layout.py reads the recorder's header as a compiler of C does."""

import subprocess
from pathlib import Path

from gen.record.layout import CONSTANTS, HEADER, STRUCTURES, constants, structures


def told_by_c(tmp_path: Path) -> list[str]:
    """A line for each number constant, structure and member."""
    lines = [f'printf("{name} %ld\\n", (long)({name}));'
             for name, value in CONSTANTS.items() if isinstance(value, int)]
    for name, kind in STRUCTURES.items():
        lines.append(f'printf("{name} %zu\\n", sizeof(struct {name}));')
        lines += [f'printf("{name}.{member} %zu %zu\\n", offsetof(struct {name}, {member}), '
                  f'sizeof(((struct {name} *)0)->{member}));' for member in kind.names]
    source = tmp_path / "layout.c"
    source.write_text(f'#include <stddef.h>\n#include <stdio.h>\n#include "{HEADER}"\n'
                      "int main(void) {\n" + "\n".join(lines) + "\nreturn 0; }\n")
    subprocess.run(["gcc", "-o", tmp_path / "layout", source], check=True)
    return subprocess.run([tmp_path / "layout"], check=True, text=True,
                          capture_output=True).stdout.splitlines()


def test_constants_sizes_and_places_are_those_of_c(tmp_path):
    here = [f"{name} {value}" for name, value in CONSTANTS.items() if isinstance(value, int)]
    for name, kind in STRUCTURES.items():
        here.append(f"{name} {kind.itemsize}")
        here += [f"{name}.{member} {kind.fields[member][1]} {kind[member].itemsize}"
                 for member in kind.names]
    assert here == told_by_c(tmp_path)
    assert len(STRUCTURES) == HEADER.read_text(encoding="utf-8").count("\nstruct ")


def test_places_follow_alignment():
    known = constants("enum { PAGE = 64, HALF = PAGE / 2, NEXT };")
    assert (known["HALF"], known["NEXT"]) == (32, 33)
    kind = structures("struct one {\n    uint32_t a, b[2];\n    uint64_t c;\n};\n"
                      "struct two {\n    char d;\n    struct one e[HALF] __attribute__((aligned(PAGE)));"
                      "\n} __attribute__((aligned(PAGE)));\n", known)
    assert [kind["one"].fields[name][1] for name in "abc"] == [0, 4, 16]
    assert (kind["one"].itemsize, kind["two"].fields["e"][1]) == (24, 64)
    assert kind["two"].itemsize == 64 + 32 * 24
