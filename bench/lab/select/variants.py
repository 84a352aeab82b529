"""The variants: what the build made, as bench_manifest.json lists it."""

import dataclasses
import json
import os
from dataclasses import dataclass
from pathlib import Path

from bench.lab.run.execute import Run
from bench.lab.select import preload
from bench.lab.select.rows import LAUNCHER, Row, UsageError

PEER_KINDS = ("system", "peer")
COMMAND = Path(__file__).absolute().parents[2] / "harness" / LAUNCHER


@dataclass(frozen=True)
class Variant:
    """One allocator and the programs linked with it."""

    name: str
    kind: str  # "profile", "system", "peer", "reference"
    link: str  # "shared" or "static"
    binaries: dict[str, Path]  # program -> executable
    profile: str | None = None
    library: Path | None = None  # the shared one that it is linked with, if that is no part of libc
    preload: Path | None = None  # a library that takes the place of the one it is linked with
    more: float = 0.0  # share of work that is done and not counted: a known slow-down

    @property
    def is_peer(self) -> bool:
        """Whether hakmem is compared with it in ratios to the best peer."""
        return self.kind in PEER_KINDS and self.link == "shared"

    @property
    def one_thread(self) -> bool:
        """Whether its allocator has no locks."""
        return self.name == "floor"

    def preloaded(self, _row: Row) -> Path | None:
        """The library that is preloaded into the row's program."""
        return self.preload

    def environment(self, row: Row) -> dict[str, str]:
        """What the environment of the row's program has beside the caller's."""
        library = self.preloaded(row)
        if not library:
            return {}
        name = "BENCH_PRELOAD" if row.program == LAUNCHER else "LD_PRELOAD"
        return {name: str(library)}

    def command(self, row: Row) -> list[str]:
        """The program and its arguments."""
        if row.program == LAUNCHER:
            return [str(COMMAND), *row.args]
        args = row.with_more(self.more) if self.more else row.args
        return [str(self.binaries[row.program]), *args]

    def counted(self, run: Run) -> Run:
        """The run without the work that does not count."""
        if not self.more:
            return run
        share = 1 + self.more
        return dataclasses.replace(run, ops=run.ops / share, ops_per_s=run.ops_per_s / share)

    @property
    def baseline(self) -> str:
        """The system variant that it is compared with: linked as this one is."""
        return "system" if self.link == "shared" else f"system+{self.link}"

    def why_not(self, row: Row) -> str | None:
        """Why the row is left out for this variant; None if it is not."""
        if row.program not in self.binaries and row.program != LAUNCHER:
            return "not built"
        if self.one_thread and row.threads > 1:
            return f"{self.name} has no locks: one thread only"
        if self.kind == "reference" and not row.references:
            return "the references serve malloc and free only"
        return None


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
        variants = [
            Variant(
                name=entry["name"],
                kind=entry["kind"],
                link=entry.get("link", "shared"),
                profile=entry.get("profile"),
                library=_library(path.parent, entry.get("library")),
                binaries={p: path.parent / b for p, b in entry["binaries"].items()},
            )
            for entry in data["variants"]
        ]
        missing = [Missing(entry["name"], entry["package"]) for entry in data["missing"]]
        return Manifest(data["programs"], variants, missing, data.get("build", {}),
                        data.get("sweep"))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise UsageError(f"{path}: not a readable manifest ({error})") from error


def _library(folder: Path, name: str | None) -> Path | None:
    """One that was built lies beside the manifest; one that is installed is found by the loader."""
    if name is None:
        return None
    built = folder / name
    return built.absolute() if built.exists() else Path(name)


def select(manifest: Manifest, names: list[str], where: str = "--variants") -> list[Variant]:
    """The variants of these names, all for an empty list.  Raises UsageError for others; `where`
    is the option or the argument that they come from."""
    known = {variant.name: variant for variant in manifest.variants}
    missing = {peer.name: peer.package for peer in manifest.missing}
    for name in names:
        if name in missing:
            raise UsageError(f"{where}: {name} is not installed: apt install {missing[name]}")
        if name not in known:
            raise UsageError(f"{where}: there is no {name}; there are {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(names)] if names else list(known.values())


def of_sweep(manifest: Manifest) -> list[Variant]:
    """The base of a sweep, then its other variants, system and what was preloaded."""
    base = manifest.sweep["base"]
    return sorted(manifest.variants, key=lambda variant: variant.name != base)


def with_preloads(manifest: Manifest, words: list[str],
                  timeout: float = preload.TIMEOUT) -> Manifest:
    """The manifest with a variant for each NAME=PATH: the system's programs, with the library
    preloaded.  Raises UsageError for what is no allocator, for one with which a program does not
    end within `timeout` seconds, and for a name that is taken."""
    known = {variant.name: variant for variant in manifest.variants}
    added = []
    for word in words:
        name, equals, text = word.partition("=")
        path = Path(os.environ.get("BUILD_WORKING_DIRECTORY", ".")) / text
        if not (name and equals and text):
            raise UsageError(f"--preload: {word} is not NAME=PATH")
        if not preload.is_name(name):
            raise UsageError(f"--preload: {name} is no name: letters, digits and . _ + -, "
                             "the first a letter or a digit")
        if name in known:
            raise UsageError(f"--preload: {name} is the name of a variant already")
        if "system" not in known:
            raise UsageError("--preload: there is no variant system to preload it into")
        preload.check(path.absolute(), timeout)
        known[name] = dataclasses.replace(
            known["system"], name=name, kind="peer", library=path.absolute(),
            preload=path.absolute())
        added.append(known[name])
    missing = [peer for peer in manifest.missing if peer.name not in known]
    return dataclasses.replace(manifest, variants=[*manifest.variants, *added], missing=missing)
