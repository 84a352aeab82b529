"""explain: what a profile gives and what it costs, before it is built; see --help."""

import argparse
import json
import os
import shutil
import sys
import textwrap
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

from gen import command
from gen.check import TableError, prove
from gen.classes import build_model
from gen.explain.aligned import AlignedCost, aligned_costs, most_of
from gen.explain.doubts import doubts
from gen.fit import compare
from gen.layout import cache_bytes, central_bytes
from gen.limits import PAGE, QUANTUM
from gen.model import ClassRow, Model
from gen.profiles import ProfileError, ROOT, known_profiles, load_named, load_profile, name_taken
from gen.record import recording
from gen.served import block_bytes
from gen.words import bytes_in_text

COLUMNS = 96  # the class table fits; width of output that is no terminal
WIDEST = 1000
# Columns of the class table that a narrower terminal does without, the first first.
DISPENSABLE = (
    "transfer\nbytes", "\nbytes", "tail\n%", "cache\nkind", "largest\nrequest", "slab\nKiB",
    "rounding\nmean %",
)
AVERAGED = (16, 8192)  # requests: those of bench_random_mixed
TAXED = 512  # most requests of real programs are smaller
EXAMPLES = (16, 64, 256, 1024)


@dataclass(frozen=True)
class ClassCosts:
    """One class.  Percentages are of the block or of the slab; sizes are bytes."""

    index: int
    size: int
    smallest: int  # request that it serves
    largest: int
    blocks: int  # in a slab
    slab_kib: int
    rounding_mean: float  # percent of a block not asked for, over all requests that it serves
    rounding_worst: float  # the same for the smallest request
    tail: float  # percent of a slab in no block
    kind: str
    cap: int  # blocks
    cap_bytes: int
    transfer_bytes: int


@dataclass(frozen=True)
class HeaderTax:
    """The same classes without and with the header byte."""

    low: int  # the averages are over all requests of low..high bytes
    high: int
    waste_without: float  # percent of the blocks not asked for
    waste_with: float
    multiples: int  # requests of multiples of 16 bytes up to taxed_max
    taxed_max: int
    moved: int  # how many of them move up a class
    growth: float  # percent by which they grow together
    examples: dict[int, tuple[int, int]]  # request -> block without and with


@dataclass(frozen=True)
class Explanation:
    """What there is to say about one profile; sizes are bytes."""

    profile: str
    summary: str
    source: str
    digest: str
    lookup: str
    small_max: int
    classes: list[ClassCosts]
    waste: float  # percent of the blocks, over the range of header_tax, with the lookup used
    header_tax: HeaderTax
    aligned: list[AlignedCost]  # the worst for each of the usual alignments
    aligned_most: int  # times the larger of size and alignment: no block should take more
    reserved: int  # address space
    region: int  # address space of each class; 0 without the region lookup
    map_bytes: int  # address space of the page map; 0 without the map lookup
    thread_struct: int  # a thread cache without its blocks: address space, resident where used
    thread_blocks: int  # budget of the blocks in it, beyond the least that each class may hold
    total_blocks: int  # the same of all threads
    central_struct: int  # room for pointers and chains to what central parks
    central_blocks: int  # most bytes parked
    bigcache: int  # most bytes of addresses kept
    bigcache_largest: int  # longest span kept
    decay_ms: int  # age at which free pages go back to the system
    purge_thread: bool  # by a background thread, once much memory is in use
    doubts: list[str]  # requests that take many times their bytes, and why


def explain(model: Model) -> Explanation:
    """Works it out."""
    keys, rows = model.keys, model.classes
    below = [0] + [row.size for row in rows]
    tax = header_tax(model)
    large = keys["large"]
    bigcache = large["bigcache_bytes"] if large["bigcache_l25"] else 0
    return Explanation(
        profile=model.profile,
        summary=model.summary,
        source=model.source,
        digest=model.digest,
        lookup=model.lookup,
        small_max=model.small_max,
        classes=[_class_costs(row, below[row.index - 1], model.header_bytes) for row in rows],
        waste=tax.waste_with if model.header_bytes else tax.waste_without,
        header_tax=tax,
        aligned=list(aligned_costs(model)),
        aligned_most=most_of(model),
        reserved=1 << model.reserve_shift,
        region=1 << model.region_shift if model.lookup == "region" else 0,
        map_bytes=(1 << model.reserve_shift) // PAGE if model.lookup == "map" else 0,
        thread_struct=cache_bytes(model),
        thread_blocks=min(keys["front"]["thread_bytes"], sum(row.cap * row.size for row in rows)),
        total_blocks=keys["front"]["total_bytes"],
        central_struct=central_bytes(model),
        central_blocks=min(
            keys["central"]["parked_bytes"],
            sum(row.transfer * row.batch * row.size for row in rows),
        ),
        bigcache=bigcache,
        bigcache_largest=min(large["bigcache_max"], bigcache) // PAGE * PAGE,
        decay_ms=keys["purge"]["decay_ms"],
        purge_thread=keys["purge"]["thread"],
        doubts=list(doubts(model)),
    )


