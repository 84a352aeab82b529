"""An Explanation as sentences for a person."""

from gen.explain.costs import Explanation
from gen.words import bytes_in_text


def facts_of(told: Explanation) -> list[tuple[str, str]]:
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
    """The lines on the header byte: what it takes, or would take with that lookup."""
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
    """The words on aligned blocks: the worst ratio, or the requests that waste and why."""
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
    return f"wasteful: {examples} bytes; {reason}"


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
