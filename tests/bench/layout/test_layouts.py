"""The layouts that the build links: the same library each time, at other addresses."""

import json
import os
import struct
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

# Run from source, they are where Bazel left them.
BIN = Path("." if Path("bench_manifest.json").exists() else
           Path(__file__).absolute().parents[3] / "bazel-bin").absolute()
MANIFEST = json.loads((BIN / "bench_manifest.json").read_text(encoding="utf-8"))
VARIANTS = {entry["name"]: entry for entry in MANIFEST["variants"]}
COUNT = len(VARIANTS["hakmem"]["layouts"])
PAGE = 4096
DYNAMIC = ("DT_SONAME", "DT_NEEDED", "DT_FLAGS", "DT_FLAGS_1", "DT_INIT_ARRAYSZ", "DT_FINI_ARRAYSZ")


@dataclass(frozen=True)
class Linked:
    """What a file has, apart from where, and where it has it."""

    kind: str
    symbols: frozenset[tuple]  # exported and needed: name, binding, type, bytes
    dynamic: tuple[str, ...]
    segments: tuple[tuple, ...]  # kind, access, alignment
    sections: tuple[tuple, ...]  # name, kind, access
    addresses: dict[str, int]  # of exported functions
    functions: tuple[tuple[int, int], ...]  # address and bytes of each, by address
    contents: dict[str, bytes]  # of sections

    @property
    def sizes(self) -> list[int]:
        """Bytes of each function, exported or not: the unwinder's list has all of them."""
        return sorted(size for _, size in self.functions)


def functions(elf: ELFFile) -> tuple[tuple[int, int], ...]:
    """Address and bytes of each function, by the table for the unwinder: each has an entry of
    length, CIE, address and bytes, and .eh_frame_hdr has the places of all, from its own on."""
    header, frames = (elf.get_section_by_name(name) for name in (".eh_frame_hdr", ".eh_frame"))
    data, all_frames = header.data(), frames.data()
    assert data[:4] == b"\x01\x1b\x03\x3b"  # version 1, pairs of 4 bytes relative to the table
    places = struct.iter_unpack("<ii", data[12:])
    return tuple((header["sh_addr"] + start, struct.unpack_from(
        "<I", all_frames, header["sh_addr"] + place - frames["sh_addr"] + 12)[0])
        for start, place in places)


@cache
def linked(path: Path) -> Linked:
    with open(path, "rb") as file:
        elf = ELFFile(file)
        symbols = list(elf.get_section_by_name(".dynsym").iter_symbols())
        tags = elf.get_section_by_name(".dynamic").iter_tags()
        return Linked(
            elf["e_type"],
            frozenset((one.name, one["st_info"]["bind"], one["st_info"]["type"], one["st_size"],
                       one["st_shndx"] == "SHN_UNDEF") for one in symbols),
            tuple(str(getattr(tag, "soname", getattr(tag, "needed", tag.entry.d_val)))
                  for tag in tags if tag.entry.d_tag in DYNAMIC),
            tuple((one["p_type"], one["p_flags"], one["p_align"]) for one in elf.iter_segments()),
            tuple((one.name, one["sh_type"], one["sh_flags"]) for one in elf.iter_sections()
                  if one["sh_flags"] & 2),
            {one.name: one["st_value"] for one in symbols
             if one["st_info"]["type"] == "STT_FUNC" and one["st_value"]},
            functions(elf),
            {name: elf.get_section_by_name(name).data() for name in (".text", ".rodata", ".data")},
        )


def layouts(variant: str) -> list[Linked]:
    return [linked(BIN / file) for file in VARIANTS[variant]["layouts"]]


def programs(name: str) -> list[Linked]:
    return [linked(BIN / file) for file in MANIFEST["program_layouts"][name]]


def in_page(one: Linked) -> dict[str, int]:
    """Where in their pages the exported functions lie."""
    return {name: address % PAGE for name, address in one.addresses.items()}


