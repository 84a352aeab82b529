/* bits.h: places for the free sets of slabs that have more blocks than a descriptor holds.
 *
 * A place has the least power of two of bytes that the set needs: 128, 256 or 512.  Places come out
 * of the table `bits` one behind the other, whatever their slabs' addresses, so that the table's
 * resident part is dense.  The table is long enough even if each page once was a slab with a place
 * of every size.  Places given back are kept by size.  The heap's lock is taken here. */
#ifndef HAK_BITS_H
#define HAK_BITS_H

#include "span.h"

/* A place for `nblocks` bits, of any contents, HAK_INLINE_BITS < nblocks <= HAK_MAX_BLOCKS.
 * NULL: out of memory. */
uint64_t *hak_bits_take(unsigned nblocks);
/* Takes back a place for so many bits. */
void hak_bits_give(uint64_t *bits, unsigned nblocks);
/* Forgets the places given back: see hak_heap_abandon. */
void hak_bits_abandon(void);

#endif