def _class_costs(row: ClassRow, below: int, header_bytes: int) -> ClassCosts:
    smallest, largest = max(below - header_bytes + 1, 1), row.size - header_bytes
    slab = row.slab_pages * PAGE
    return ClassCosts(
        index=row.index,
        size=row.size,
        smallest=smallest,
        largest=largest,
        blocks=row.nblocks,
        slab_kib=slab // 1024,
        rounding_mean=100 * (1 - (smallest + largest) / 2 / row.size),
        rounding_worst=100 * (1 - smallest / row.size),
        tail=100 * (1 - row.nblocks * row.size / slab),
        kind=row.kind,
        cap=row.cap,
        cap_bytes=row.cap * row.size,
        transfer_bytes=row.transfer * row.batch * row.size,
    )


def header_tax(model: Model) -> HeaderTax:
    """Compares the two for requests of equal frequency, as far as the classes reach in both."""
    low, high = (min(bound, model.classes[-1].size - 1) for bound in AVERAGED)
    requests = range(low, high + 1)
    without = _blocks_of(model, requests, 0)
    with_byte = _blocks_of(model, requests, 1)
    multiples = [request for request in requests if request % QUANTUM == 0 and request <= TAXED]
    plain = sum(without[request] for request in multiples)
    taxed = sum(with_byte[request] for request in multiples)
    return HeaderTax(
        low=low,
        high=high,
        waste_without=100 * (1 - sum(requests) / sum(without.values())),
        waste_with=100 * (1 - sum(requests) / sum(with_byte.values())),
        multiples=len(multiples),
        taxed_max=min(TAXED, high),
        moved=sum(without[request] != with_byte[request] for request in multiples),
        growth=100 * (taxed / plain - 1) if plain else 0.0,
        examples={
            request: (without[request], with_byte[request])
            for request in EXAMPLES
            if request in without
        },
    )


def _blocks_of(model: Model, requests: Iterable[int], header_bytes: int) -> dict[int, int]:
    """Request -> bytes of the block that serves it with a header of so many bytes."""
    served = replace(model, header_bytes=header_bytes)
    return {request: block_bytes(served, request) for request in requests}


# ---- for a person --------------------------------------------------------------------------------


def show(told: Explanation, console: Console) -> None:
    """Prints the classes, then what the profile costs."""
    wide = console.width >= COLUMNS
    console.print(f"[bold]{told.profile}[/bold]: {told.summary}", soft_wrap=wide)
    console.print(f"from {told.source}, digest {told.digest}")
    table = _class_table(told, console.is_terminal)
    for head in () if wide else DISPENSABLE:
        if Measurement.get(console, console.options.update(max_width=WIDEST), table).maximum > (
            console.width
        ):
            table.columns = [column for column in table.columns if column.header != head]
    console.print(table)
    facts = Table.grid(padding=(0, 2))
    facts.add_column(no_wrap=True, style="bold")
    facts.add_column()
    for name, text in _facts(told):
        facts.add_row(name, text)
    for doubt in told.doubts:
        facts.add_row("warning", doubt)
    console.print(facts)


def _class_table(told: Explanation, lines: bool) -> Table:
    table = Table(
        box=SIMPLE_HEAD if lines else None,
        padding=(0, 1, 0, 0),
        show_edge=False,
        header_style="bold",
    )
    for head in (
        "class",
        "size\nbytes",
        "largest\nrequest",
        "blocks\nper slab",
        "slab\nKiB",
        "rounding\nmean %",
        "\nworst %",
        "tail\n%",
        "cache\nkind",
        "cap\nblocks",
        "\nbytes",
        "transfer\nbytes",
    ):
        table.add_column(head, justify="right", no_wrap=True)
    for cls in told.classes:
        table.add_row(
            str(cls.index),
            str(cls.size),
            str(cls.largest),
            str(cls.blocks),
            str(cls.slab_kib),
            f"{cls.rounding_mean:.1f}",
            f"{cls.rounding_worst:.1f}",
            f"{cls.tail:.2f}",
            cls.kind,
            str(cls.cap),
            str(cls.cap_bytes),
            str(cls.transfer_bytes),
        )
    return table


