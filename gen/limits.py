"""The numbers that Python shares with src/.  Most are read from the C file that states them.

Such a number is a constant of an enum, as in `HAK_QUANTUM = 16,`.  Of `NAME = CONDITION ? n : m` it
is n.  If C no longer has the constant, the import fails.  The last few numbers are stated here; of
those C gets the shift of a heap page through hak_config.h.
"""

import re
from pathlib import Path

SRC = Path(__file__).absolute().parent.parent / "src"


def constant(name: str, files: str = "*.h") -> int:
    """The value of an enum's constant.  `files` is a pattern of the files of src/ that may state
    it.  Raises LookupError unless they state exactly one value."""
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
MAX_BLOCKS = constant("HAK_MAX_BLOCKS")  # in a slab of one page: bits of the longest free set
INLINE_BLOCKS = constant("HAK_INLINE_BITS")  # most in a slab whose free set is in its descriptor
COLOUR_STEP = constant("COLOUR_STEP", "slab.c")  # bytes between two places of block 0: a cache line
MAX_BATCH = constant("HAK_MAX_BATCH")  # blocks
HEADER_LIVE = constant("HAK_HEADER_LIVE")  # the bit that marks a live block's header
DESCRIPTOR = constant("HAK_SPAN_BYTES")  # bytes that describe a heap page

# ---- thread caches -------------------------------------------------------------------------------

HEADER_BINS = constant("HAK_NBINS")  # bins of a cache with the header lookup
NEAR_SLOTS = constant("HAK_NEAR_SLOTS")  # most pointers of a class in the near slots
WAITING_BLOCKS = constant("HAK_WAITING_BLOCKS")  # most in quarantine, with guard.checks
LEAST_BYTES = constant("LEAST_BYTES", "cache.c")  # least limit of a bin: so many bytes,
LEAST_BLOCKS = constant("LEAST_BLOCKS", "cache.c")  # but at most so many blocks
MOST_TAKEN = constant("MOST_TAKEN", "cache.c")  # most blocks that a refill takes from central
FILL_BYTES = constant("FILL_BYTES", "cache.c")  # most bytes that a refill takes from slabs,
FILL_BLOCKS = constant("FILL_BLOCKS", "cache.c")  # but at least so many blocks

# ---- stated here ---------------------------------------------------------------------------------

PAGE_SHIFT = 16
PAGE = 1 << PAGE_SHIFT  # bytes of a heap page
OS_PAGE = 4096  # bytes of the shortest page of an operating system
MAX_COLOURS = 64  # places of block 0 in a slab