@pytest.mark.parametrize("variant", ["hakmem", "hakmem+again", "null"])
def test_the_same_library(variant):
    usual = linked(BIN / VARIANTS[variant]["library"])
    for one in layouts(variant):
        assert one.symbols == usual.symbols and one.dynamic == usual.dynamic
        assert one.segments == usual.segments and one.sections == usual.sections
        assert one.sizes == usual.sizes and len(one.sizes) > 5


@pytest.mark.parametrize("name", ["larson", "bench_sanity"])
def test_the_same_program(name):
    usual = programs(name)[0]
    assert usual.kind == "ET_DYN" and not any("libhakmem" in word for word in usual.dynamic)
    for one in programs(name):
        assert one.symbols == usual.symbols and one.dynamic == usual.dynamic
        assert one.segments == usual.segments and one.sizes == usual.sizes


def test_the_first_is_the_usual_link():
    usual = linked(BIN / VARIANTS["hakmem"]["library"])
    first = layouts("hakmem")[0]
    assert first.contents == usual.contents and first.addresses == usual.addresses


def test_no_symbols_for_debuggers():
    with open(BIN / VARIANTS["hakmem"]["layouts"][1], "rb") as file:
        names = {section.name for section in ELFFile(file).iter_sections()}
    assert not names & {".symtab", ".debug_info"}


def test_elsewhere():
    found = layouts("hakmem") + layouts("hakmem+again")
    for function in ("malloc", "free"):
        places = [one.addresses[function] % PAGE for one in found]
        assert len(set(places)) > len(places) / 2 and {at % 64 for at in places} == {0, 16, 32, 48}
    orders = {tuple(sorted(one.addresses, key=one.addresses.get)) for one in found}
    assert len(orders) == len(found)
    for name in MANIFEST["program_layouts"]:
        if name in ("larson", "bench_sanity"):
            assert len({one.functions for one in programs(name)}) == COUNT


def test_the_same_machine_code_has_the_same_addresses():
    """Whatever the variant is called: its number alone gives a layout."""
    pairs = zip(layouts("hakmem"), layouts("hakmem-header-classidx-off"), strict=True)
    for one, other in pairs:
        assert in_page(one) == in_page(other)


def test_it_works():
    """Each layout of the library in one of the program, and in Python."""
    for library, program in zip(VARIANTS["hakmem"]["layouts"],
                                MANIFEST["program_layouts"]["bench_sanity"], strict=True):
        env = {**os.environ, "LD_PRELOAD": str(BIN / library), "HAKMEM_STATS": "exit"}
        done = subprocess.run([str(BIN / program), "all", "2"], env=env, capture_output=True,
                              text=True, check=True)
        assert json.loads(done.stderr)["profile"] == "default"
        done = subprocess.run(["/usr/bin/python3", "-c", "print(sum(range(9)))"], check=True,
                              env={**env, "PYTHONMALLOC": "malloc"}, capture_output=True, text=True)
        assert done.stdout == "36\n" and json.loads(done.stderr)["profile"] == "default"


def test_the_manifest():
    """Profiles and references have them, all as many."""
    have = {name for name, entry in VARIANTS.items() if "layouts" in entry}
    kinds = {name for name, entry in VARIANTS.items()
             if entry["kind"] in ("profile", "reference") and entry["link"] == "shared"}
    assert have == kinds and "hakmem-low-rss" in have
    lists = [VARIANTS[name]["layouts"] for name in have] + list(MANIFEST["program_layouts"].values())
    assert {len(files) for files in lists} == {COUNT} and COUNT > 8
    assert len({file for files in lists for file in files}) == COUNT * len(lists)
    assert set(MANIFEST["program_layouts"]) == {*MANIFEST["programs"], "bench_sanity"}
    assert [name for name, entry in VARIANTS.items() if entry.get("hidden")] == ["hakmem+again"]
