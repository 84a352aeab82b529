"""What would go wrong, or not take effect, if a library with malloc were preloaded."""

import os
import platform
import stat
from pathlib import Path
from typing import Iterator

from gen.doctor.elf import Elf, read_elf
from gen.doctor.findings import Finding, note, problem
from gen.doctor.libraries import Needed, find_needed
from gen.doctor.program import Program

MALLOC = frozenset({"malloc", "free", "calloc", "realloc"})
OPERATORS = frozenset({"_Znwm", "_ZdlPv"})  # operator new(size_t), operator delete(void *)
DLOPEN = frozenset({"dlopen", "dlmopen"})
HAKMEM = frozenset({"hak_malloc"})
PYTHON = frozenset({"PyObject_Malloc"})
THREADS = frozenset({"pthread_create", "thrd_create"})
# With these a program shuts itself in, or changes what only a process with one thread may change.
SANDBOX = frozenset({"seccomp_load", "unshare", "setns"})

# Other allocators: name, how their libraries' names begin, a name that only they define.
ALLOCATORS = (
    ("jemalloc", ("libjemalloc",), frozenset({"mallctl", "je_malloc", "je_mallctl", "_rjem_malloc"})),
    ("tcmalloc", ("libtcmalloc",), frozenset({"tc_malloc", "TCMallocInternalMalloc"})),
    ("mimalloc", ("libmimalloc",), frozenset({"mi_malloc"})),
    ("oneTBB's allocator", ("libtbbmalloc",), frozenset({"scalable_malloc"})),
    ("snmalloc", ("libsnmalloc",), frozenset({"sn_malloc"})),
    ("rpmalloc", ("librpmalloc",), frozenset({"rpmalloc"})),
    ("hardened_malloc", ("libhardened_malloc",), frozenset()),
    ("Hoard", ("libhoard",), frozenset()),
    ("Electric Fence", ("libefence",), frozenset()),
)
# Sanitizers that replace malloc: name, their libraries, a name that their runtime defines.
SANITIZERS = (
    ("AddressSanitizer", "libasan", "__asan_init"),
    ("HWAddressSanitizer", "libhwasan", "__hwasan_init"),
    ("ThreadSanitizer", "libtsan", "__tsan_init"),
    ("LeakSanitizer", "liblsan", "__lsan_init"),
    ("MemorySanitizer", "libmsan", "__msan_init"),
)
GO_SECTIONS = frozenset({".go.buildinfo", ".note.go.buildid", ".gopclntab"})

NAMES = frozenset().union(
    MALLOC, OPERATORS, DLOPEN, HAKMEM, PYTHON, THREADS, SANDBOX, *(names for _, _, names in ALLOCATORS),
    {name for _, _, name in SANITIZERS},
)

LINK = "link hakmem into it instead: docs/usage.md"


def read(path: Path) -> Elf:
    return read_elf(path, NAMES)


def check(program: Program) -> list[Finding]:
    """Everything that is to be said of it.  Raises NotElf, OSError."""
    elf = read(program.path)
    findings = [*_scripts(program)]
    unusable = [*_kind(elf)]
    if unusable:
        return findings + unusable + [*_privileges(elf.path), *_go(elf)]
    needed = find_needed(elf, read)
    for one in (_privileges_of, _missing, _hakmem, _sanitizers, _own_malloc, _other_allocators,
                _runtimes, _dlopen, _sandbox):
        findings += one(elf, needed)
    return findings


def _scripts(program: Program) -> Iterator[Finding]:
    if program.scripts:
        names = " -> ".join(str(path) for path in (*program.scripts, program.path))
        yield note("script", f"a script: {names}",
                   "what follows is about the interpreter; programs that the script starts inherit "
                   "LD_PRELOAD, look at them as well")


# ---- the file ------------------------------------------------------------------------------------


def _kind(elf: Elf) -> Iterator[Finding]:
    """The faults that make preloading impossible, whatever else is in the file."""
    machine = elf.machine.removeprefix("EM_").lower().replace("_", "-")
    here = platform.machine().replace("_", "-")
    expected = {"x86-64": "EM_X86_64", "aarch64": "EM_AARCH64"}.get(here, elf.machine)
    if elf.machine != expected or elf.bits != 64:
        yield problem("architecture", f"built for {machine}, {elf.bits} bits; hakmem here is built "
                      f"for {here}, 64 bits", "build hakmem on a machine of that kind")
        return
    if not elf.executable:
        yield problem("library", "a shared library, not a program", "name a program that uses it")
        return
    if not elf.interpreter:
        yield problem("static", "linked statically: no loader that would read LD_PRELOAD", LINK)
        return
    loader = Path(elf.interpreter).name
    if loader.startswith("ld-musl"):
        yield problem("libc", f"its C library is musl ({elf.interpreter}); hakmem is built for "
                      "the GNU C library", "run a build of the program for the GNU C library")
    elif not loader.startswith("ld-linux") and not loader.startswith("ld.so"):
        yield problem("libc", f"its loader is {elf.interpreter}, not that of the GNU C library",
                      "run a build of the program for the GNU C library")
    elif not Path(elf.interpreter).exists():
        yield problem("libc", f"its loader {elf.interpreter} does not exist here: it does not start")


def _privileges_of(elf: Elf, _needed: Needed) -> Iterator[Finding]:
    return _privileges(elf.path)


