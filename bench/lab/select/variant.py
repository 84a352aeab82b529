"""A variant: one allocator, and the programs linked with it."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path

from bench.lab.base.errors import UsageError
from bench.lab.select.row import Row


@dataclass(frozen=True)
class Variant:
    """One allocator and the programs linked with it."""

    name: str
    kind: str  # "profile", "system", "peer", "reference"
    link: str  # "shared" or "static"
    binaries: dict[str, Path]  # program -> executable
    profile: str | None = None
    library: Path | None = None  # the shared library of its allocator; None if that is in libc
    preload: Path | None = None  # a library that is preloaded and so takes the allocator's place
    hidden: bool = False  # whether it is measured only if somebody names it
    more: float = 0.0  # how much more work it does that is not counted: a known slow-down
    ballast_kib: int = 0  # memory that its programs take beside their load: a known difference
    # Links that differ only in where code and data lie, of its library and, without an allocator,
    # of the programs; the one without padding comes first.  None: only what `binaries` has.
    layouts: tuple[Path, ...] = ()
    programs: dict[str, tuple[Path, ...]] = dataclasses.field(default_factory=dict)

    @property
    def is_peer(self) -> bool:
        """Whether hakmem is compared with it in ratios to the best peer."""
        return self.kind in ("system", "peer") and self.link == "shared"

    @property
    def is_default(self) -> bool:
        """Whether it is the profile that the bars and targets are about."""
        return self.profile == "default" and self.link == "shared" and not self.hidden

    @property
    def one_thread(self) -> bool:
        """Whether it says nothing of several threads: `floor` has no locks, and threads would wait
        for each other where they write to the one place of `null`."""
        return self.kind == "reference"

    def preloaded(self, row: Row, link: int | None = None) -> Path | None:
        """The library that is preloaded into the row's program: in one of its links."""
        relinked = self.preload == self.library or row.program in self.programs
        if link is not None and self.layouts and relinked:
            return self.layouts[link % len(self.layouts)]
        if link is not None and row.program in self.programs:
            return self.library
        return self.preload

    def environment(self, row: Row, link: int | None = None) -> dict[str, str]:
        """Further variables for the environment of the row's program."""
        library = self.preloaded(row, link)
        found = {row.preload: str(library)} if library else {}
        return {**found, "BENCH_BALLAST": str(self.ballast_kib)} if self.ballast_kib else found

    def links(self, row: Row) -> int:
        """How many links there are of what runs in this row; 1: nothing varies."""
        return max(len(self.programs.get(row.program, ())),
                   len(self.layouts) if self.preloaded(row, 0) in self.layouts else 0, 1)

    def command(self, row: Row, link: int | None = None) -> list[str]:
        """The program and its arguments; `link`: which of the links of the program, if it has
        any."""
        made = self.programs.get(row.program)
        program = made[link % len(made)] if made and link is not None \
            else row.executable(self.binaries)
        return [str(program), *row.arguments(self.more)]

    @property
    def baseline(self) -> str:
        """The name of the system variant that is linked as this one is, to compare with."""
        return "system" if self.link == "shared" else f"system+{self.link}"

    def why_not(self, row: Row) -> str | None:
        """Why the row is left out for this variant; None if it is not."""
        if row.executable(self.binaries) is None:
            return "not built"
        if self.one_thread and row.threads > 1:
            return "the references serve one thread only"
        if self.kind == "reference" and not row.references:
            return "the references serve malloc and free only"
        return None


def preloading(variant: Variant, where: str = "") -> Variant:
    """The variant with its library preloaded into whatever runs.  Raises UsageError if it has none;
    `where` begins the message."""
    if variant.kind != "system" and variant.library is None:
        raise UsageError(f"{where}{variant.name} has no library that can be preloaded; it is "
                         "linked statically")
    return dataclasses.replace(variant, preload=variant.library)
