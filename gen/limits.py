"""The numbers that the generator shares with src/, read from the C file that states each of them.

A constant of C is a line of an enum, such as `HAK_QUANTUM = 16,`.  In `NAME = CONDITION ? n : m` it
is n.  A change in C reaches Python with the next run; a constant that is gone is an error at import.
The last constants are stated here: hak_config.h takes the shift of a page from here to C.
"""

import re
from pathlib import Path

SRC = Path(__file__).absolute().parent.parent / "src"


def constant(name: str, files: str = "*.h") -> int:
    """The value of an enum's constant in the files of src/ that match the pattern `files`.
    Raises LookupError unless they state exactly one value."""
    stated = re.compile(rf"\b{name} = (?:\w+ \? )?(0x[0-9A-Fa-f]+|[0-9]+)\b(?! *[-+*/<])")
    values = {
        int(match[1], 0)
        for path in sorted(SRC.glob(files))
        for match in stated.finditer(path.read_text(encoding="utf-8"))
    }
    if len(values) != 1:
        raise LookupError(f"src/{files}: {name} has {len(values)} values instead of one")
    return values.pop()


# ---- classes and slabs ---------------------------------------------------------------------------

QUANTUM = constant("HAK_QUANTUM")  # bytes: class sizes and block addresses are multiples of it
MAX_CLASSES = constant("HAK_MAX_CLASSES")
MAX_BLOCKS = constant("HAK_MAX_BLOCKS")  # in a slab of one page: the bits of the longest free set
INLINE_BLOCKS = constant("HAK_INLINE_BITS")  # in a slab whose free set is in its descriptor
COLOUR_STEP = constant("COLOUR_STEP", "slab.c")  # bytes between two places of block 0: a cache line
MAX_BATCH = constant("HAK_MAX_BATCH")  # blocks
HEADER_LIVE = constant("HAK_HEADER_LIVE")  # the bit of a live block's header; its bin's number
DESCRIPTOR = constant("HAK_SPAN_BYTES")  # bytes that describe a heap page

# ---- thread caches -------------------------------------------------------------------------------

HEADER_BINS = constant("HAK_NBINS")  # bins of a cache with the header lookup
NEAR_SLOTS = constant("HAK_NEAR_SLOTS")  # pointers of a class whose limit is no higher
WAITING_BLOCKS = constant("HAK_WAITING_BLOCKS")  # that a cache keeps back if guard.checks is on
LEAST_BYTES = constant("LEAST_BYTES", "cache.c")  # of a class, before its limit has grown,
LEAST_BLOCKS = constant("LEAST_BLOCKS", "cache.c")  # or so many blocks
MOST_TAKEN = constant("MOST_TAKEN", "cache.c")  # blocks that a refill takes of those parked,
FILL_BYTES = constant("FILL_BYTES", "cache.c")  # or from slabs; these bytes,
FILL_BLOCKS = constant("FILL_BLOCKS", "cache.c")  # or so many blocks

# ---- stated here ---------------------------------------------------------------------------------

PAGE_SHIFT = 16
PAGE = 1 << PAGE_SHIFT  # bytes of a heap page
OS_PAGE = 4096  # bytes: no page of a system is shorter
MAX_COLOURS = 64  # of a slab
