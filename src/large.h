/* large.h: blocks larger than the largest class, each a span of its own.
 *
 *   span start
 *   | offset: header byte's room and colour | block, usable bytes | rest of the last page |
 *
 * The colour staggers block starts within the slack of the last page, so that blocks of equal
 * size do not meet in the same cache sets.  `offset` and `bytes` stand in the span's descriptor.
 * Freed spans go through the bigcache. */
#ifndef HAK_LARGE_H
#define HAK_LARGE_H

#include "span.h"

/* A block of at least `size` bytes, its address a multiple of `align` (a power of two), all zero
 * if `zero`.  NULL: out of memory. */
void *hak_large_alloc(size_t size, size_t align, bool zero);
/* span is the LARGE span of block p. */
void hak_large_free(struct hak_span *span);
/* Frees a block whose span cannot be accessed any more (guard.h). */
void hak_large_discard(struct hak_span *span);
/* Resizes block p of the span to `size` bytes: in place, by moving its pages, or by copying it to
 * where it can go on growing.  Returns the block; NULL, with p as it was: out of memory. */
void *hak_large_resize(struct hak_span *span, void *p, size_t size);

HAK_INLINE void *hak_large_block(const struct hak_span *span)
{
    return hak_span_start(span) + span->offset;
}

struct hak_large_stats {
    size_t blocks;  /* in use, now */
    size_t bytes;   /* of their spans */
    uint64_t moves; /* reallocations by moving pages */
};
void hak_large_stats(struct hak_large_stats *out);

#endif