def _facts(told: Explanation) -> list[tuple[str, str]]:
    tax = told.header_tax
    return [
        ("class lookup", _lookup_costs(told)),
        ("address space", f"{bytes_in_text(told.reserved)} to grow over, mapped as it is needed"),
        (
            "rounding",
            f"{told.waste:.2f} % of the blocks' bytes, for requests of "
            + (f"{tax.low}..{tax.high} bytes, each as frequent" if tax.low < tax.high
               else f"{tax.low} bytes"),
        ),
        *_header_costs(told),
        (
            "each thread",
            f"{bytes_in_text(told.thread_struct)} for its cache, resident where used, and "
            f"{_budget(told.thread_blocks)} for the blocks in it, beyond the least that each class "
            "may hold",
        ),
        ("all threads", f"{_budget(told.total_blocks)} for the same blocks"),
        (
            "between threads",
            f"{bytes_in_text(told.central_struct)} for pointers, "
            + (f"at most {bytes_in_text(told.central_blocks)} of blocks parked" if told.central_blocks
               else "no blocks parked"),
        ),
        (
            "large blocks",
            f"above {told.small_max} bytes, in heap pages of 64 KiB; " + _kept(told),
        ),
        ("aligned blocks", _aligned(told)),
        (
            "free pages",
            "go back to the system "
            + (f"after {told.decay_ms} ms, " if told.decay_ms else "at once, ")
            + (
                "by a background thread once much is in use"
                if told.purge_thread
                else "in calls of free()"
            ),
        ),
    ]


def _header_costs(told: Explanation) -> list[tuple[str, str]]:
    """What the header takes or would take, as far as the classes have something to compare."""
    tax = told.header_tax
    examples = ", ".join(
        f"malloc({request}) takes {taxed} not {plain}"
        for request, (plain, taxed) in tax.examples.items()
        if taxed != plain
    )
    facts = [
        (
            "header tax",
            ("" if told.lookup == "header" else "none; with class_lookup header it would be: ")
            + "a request that fills its block moves up a class"
            + (
                f", as {tax.moved} of the {tax.multiples} multiples of 16 up to {tax.taxed_max} "
                f"do, which grow by {tax.growth:.1f} % together" if tax.moved else ""
            ),
        ),
        ("", f"{examples} bytes"),
        (
            "",
            f"rounding is {tax.waste_with:.2f} % with the header, "
            f"{tax.waste_without:.2f} % without",
        ),
    ]
    return facts if examples else facts[::2]


def _budget(count: int) -> str:
    return f"a budget of {bytes_in_text(count)}" if count else "no budget"


def _kept(told: Explanation) -> str:
    if not told.bigcache_largest:
        return "none kept"
    return (
        f"at most {bytes_in_text(told.bigcache)} of addresses kept, in spans of at most "
        f"{bytes_in_text(told.bigcache_largest)}"
    )


def _aligned(told: Explanation) -> str:
    """Of the usual alignments: that all is well, or what is not and why."""
    if not told.aligned:
        return "none of the usual alignments has a class: such a block takes heap pages"
    bad = [one for one in told.aligned if one.ratio > told.aligned_most]
    if not bad:
        most = max(one.ratio for one in told.aligned)
        return (
            f"with an alignment of {told.aligned[0].alignment} to {told.aligned[-1].alignment} "
            f"bytes: at most {most:.2f} times the larger of size and alignment"
        )
    worst = sorted(bad, key=lambda one: -one.ratio)[:3]
    examples = ", ".join(
        f"aligned_alloc({one.alignment}, {one.size}) takes {one.block}" for one in worst
    )
    reason = (
        "the block lies inside one that is larger by the alignment, and classes are far apart there"
        if told.lookup == "header"
        else "what serves them is a class of a multiple of the alignment, near their size"
    )
    return f"[bold]wasteful[/bold]: {examples} bytes; {reason}"


def _lookup_costs(told: Explanation) -> str:
    if told.lookup == "header":
        return (
            "header: free() loads the byte before the block, which is 1 byte of each block "
            "and 16 at the start of each slab; no table"
        )
    if told.lookup == "map":
        return (
            "map: free() loads one byte for each heap page of 64 KiB; the table takes "
            f"{bytes_in_text(told.map_bytes)} of address space, resident where the heap is in use"
        )
    return (
        f"region: free() shifts the address; each class has {bytes_in_text(told.region)} of address "
        "space of its own, no table"
    )


# ---- the command ---------------------------------------------------------------------------------


