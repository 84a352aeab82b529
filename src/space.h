/* space.h: where in the address space hakmem's memory lies.
 *
 *   | spans | | bits | | map | | live | | caches | | heap: page 0, page 1, ... |
 *
 * Nothing is reserved: these are addresses, chosen at random where the kernel puts nothing by
 * itself, and each part is mapped piece by piece as it grows (hak_space_extend, ranges.c).
 * Mappings that somebody else makes inside are left alone.  Between the parts some addresses are
 * left out, so that a write that runs past the end of one meets unmapped memory. */
#ifndef HAK_SPACE_H
#define HAK_SPACE_H

#include "classes.h"

struct hak_space {
    uintptr_t heap;
    size_t size; /* bytes of addresses for the heap, a power of two */
    char *spans, *bits, *map, *live, *caches;
};

/* Bytes for a page of the heap. */
enum {
    HAK_SPAN_BYTES = 128,
    HAK_BITS_PER_PAGE = 128 + 256 + 512, /* see bits.h */
    HAK_LIVE_PER_PAGE = 65536 / 16 / 8,  /* a bit for each HAK_QUANTUM */
};
/* Bytes of addresses for thread caches. */
#define HAK_CACHES_BYTES ((size_t)1 << 36)

/* Finds room for a heap of `size` bytes, or for a smaller one, and maps HAK_PAGE_SIZE bytes of
 * `spans` there.  False: no memory, or no room for a small one. */
bool hak_space_find(size_t size, struct hak_space *out);

/* Maps more of a part, of which the first *have bytes are mapped, until at least `need` bytes are.
 * Other threads may read *have atomically meanwhile, and a child of fork must find it.  The caller
 * makes sure that no other thread extends any part meanwhile.  False: refused, or somebody else's
 * mapping is in the way. */
bool hak_space_extend(char *part, size_t *have, size_t need);

/* In a child of fork: a thread that is gone may have been in hak_space_extend for this part.  Adds
 * to *have what that thread had mapped without noting it. */
void hak_space_mend(char *part, size_t *have);

#endif
