/* slab.h: equal blocks of one class cut from one span.
 *
 *   span start                                                span start + npages * 64 KiB
 *   | first | block 0 | block 1 | ... | block n-1 | tail, smaller than one block |
 *
 * The free set is a bitmap; a set bit is a free block.  It lies outside the memory that it
 * describes: in the span's descriptor or, for more than 512 blocks, in a place of its own (bits.h).
 * Always: nfree == popcount(bits) == nblocks - blocks in caches, in central's batches, in use.  The
 * caller holds the class's central lock. */
#ifndef HAK_SLAB_H
#define HAK_SLAB_H

#include "span.h"

/* A new slab of the class, all blocks free; NULL: out of memory.  `serial` picks its colour. */
struct hak_span *hak_slab_carve(unsigned cls, unsigned serial);
/* Gives the slab, whose blocks nobody holds, back to the heap. */
void hak_slab_free(struct hak_span *slab);

/* Takes up to `want` blocks in address order; returns how many, 0 if the slab is full. */
unsigned hak_slab_take(struct hak_span *slab, void **out, unsigned want);

/* Puts back one block.  Ends the process if p is no block of the slab or is free already. */
void hak_slab_put(struct hak_span *slab, void *p);

/* Start of the block that holds p, NULL if p lies before the first or behind the last.  Needs no
 * lock while the program holds the block. */
void *hak_slab_block_of(const struct hak_span *slab, const void *p);

HAK_INLINE bool hak_slab_is_empty(const struct hak_span *slab)
{
    return slab->nfree == hak_classes[slab->cls].nblocks;
}

#endif
