"""Whose a function is: hakmem's, the program's, the kernel's, a library's."""

from pathlib import Path, PurePath

from elftools.common.exceptions import DWARFError, ELFError
from elftools.elf.elffile import ELFFile

from bench.lab.perf.stacks import UNKNOWN, Frame
from bench.lab.select.variant import Variant

HAKMEM, PROGRAM, KERNEL = "hakmem", "program", "kernel"
_LIBRARY = "libhakmem"  # how the files of its shared libraries begin
_GENERATED = "hak_classes.c"


class Owners:
    """The owners of the functions of one program that is linked with one variant."""

    def __init__(self, variant: Variant, binary: Path) -> None:
        self._binary = binary.name
        inside = variant.kind == "profile" and variant.link == "static"
        self._inside = functions_inside(binary) if inside else frozenset()

    def of(self, frame: Frame) -> str:
        """hakmem, program, kernel, or the name of a library's file."""
        name = frame.file
        if name.startswith(_LIBRARY):
            return HAKMEM
        if name == self._binary:
            return HAKMEM if frame.name in self._inside else PROGRAM
        if name.startswith("[kernel") or name.endswith(".ko") or name == "[guest.kernel.kallsyms]":
            return KERNEL
        return name or UNKNOWN


def functions_inside(binary: Path) -> frozenset[str]:
    """The names of hakmem's functions in a program that contains it; none if it cannot be read.

    The allocator is compiled with line numbers, so that each of its files has a unit with the
    addresses of its code.  A function may have several names.
    """
    try:
        with open(binary, "rb") as file:
            elf = ELFFile(file)
            symbols = elf.get_section_by_name(".symtab")
            ranges = elf.get_dwarf_info().get_aranges() if elf.has_dwarf_info() else None
            if symbols is None or ranges is None:
                return frozenset()
            ours = {unit.cu_offset for unit in elf.get_dwarf_info().iter_CUs()
                    if _is_ours(PurePath(unit.get_top_DIE().get_full_path()))}
            return frozenset(symbol.name for symbol in symbols.iter_symbols()
                             if symbol["st_info"]["type"] == "STT_FUNC"
                             and ranges.cu_offset_at_addr(symbol["st_value"]) in ours)
    except (OSError, ELFError, DWARFError):
        return frozenset()


def _is_ours(source: PurePath) -> bool:
    return source.name == _GENERATED or source.parent.name == "src"