def show_profiles(profiles_dir: Path, as_json: bool) -> None:
    """All profiles with their summaries.  Raises ProfileError for those that are wrong, when the
    others have been shown."""
    summaries, problems = {}, []
    names = known_profiles(profiles_dir)
    for name in names:
        path = profiles_dir / f"{name}.yaml"
        why = name_taken(name, names)
        try:
            if why:
                raise ProfileError(f"{path}: {why}")
            summaries[name] = load_profile(path, profiles_dir).summary
        except ProfileError as error:
            problems += error.problems
    if as_json:
        print(json.dumps(summaries, indent=2))
    else:
        width = max(map(len, summaries), default=0)
        room = shutil.get_terminal_size((0, 0)).columns - width - 2  # negative: no terminal
        for name, summary in summaries.items():
            first, *others = textwrap.wrap(summary, room) if room > 0 else [summary]
            print(f"{name:<{width}}  {first}")
            for line in others:
                print(f"{'':<{width}}  {line}")
    if problems:
        sys.stdout.flush()
        raise ProfileError(*problems)


def main(args: list[str]) -> int:
    """0; 2 for a profile, a recording or statistics that are not there or wrong; 1 if the
    generator is."""
    parser = _parser()
    options = parser.parse_args(args)
    for key in ("against", "measured"):
        if getattr(options, key) and not (options.recording and options.name):
            parser.error(f"--{key}: needs a profile's NAME and --recording FILE")
    if options.recording and options.name is None:
        parser.error("--recording: needs a profile's NAME")
    paths = [_from_caller(path) for path in options.recording or []]
    profiles_dir = _profiles_dir(options.profiles_dir)
    try:
        if options.name is None:
            show_profiles(profiles_dir, options.json)
            return 0
        model = _proved(options.name, profiles_dir)
        if paths:
            against = [_proved(options.against, profiles_dir)] if options.against else []
            _compare([model, *against], paths, options)
            return 0
    except (ProfileError, recording.RecordingError, compare.StatisticsError) as error:
        print(error, file=sys.stderr)
        return 2
    except TableError as error:
        print(error, file=sys.stderr)
        return 1
    told = explain(model)
    if options.json:
        print(json.dumps(asdict(told), indent=2))
    else:
        compare.print_plain(lambda console: show(told, console), COLUMNS)
    return 0


def _proved(named: str, profiles_dir: Path) -> Model:
    model = build_model(load_named(named, profiles_dir, _from_caller(Path())))
    prove(model)
    return model


def _compare(models: list[Model], paths: list[Path], options: argparse.Namespace) -> None:
    recorded = recording.merge(recording.load_all(paths))
    predictions = compare.compare(models, recorded)
    measured = [
        compare.read_measured(_from_caller(path), models) for path in options.measured or []
    ]
    if options.json:
        print(json.dumps(compare.as_json(predictions, measured), indent=2))
    else:
        compare.print_plain(
            lambda console: compare.show(console, predictions, measured), COLUMNS
        )


def _from_caller(path: Path) -> Path:
    """`bazel run` starts elsewhere than its caller is."""
    return Path(os.environ.get("BUILD_WORKING_DIRECTORY", "")) / path


def _profiles_dir(given: Path | None) -> Path:
    """`bazel run` starts in the runfiles: the profiles are those of the workspace, and a folder
    named by the caller is relative to where the caller is."""
    if given:
        return _from_caller(given)
    if "BUILD_WORKSPACE_DIRECTORY" in os.environ:
        os.chdir(os.environ["BUILD_WORKSPACE_DIRECTORY"])
        return Path("profiles")
    return Path(os.path.relpath(ROOT / "profiles"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="explain",
        description="Prints a profile's classes and what it costs in memory; with --recording what "
        "it comes to for that program.",
        epilog="""\
example: bazel run //gen:explain -- tiny-heavy
         bazel run //gen:explain -- drafts/mine.yaml
         bazel run //gen:explain -- app --against default --recording app.rec
         bazel run //gen:explain -- app --recording app.rec --measured stats.json""",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "name", metavar="NAME", nargs="?",
        help="a profile, or the path of its YAML file; without it, all with their summaries",
    )
    parser.add_argument("--json", action="store_true", help="the same for a program")
    parser.add_argument(
        "--profiles-dir", type=Path, metavar="DIR", help="default: profiles/ of the workspace"
    )
    parser.add_argument(
        "--recording", type=Path, metavar="FILE", action="append",
        help="of bazel run //gen:record; several are taken as one load of several processes",
    )
    parser.add_argument(
        "--against", metavar="NAME", help="another profile or YAML file, beside it; with --recording"
    )
    parser.add_argument(
        "--measured", type=Path, metavar="FILE", action="append",
        help="statistics of the program with one of the profiles (docs/statistics.md); "
        "with --recording",
    )
    return parser


if __name__ == "__main__":
    command.run("explain", main)
