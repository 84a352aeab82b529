/* span.h: what a span is: a run of heap pages with one use.
 *
 * Each heap page has a descriptor, struct hak_span; a span's is that of its first page.
 * Always:
 * - Spans and free runs tile the pages below a range's frontier (ranges.h) without gap.
 * - The first and the last page's descriptor of each span or free run hold `state` and `head`; this
 *   is what lets a freed run find its neighbours.
 *
 * Free runs are dirty (resident, contents unknown), clean (mapped, read as zero) or away (not
 * mapped).  Runs of different kinds never merge.
 *
 * Who writes a descriptor: the heap, with its lock, while the pages are free; afterwards the span's
 * owner: central with the class lock (SLAB), the program's thread that holds the block (LARGE), the
 * bigcache with its lock (CACHED). */
#ifndef HAK_SPAN_H
#define HAK_SPAN_H

#include "tables.h"

enum hak_span_state {
    HAK_SPAN_NONE = 0, /* the page was never handed out */
    HAK_SPAN_CLEAN,    /* free, mapped, zero */
    HAK_SPAN_DIRTY,    /* free, resident */
    HAK_SPAN_AWAY,     /* free, not mapped */
    HAK_SPAN_BUSY,     /* being purged: belongs to the purging thread; or out of use for good */
    HAK_SPAN_SLAB,
    HAK_SPAN_LARGE,
    HAK_SPAN_CACHED, /* a freed large block kept by the bigcache */
};

enum { HAK_INLINE_BITS = 512 }; /* blocks whose free set fits in the descriptor */

/* Links are page numbers: see span_list.h. */
struct hak_span {
    uint32_t npages;
    uint32_t head; /* number of its first page; in the first and last page, for slabs in all */
    uint32_t prev; /* in the list of its state: run bin, partial slabs, bigcache bin */
    uint32_t next;
    uint32_t older; /* dirty runs and cached spans, by time of freeing */
    uint32_t newer;
    union {
        uint64_t freed_ms; /* when it became dirty or cached */
        uint64_t epoch;    /* SLAB: how often its class had been abandoned when it was carved */
    };
    uint32_t mapping; /* of each page: see mapping.h */
    uint8_t state;    /* enum hak_span_state; in first and last page */
    uint8_t cls;      /* SLAB: class */
    bool zero;        /* as handed out: all bytes are zero */
    uint16_t first;   /* SLAB: offset of block 0, colour included */
    uint16_t nfree;   /* SLAB: set bits */
    uint64_t bytes;   /* LARGE: usable bytes from the block's start */
    uint64_t offset;  /* LARGE: of the block from the span's start */
    union {
        uint64_t bits[HAK_INLINE_BITS / 64]; /* SLAB: free set, bit i is block i */
        uint64_t *apart;                     /* SLAB of more blocks: the same, see bits.h */
        struct {
            uint64_t asked;  /* bytes that the program asked for */
            uint64_t state;  /* enum hak_guard_state */
            uint64_t closed; /* freed, and its memory cannot be accessed */
        } guard;             /* LARGE, in a hardened profile: see guard.h */
    };
} HAK_CACHE_ALIGNED;
_Static_assert(sizeof(struct hak_span) == HAK_SPAN_BYTES, "two cache lines");

HAK_INLINE struct hak_span *hak_span_at(size_t page)
{
    return &hak_heap.spans[page];
}

HAK_INLINE uint32_t hak_span_page(const struct hak_span *span)
{
    return (uint32_t)(span - hak_heap.spans);
}

HAK_INLINE char *hak_span_start(const struct hak_span *span)
{
    return hak_page_address(hak_span_page(span));
}

HAK_INLINE size_t hak_span_bytes(const struct hak_span *span)
{
    return (size_t)span->npages << HAK_PAGE_SHIFT;
}

/* Makes [page, page + npages) one span or free run: its first and last descriptor say so.  The
 * heap's lock is held. */
struct hak_span *hak_span_set(uint32_t page, size_t npages, unsigned state);

/* The SLAB or LARGE span that p points into; NULL for a pointer that is not ours or into free
 * pages.  A large span is found from its first page and from the page that hak_span_note named. */
struct hak_span *hak_span_find(const void *p);
/* Lets hak_span_find find the LARGE span from the page of p, where its block starts. */
void hak_span_note(struct hak_span *span, const void *p);

#endif
