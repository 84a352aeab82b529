/* slab.c: see slab.h. */
#include "slab.h"
#include "bits.h"
#include "block.h"
#include "heap.h"
#include "report.h"

enum { COLOUR_STEP = 64 }; /* bytes: one cache line */

/* The words of the slab's free set. */
static uint64_t *bits_of(struct hak_span *slab)
{
    if (hak_classes[slab->cls].nblocks <= HAK_INLINE_BITS)
        return slab->bits;
    return slab->apart;
}

struct hak_span *hak_slab_carve(unsigned cls, unsigned serial)
{
    const struct hak_class *shape = &hak_classes[cls];
    struct hak_span *slab = hak_heap_alloc(shape->slab_pages, HAK_PAGE_SIZE, cls);
    if (!slab)
        return NULL;
    if (shape->nblocks > HAK_INLINE_BITS && !(slab->apart = hak_bits_take(shape->nblocks))) {
        hak_heap_free(slab);
        return NULL;
    }
    slab->first = (uint16_t)(shape->first + COLOUR_STEP * (serial % shape->colours));
    slab->nfree = shape->nblocks;
    /* The checks would take what an earlier slab left for writes to freed blocks. */
    if ((HAK_POISON || HAK_GUARD) && !slab->zero)
        hak_clear(hak_span_start(slab), hak_span_bytes(slab));
    uint64_t *bits = bits_of(slab);
    unsigned whole = shape->nblocks / 64, rest = shape->nblocks % 64;
    for (unsigned i = 0; i < whole; i++)
        bits[i] = ~(uint64_t)0;
    if (rest)
        bits[whole] = ((uint64_t)1 << rest) - 1;
    return slab;
}

void hak_slab_free(struct hak_span *slab)
{
    unsigned nblocks = hak_classes[slab->cls].nblocks;
    if (nblocks > HAK_INLINE_BITS)
        hak_bits_give(slab->apart, nblocks);
    hak_heap_free(slab);
}

static unsigned random_block(const struct hak_span *slab, unsigned nblocks)
{
    uint64_t seed = hak_heap.secret ^ (uintptr_t)slab ^ (uint64_t)slab->nfree << 48;
    return (unsigned)(hak_mix(seed) % nblocks);
}

unsigned hak_slab_take(struct hak_span *slab, void **out, unsigned want)
{
    const struct hak_class *shape = &hak_classes[slab->cls];
    uint64_t *bits = bits_of(slab);
    char *blocks = hak_span_start(slab) + slab->first;
    unsigned n = 0, nwords = (shape->nblocks + 63u) / 64;
    unsigned start = HAK_RANDOM ? random_block(slab, shape->nblocks) : 0, first = start / 64;
    want = hak_min(want, (unsigned)slab->nfree);
    for (unsigned i = 0; n < want; i++) {
        unsigned word = first + i < nwords ? first + i : first + i - nwords;
        /* The bits of the first word that lie before `start` come last. */
        uint64_t behind = (uint64_t)-1 << start % 64;
        uint64_t later = HAK_RANDOM && i == 0 ? bits[word] & ~behind : 0;
        uint64_t set = bits[word] ^ later;
        while (set && n < want) {
            size_t index = word * 64 + hak_ctz(set);
            set &= set - 1;
            out[n++] = blocks + index * shape->size;
        }
        bits[word] = set | later;
    }
    slab->nfree = (uint16_t)(slab->nfree - n);
    for (unsigned i = 0; i < n; i++)
        hak_block_init(out[i], slab->cls);
    return n;
}

/* Index of the block that holds p, which lies at or behind block 0. */
static size_t index_of(const struct hak_class *shape, const struct hak_span *slab, const void *p)
{
    size_t offset = (size_t)((const char *)p - hak_span_start(slab)) - slab->first;
    return (size_t)((offset * shape->reciprocal) >> HAK_RECIPROCAL_SHIFT);
}

static char *block_at(const struct hak_class *shape, const struct hak_span *slab, size_t index)
{
    return hak_span_start(slab) + slab->first + index * shape->size;
}

void hak_slab_put(struct hak_span *slab, void *p)
{
    const struct hak_class *shape = &hak_classes[slab->cls];
    uint64_t *bits = bits_of(slab);
    if ((char *)p < hak_span_start(slab) + slab->first)
        hak_fatal("invalid free, not a block", p);
    size_t index = index_of(shape, slab, p);
    if (index >= shape->nblocks || block_at(shape, slab, index) != p)
        hak_fatal("invalid free, not the start of a block", p);
    uint64_t bit = (uint64_t)1 << index % 64;
    if (bits[index / 64] & bit)
        hak_fatal("double free", p);
    bits[index / 64] |= bit;
    slab->nfree++;
}

void *hak_slab_block_of(const struct hak_span *slab, const void *p)
{
    const struct hak_class *shape = &hak_classes[slab->cls];
    if ((const char *)p < hak_span_start(slab) + slab->first)
        return NULL;
    size_t index = index_of(shape, slab, p);
    return index < shape->nblocks ? block_at(shape, slab, index) : NULL;
}
