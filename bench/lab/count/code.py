"""Instructions in a file: which of them are atomic, and which of those acquire a lock.

An instruction of x86 is atomic if it has the prefix LOCK, or is XCHG with memory (Intel, "Software
Developer's Manual", volume 2, LOCK and XCHG).
"""

import functools
from pathlib import Path

from elftools.common.exceptions import DWARFError, ELFError
from elftools.dwarf.die import DIE
from elftools.dwarf.ranges import RangeEntry
from elftools.elf.elffile import ELFFile

ACQUIRE = "hak_lock_acquire"  # src/lock.h; its one atomic instruction is the acquisition
MUTEX = ("pthread_mutex_lock", "pthread_mutex_trylock")
_LOCK = b"\xf0"
_PREFIXES = {0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF2, 0xF3}
_REX = range(0x40, 0x50)
_XCHG = {0x86, 0x87}
_REGISTER = 3  # the two upper bits of the byte behind: both operands are registers
_LONGEST = 15  # bytes of an instruction


def is_atomic(code: bytes) -> bool:
    """Whether the instruction that begins the bytes is atomic."""
    while code and code[0] in _PREFIXES:
        code = code[1:]
    if code[:1] == _LOCK:
        return True
    if code and code[0] in _REX:
        code = code[1:]
    return len(code) > 1 and code[0] in _XCHG and code[1] >> 6 != _REGISTER


class Code:
    """The instructions of one file."""

    def __init__(self, path: Path) -> None:
        """Raises OSError or ELFError for what is no file of code."""
        with open(path, "rb") as file:
            self._bytes = file.read()
            file.seek(0)
            elf = ELFFile(file)
            self.is_x86 = elf.get_machine_arch() == "x64"
            self._parts = [(part["p_vaddr"], part["p_offset"], part["p_filesz"])
                           for part in elf.iter_segments("PT_LOAD")]
            self.mutex = _exported(elf)
            self.acquiring = _ranges(elf) if ACQUIRE.encode() in self._bytes else None

    def atomic(self, address: int) -> bool:
        """Whether the instruction at the address is atomic."""
        for start, offset, size in self._parts:
            if start <= address < start + size:
                place = offset + address - start
                return is_atomic(self._bytes[place:place + _LONGEST])
        return False

    def acquires(self, address: int) -> bool:
        """Whether the address lies where hakmem acquires a lock."""
        return any(low <= address < high for low, high in self.acquiring or ())


@functools.cache
def of(path: Path) -> Code | None:
    """The code of a file; None for what is no file, such as the kernel's [vdso]."""
    try:
        return Code(path)
    except (OSError, ELFError, DWARFError):
        return None


def _exported(elf: ELFFile) -> set[int]:
    """Where the functions of mutexes begin, in the file that has them."""
    table = elf.get_section_by_name(".dynsym")
    found = [table.get_symbol_by_name(name) or [] for name in MUTEX] if table else []
    return {symbol["st_value"] for symbols in found for symbol in symbols
            if symbol["st_shndx"] != "SHN_UNDEF"}


def _ranges(elf: ELFFile) -> list[tuple[int, int]] | None:
    """The addresses of ACQUIRE: where it was compiled into other functions, and of itself.  None
    without debugging information."""
    if not elf.has_dwarf_info():
        return None
    dwarf = elf.get_dwarf_info()
    found = []
    for unit in dwarf.iter_CUs():
        for die in unit.iter_DIEs():
            if die.tag in ("DW_TAG_inlined_subroutine", "DW_TAG_subprogram") and _is_acquire(die):
                found += _addresses(die, dwarf)
    return found


def _is_acquire(die: DIE) -> bool:
    if "DW_AT_abstract_origin" in die.attributes:
        die = die.get_DIE_from_attribute("DW_AT_abstract_origin")
    name = die.attributes.get("DW_AT_name")
    return name is not None and name.value == ACQUIRE.encode()


def _addresses(die: DIE, dwarf) -> list[tuple[int, int]]:
    """The half-open ranges of a function's code; none if it has no code of its own."""
    low, high = die.attributes.get("DW_AT_low_pc"), die.attributes.get("DW_AT_high_pc")
    if low and high:
        end = high.value if high.form == "DW_FORM_addr" else low.value + high.value
        return [(low.value, end)]
    ranges = die.attributes.get("DW_AT_ranges")
    if not ranges:
        return []
    listed = dwarf.range_lists().get_range_list_at_offset(ranges.value, die.cu)
    first = die.cu.get_top_DIE().attributes.get("DW_AT_low_pc")
    base = first.value if first else 0
    found = []
    for one in listed:
        if isinstance(one, RangeEntry):
            start = 0 if one.is_absolute else base
            found.append((start + one.begin_offset, start + one.end_offset))
        else:
            base = one.base_address
    return found
