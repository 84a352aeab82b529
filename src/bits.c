/* bits.c: see bits.h. */
#include "bits.h"

enum {
    LEAST_SHIFT = 7, /* log2 of the smallest place's bytes, */
    NSIZES = 3,      /* the next ones have twice as many each */
};
_Static_assert(HAK_INLINE_BITS * 2 / 8 == 1 << LEAST_SHIFT, "the sets that do not fit elsewhere");
_Static_assert(HAK_MAX_BLOCKS / 8 == 1 << (LEAST_SHIFT + NSIZES - 1), "the largest set");

/* Guarded by the heap's lock. */
static void *given_back[NSIZES]; /* a place's first word is the next one */
static size_t used, mapped;      /* bytes from the table's start */

static unsigned size_index(unsigned nblocks)
{
    size_t bytes = (nblocks + 63u) / 64 * 8;
    return hak_log2(bytes - 1) + 1 - LEAST_SHIFT;
}

static void *take_fresh(size_t bytes)
{
    if (!hak_space_extend(hak_heap.bits, &mapped, used + bytes))
        return NULL;
    used += bytes;
    return hak_heap.bits + used - bytes;
}

uint64_t *hak_bits_take(unsigned nblocks)
{
    unsigned index = size_index(nblocks);
    hak_lock_acquire(&hak_heap_lock);
    void *place = given_back[index];
    if (place)
        given_back[index] = *(void **)place;
    else
        place = take_fresh((size_t)1 << (LEAST_SHIFT + index));
    hak_lock_release(&hak_heap_lock);
    return place;
}

void hak_bits_give(uint64_t *bits, unsigned nblocks)
{
    unsigned index = size_index(nblocks);
    hak_lock_acquire(&hak_heap_lock);
    *(void **)bits = given_back[index];
    given_back[index] = bits;
    hak_lock_release(&hak_heap_lock);
}

void hak_bits_abandon(void)
{
    for (unsigned i = 0; i < NSIZES; i++)
        given_back[i] = NULL;
    hak_space_mend(hak_heap.bits, &mapped);
}
