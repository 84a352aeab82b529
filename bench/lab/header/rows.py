"""The rows and variants of header_ab.  The only place that says so."""

from dataclasses import dataclass

from bench.lab.base.errors import UsageError
from bench.lab.select import rows
from bench.lab.select.manifest import Manifest
from bench.lab.select.row import Row
from bench.lab.select.variant import Variant

# Class lookup -> the profile that has it; the three differ in nothing else that is measured.
PROFILES = {
    "header": "header-classidx-on",
    "map": "header-classidx-off",
    "region": "lookup-region",
}
BASE = "map"  # what the others are compared with
ONE_SIZE = ("bench_tiny_hot", "bench_batch")  # all blocks are of the size that comes first


@dataclass(frozen=True)
class Group:
    """Rows that ask one question."""

    title: str  # for people: what kind of blocks or heap
    rows: tuple[Row, ...]


def groups(quick: bool = False) -> tuple[Group, ...]:
    """All rows.  A run takes half a second or so; `quick` ones a tenth of it.

    Rows of one size come with and without room for the header in the block that the map would
    give: otherwise the header's blocks lie further apart, which matters to the processor's caches.
    Whether a large vector can grow where it is depends on what lies behind it by chance: hence
    several seeds.
    """
    part = 10 if quick else 1
    return (
        Group("hot blocks", (
            *(rows.tiny_hot(size, 1_500_000 // part) for size in (16, 24, 32, 64)),
            rows.tiny_one(32, 40_000_000 // part),
        )),
        Group("small heaps", (
            rows.random_mixed(30_000_000 // part, 400),
            rows.batch(248, 60_000 // part, "random"),
            rows.batch(256, 60_000 // part, "random"),
        )),
        Group("large heaps", (
            rows.random_mixed(20_000_000 // part, 8192),
            rows.random_mixed(8_000_000 // part, 200_000),
        )),
        Group("cold blocks", tuple(
            rows.cold(4_000_000 // part, 400_000, 16, 512, freed) for freed in ("unread", "read")
        )),
        Group("several threads", (
            rows.larson("0.1" if quick else "0.5", 2, rounds=1000),
            rows.mid_large(2, 10_000_000 // part),
            rows.prodcons(2, 8_000_000 // part, 1024),
            rows.churn(2, 1_000 // part),
            rows.false_sharing(2, 20_000_000 // part, 16),
        )),
        Group("blocks that grow, cleared blocks", (
            rows.realloc(600_000 // part, 4096),
            *(rows.realloc(200 // part, 64 << 20, seed) for seed in (1, 2, 3)),
            rows.calloc(20_000 // part),
        )),
        Group("large blocks", (
            rows.batch(4096, 8_000 // part, "random"),
            rows.vm_mixed(200_000 // part),
            rows.vm_touched(30_000 // part),
        )),
    )


def narrow(made: tuple[Group, ...], programs: list[str], threads: list[int]) -> tuple[Group, ...]:
    """The groups with the rows of these programs and numbers of threads only, see rows.narrow."""
    kept = rows.narrow([row for group in made for row in group.rows], programs, threads)
    found = (Group(group.title, tuple(row for row in group.rows if row in kept)) for group in made)
    return tuple(group for group in found if group.rows)


def pick(manifest: Manifest) -> dict[str, Variant]:
    """Class lookup -> its variant.  Raises UsageError if the build did not make one."""
    made = {v.profile: v for v in manifest.variants if v.kind == "profile" and v.link == "shared"}
    for lookup, profile in PROFILES.items():
        if profile not in made:
            raise UsageError(
                f"there is no variant of the profile {profile}, which has the {lookup} lookup; "
                f"profiles that were built: {', '.join(filter(None, made)) or 'none'}"
            )
    return {lookup: made[profile] for lookup, profile in PROFILES.items()}