def _privileges(path: Path) -> Iterator[Finding]:
    mode = path.stat().st_mode
    bits = [word for bit, word in ((stat.S_ISUID, "setuid"), (stat.S_ISGID, "setgid")) if mode & bit]
    try:
        if os.getxattr(path, "security.capability"):
            bits.append("file capabilities")
    except OSError:
        pass  # none, or a file system without them
    if bits:
        yield problem("privileges", f"has {' and '.join(bits)}: whoever gains rights by it has "
                      "LD_PRELOAD and HAKMEM_STATS ignored", LINK)


def _missing(_elf: Elf, needed: Needed) -> Iterator[Finding]:
    if needed.missing:
        yield problem("missing", f"libraries not found: {', '.join(needed.missing)}; it does not "
                      "start, with or without hakmem", "set LD_LIBRARY_PATH as the program needs it")


# ---- other allocators ----------------------------------------------------------------------------


def _hakmem(elf: Elf, needed: Needed) -> Iterator[Finding]:
    if elf.defined & HAKMEM:
        yield problem("hakmem", "hakmem is part of it already, and comes before a preloaded one",
                      "preload nothing; another profile takes another link")
    for library in needed.found:
        if library.exported & HAKMEM:
            yield note("hakmem", f"linked with {library.path} already",
                       "preload nothing, or another profile's library, which then comes first")


def _sanitizers(elf: Elf, needed: Needed) -> Iterator[Finding]:
    for name, library, symbol in SANITIZERS:
        if symbol in elf.defined or any(one.startswith(library) for one in _names(needed)):
            yield problem("sanitizer", f"built with {name}, which must be the one that allocates",
                          "run a build without it, or this one without hakmem")


def _own_malloc(elf: Elf, _needed: Needed) -> Iterator[Finding]:
    if elf.defined & (HAKMEM | {name for _, _, name in SANITIZERS}):
        return
    by = [name for name, _, symbols in ALLOCATORS if elf.defined & symbols]
    whose = f" ({', '.join(by)})" if by else ""
    own = sorted(elf.defined & MALLOC)
    if own and elf.exported & MALLOC:
        yield problem("own-malloc", f"defines {', '.join(own)} itself{whose}: these come before a "
                      "preloaded library's", "build it without them" + (
                          ", for instance without its option for that allocator" if by else ""))
    elif own:
        yield problem("own-malloc", f"defines {', '.join(own)} for itself{whose}; its libraries "
                      "would use hakmem: blocks must not pass between them", "build it without them")
    elif by:
        yield problem("own-malloc", f"contains {', '.join(by)} under names of its own, and takes "
                      "memory from there, not from malloc", "build it without")
    if elf.defined & OPERATORS and not own:
        yield note("own-new", "defines C++'s operator new or delete: what goes through them is "
                   "hakmem's only if they call malloc")


def _other_allocators(_elf: Elf, needed: Needed) -> Iterator[Finding]:
    for library in needed.found:
        base = library.path.name
        for name, prefixes, _ in ALLOCATORS:
            if base.startswith(prefixes):
                yield problem("other-allocator", f"linked with {name} ({base}): a preloaded hakmem "
                              "comes first, and that one's settings, statistics and own functions "
                              "have no effect on what malloc gives", f"link it without -l{base[3:].split('.')[0]}")
                break
        else:
            if library.exported >= {"malloc", "free"} and not base.startswith(
                    ("libc.so", "ld-linux", "libhakmem")) and not any(
                        base.startswith(one) for _, one, _ in SANITIZERS):
                yield problem("other-allocator", f"{base} has a malloc of its own; a preloaded "
                              "hakmem comes first", "link it without that library")


def _runtimes(elf: Elf, needed: Needed) -> Iterator[Finding]:
    yield from _go(elf)
    if any(one.defined & PYTHON for one in (elf, *needed.found)):
        yield note("python", "Python takes blocks of up to 512 bytes from a stock of its own",
                   "PYTHONMALLOC=malloc in the environment makes it ask malloc for all of them")
    if any(name.startswith(("libjli", "libjvm")) for name in _names(needed)):
        yield note("java", "objects of Java live in a heap of their own: only native code calls malloc")


def _go(elf: Elf) -> Iterator[Finding]:
    if elf.sections & GO_SECTIONS:
        yield problem("go", "written in Go, which has a heap of its own: at most its C parts call "
                      "malloc")


# ---- plugins -------------------------------------------------------------------------------------


def _dlopen(elf: Elf, needed: Needed) -> Iterator[Finding]:
    users = [one.path.name for one in (elf, *needed.found)
             if "dlopen" in one.imported and not one.exported & HAKMEM]
    if users:
        yield note("dlopen", f"opens libraries at run time ({', '.join(users)} import dlopen), "
                   "which are not looked at here; hakmem clears RTLD_DEEPBIND, so that these find it too")
    users = [one.path.name for one in (elf, *needed.found) if "dlmopen" in one.imported
             and not one.path.name.startswith(("libc.so", "ld-linux"))]
    if users:
        yield note("dlmopen", f"{', '.join(users)} import dlmopen: libraries opened so have a C library and "
                   "a malloc of their own; blocks must not pass to them")


# ---- sandboxes -----------------------------------------------------------------------------------


def _sandbox(elf: Elf, _needed: Needed) -> Iterator[Finding]:
    means = sorted(elf.imported & SANDBOX)
    if means and elf.imported & THREADS:
        yield note("sandbox", f"starts threads and imports {', '.join(means)}: from its second thread on "
                   "it has one of hakmem's, which gives memory back", "if that is in the way of what it "
                   "does then, take a profile with purge.thread: false (docs/usage.md, System calls)")


def _names(needed: Needed) -> list[str]:
    return [library.path.name for library in needed.found]
