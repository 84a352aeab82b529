"""Libraries to be preloaded, as variants: whether the loader takes them, whether they are
allocators.

The loader leaves out what it cannot preload and starts the program all the same: the results would
be those of the C library under another name.
"""

import dataclasses
import os
import re
import subprocess
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile

from bench.lab.base import paths
from bench.lab.base.errors import UsageError
from bench.lab.select.manifest import Manifest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_LEFT_OUT = re.compile(r"from LD_PRELOAD cannot be preloaded \((.*)\)")
_PROGRAM = "true"  # does nothing, and needs the C library
TIMEOUT = 20.0  # seconds, at most


def _is_name(text: str) -> bool:
    """Whether a variant can have this name, which becomes part of the names of files."""
    return _NAME.fullmatch(text) is not None


def _check(path: Path, timeout: float) -> None:
    """Raises UsageError for a file that is no allocator, and for one that breaks every program.

    A trial with a program may take as long as `timeout` and TIMEOUT both allow.
    """
    try:
        defines = _defines_malloc(path)
    except OSError as error:
        raise UsageError(f"--preload: {path}: {error.strerror}; name a shared library") from error
    except (ELFError, UnicodeDecodeError) as error:
        raise UsageError(f"--preload: {path}: not a shared library") from error
    if re.search(r"[\s:]", str(path)):
        raise UsageError(f"--preload: {path}: the loader takes no path with a space or a colon; "
                         "make a link to it elsewhere")
    why = _trial(path, min(timeout, TIMEOUT))
    if why:
        raise UsageError(f"--preload: {path}: {why}")
    if not defines:
        raise UsageError(f"--preload: {path}: no allocator: it defines no malloc")


def _defines_malloc(path: Path) -> bool:
    with open(path, "rb") as file:
        table = ELFFile(file).get_section_by_name(".dynsym")
        found = table.get_symbol_by_name("malloc") if table else None
        return any(symbol["st_shndx"] != "SHN_UNDEF" for symbol in found or [])


def _trial(path: Path, timeout: float) -> str | None:
    """The fault that shows when the library is preloaded into a program; None if there is none."""
    try:
        done = subprocess.run(
            [_PROGRAM], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
            timeout=timeout, check=False,
            env={**os.environ, "LC_ALL": "C", "LD_PRELOAD": str(path)})
    except subprocess.TimeoutExpired:
        return f"with it even {_PROGRAM} does not end within {timeout:g} s"
    left_out = _LEFT_OUT.search(done.stderr)
    if left_out:
        return f"cannot be preloaded: {left_out[1]}"
    if done.returncode < 0:
        return f"with it even {_PROGRAM} is ended by signal {-done.returncode}"
    if done.returncode:
        words = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[0]
        return f"with it even {_PROGRAM} fails: {words}"
    return None


def added_to(manifest: Manifest, words: list[str], timeout: float = TIMEOUT) -> Manifest:
    """The manifest with a variant for each NAME=PATH: the system's programs, with the library
    preloaded.  Raises UsageError for what is no allocator, for one with which a program does not
    end within `timeout` seconds, and for a name that is taken."""
    known = {variant.name: variant for variant in manifest.variants}
    added = []
    for word in words:
        name, equals, text = word.partition("=")
        path = paths.of_caller(text)
        if not (name and equals and text):
            raise UsageError(f"--preload: {word} is not NAME=PATH")
        if not _is_name(name):
            raise UsageError(f"--preload: {name} is no name: letters, digits and . _ + -, "
                             "the first a letter or a digit")
        if name in known:
            raise UsageError(f"--preload: {name} is the name of a variant already")
        if "system" not in known:
            raise UsageError("--preload: there is no variant system to preload it into")
        _check(path.absolute(), timeout)
        known[name] = dataclasses.replace(
            known["system"], name=name, kind="peer", library=path.absolute(),
            preload=path.absolute())
        added.append(known[name])
    missing = [peer for peer in manifest.missing if peer.name not in known]
    return dataclasses.replace(manifest, variants=[*manifest.variants, *added], missing=missing)
