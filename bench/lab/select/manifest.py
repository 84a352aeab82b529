"""The manifest: everything that the build made to be measured, as bench_manifest.json lists it."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from bench.lab.base.errors import UsageError
from bench.lab.select.variant import Variant


@dataclass(frozen=True)
class Missing:
    """A peer that is not installed."""

    name: str
    package: str


@dataclass(frozen=True)
class Manifest:
    """Everything that can be measured."""

    programs: list[str]
    variants: list[Variant]
    missing: list[Missing]
    build: dict  # Bazel's mode and the options the allocators were compiled with
    sweep: dict | None = None  # `base`, a variant, and `points`: variant -> keys that differ


def load(path: Path) -> Manifest:
    """Reads the manifest; executables lie beside it.

    Raises UsageError if the file is not there or is no manifest.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        links = {program: _beside(path, files)
                 for program, files in data.get("program_layouts", {}).items()}
        variants = [
            Variant(
                name=entry["name"],
                kind=entry["kind"],
                link=entry.get("link", "shared"),
                profile=entry.get("profile"),
                library=_library(path.parent, entry.get("library")),
                binaries={p: path.parent / b for p, b in entry["binaries"].items()},
                layouts=_beside(path, entry.get("layouts", [])),
                programs=links if entry.get("link", "shared") == "shared" else {},
                hidden=entry.get("hidden", False),
            )
            for entry in data["variants"]
        ]
        missing = [Missing(entry["name"], entry["package"]) for entry in data["missing"]]
        return Manifest(data["programs"], variants, missing, data.get("build", {}),
                        data.get("sweep"))
    except (OSError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: not a readable manifest ({error})") from error


def _beside(manifest: Path, files: list[str]) -> tuple[Path, ...]:
    """Absolute, as the loader needs a library that is preloaded."""
    return tuple((manifest.parent / file).absolute() for file in files)


def _library(folder: Path, name: str | None) -> Path | None:
    """A library that was built lies beside the manifest; the loader finds one that is installed."""
    if name is None:
        return None
    built = folder / name
    return built.absolute() if built.exists() else Path(name)


def select(manifest: Manifest, names: list[str], where: str = "--variants") -> list[Variant]:
    """The variants of these names; for an empty list all but the hidden ones.  Raises UsageError
    for others; `where` is the option or the argument that they come from."""
    known = {variant.name: variant for variant in manifest.variants}
    missing = {peer.name: peer.package for peer in manifest.missing}
    for name in names:
        if name in missing:
            raise UsageError(f"{where}: {name} is not installed: apt install {missing[name]}")
        if name not in known:
            raise UsageError(f"{where}: there is no {name}; there are {', '.join(known)}")
    if not names:
        return [variant for variant in known.values() if not variant.hidden]
    return [known[name] for name in dict.fromkeys(names)]


def pair(manifest: Manifest, a: str, b: str) -> tuple[Variant, Variant]:
    """The variants A and B; the second gets a name of its own if they are the same.

    Raises UsageError for a name that is no variant.
    """
    first = select(manifest, [a], "A")[0]
    second = select(manifest, [b], "B")[0]
    return first, dataclasses.replace(second, name=f"{b}-again") if a == b else second


def of_sweep(manifest: Manifest) -> list[Variant]:
    """The base of a sweep, then its other variants, system and what was preloaded."""
    base = manifest.sweep["base"]
    return sorted(manifest.variants, key=lambda variant: variant.name != base)
