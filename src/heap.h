/* heap.h: one range of addresses, cut into heap pages of 64 KiB, and its page runs.
 *
 *   base                     limit                                  base + size
 *   | page 0 | page 1 | ...  |  not mapped yet                      |
 *     never used               (with the region lookup every class has such a range)
 *
 * The range is not reserved: it is mapped piece by piece as it is needed (space.h).  A piece that
 * somebody else's mapping is in the way of is left out; its pages count as in use.
 *
 * Three tables, indexed by page number, lie apart from the memory they describe, so that no
 * overflow of a block reaches them, and are mapped only as far as pages are in use:
 *   spans  one descriptor for each page; a span's is that of its first page
 *   map    one byte for each page: the class of the slab that it belongs to, else 0
 *   bits   free sets of slabs with more blocks than a descriptor holds: see bits.h
 * and, for a hardened profile, a fourth: see guard.h.
 *
 * A span is a run of pages with one use.  Spans tile the pages below a range's frontier without
 * gap, and of each span the first and the last page's descriptor hold `state` and `head`; this is
 * what lets a freed run find its neighbours.
 *
 * Free runs are dirty (resident, contents unknown), clean (mapped, read as zero) or away (not
 * mapped).  Runs of different kinds never merge.  A dirty run is purged `HAK_PURGE_DECAY_MS` after
 * it was freed, at the latest.  It becomes away, by a call that the C library's malloc makes too;
 * short runs of a process with threads become clean, since mapping them again is dear there. */
#ifndef HAK_HEAP_H
#define HAK_HEAP_H

#include "atomic.h"
#include "classes.h"
#include "lock.h"
#include "space.h"

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

/* Who writes: the heap, with its lock, while the span is free; afterwards its owner: central with
 * the class lock (SLAB), the program's thread that holds the block (LARGE), the bigcache with its
 * lock (CACHED).  Links are page numbers; page 0 is never used, so 0 ends a list. */
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
    };
} HAK_CACHE_ALIGNED;
_Static_assert(sizeof(struct hak_span) == HAK_SPAN_BYTES, "two cache lines");

/* Written once by hak_heap_init, except limit, which grows and, with the header lookup, shrinks.
 * Its initial value makes every pointer foreign, so that the fast path needs no test for
 * initialisation: see heap.c. */
struct hak_heap {
    uintptr_t
        lookup_base; /* base + HAK_HEADER_BYTES: p less this is where p's class is looked up */
    size_t limit;    /* bytes from base below which all pages in use lie */
    uint8_t *map;    /* map lookup only */
    struct hak_span *spans;
    char *bits;
    uintptr_t base;
    size_t size;           /* bytes of addresses that the heap may grow over */
    char *caches;          /* where threads' caches lie */
    uint32_t region_shift; /* region lookup: log2 of the bytes each class's range has */
    uint64_t *live;        /* guard only: a bit for each 16 bytes, set where a live block starts */
    uint64_t secret;       /* random, not 0; guard and random placement only */
};
extern HAK_HIDDEN struct hak_heap hak_heap;

/* Finds a place for the heap.  Idempotent and thread-safe; false: no memory, not even for the first
 * table.  Call before anything else here. */
bool hak_heap_init(void);
HAK_INLINE bool hak_heap_ready(void)
{
    return hak_load_acquire(&hak_heap.spans) != NULL;
}

/* A span of npages whose first page's address is a multiple of `align` (a power of two, at least
 * HAK_PAGE_SIZE).  cls is the class of the slab that it becomes, 0 for a LARGE span; the page map
 * says so from here on.  `zero` tells whether every byte is zero.  NULL: out of memory or address
 * space. */
struct hak_span *hak_heap_alloc(size_t npages, size_t align, unsigned cls);
/* A LARGE span of npages from a dirty run, so that none of its pages has to come from the system.
 * NULL: no dirty run is long enough. */
struct hak_span *hak_heap_try_dirty(size_t npages);
/* Gives the span back.  Its memory is taken to be dirty. */
void hak_heap_free(struct hak_span *span);
/* Gives back a span that reads as zero, its pages having been moved away. */
void hak_heap_free_clean(struct hak_span *span);
/* Gives back a span whose memory cannot be accessed.  If the system refuses to unmap and to replace
 * it, the span is out of use for good. */
void hak_heap_free_closed(struct hak_span *span);
/* Gives back a span, and its memory to the system; returns bytes given to that. */
size_t hak_heap_free_purged(struct hak_span *span);
/* Cuts a LARGE span to its first npages and frees the rest. */
void hak_heap_trim(struct hak_span *span, size_t npages);

/* Purges dirty runs freed at or before `until_ms`, the oldest first, while there are more than
 * `keep` bytes of them; returns bytes given back. */
size_t hak_heap_purge(uint64_t until_ms, size_t keep);
/* In a child of fork, where a thread that is gone may have been changing free runs: forgets them.
 */
void hak_heap_abandon(void);
/* Whether the thread is giving pages back and does not hold the lock: others may wait for it. */
bool hak_heap_is_purging(void);
/* Bytes of dirty runs, bytes in spans in use, as of a moment ago. */
size_t hak_heap_dirty_bytes(void);
size_t hak_heap_used_bytes(void);
/* Bytes handed out so far, all and those that were not resident. */
size_t hak_heap_handed_bytes(void);
size_t hak_heap_fresh_bytes(void);

struct hak_heap_stats {
    size_t mapped;   /* bytes, free and in use */
    size_t dirty;    /* bytes of free runs that are resident */
    size_t clean;    /* bytes of free runs that were purged or never used */
    uint64_t purged; /* bytes given back, in total */
    uint64_t claims; /* calls to the OS that mapped some */
    uint64_t purges;
};
void hak_heap_stats(struct hak_heap_stats *out);
extern HAK_HIDDEN struct hak_lock hak_heap_lock;

HAK_INLINE size_t hak_page_of(const void *p)
{
    return ((uintptr_t)p - hak_heap.base) >> HAK_PAGE_SHIFT;
}

HAK_INLINE bool hak_heap_contains(const void *p)
{
    return (uintptr_t)p - hak_heap.base < hak_load_relaxed(&hak_heap.limit);
}

HAK_INLINE uint32_t hak_span_page(const struct hak_span *span)
{
    return (uint32_t)(span - hak_heap.spans);
}

HAK_INLINE char *hak_page_address(uint32_t page)
{
    return (char *)hak_heap.base + ((size_t)page << HAK_PAGE_SHIFT);
}

HAK_INLINE char *hak_span_start(const struct hak_span *span)
{
    return hak_page_address(hak_span_page(span));
}

HAK_INLINE size_t hak_span_bytes(const struct hak_span *span)
{
    return (size_t)span->npages << HAK_PAGE_SHIFT;
}

/* The SLAB or LARGE span that p points into; NULL for a pointer that is not ours or into free
 * pages.  A large span is found from its first page and from the page that hak_span_note named. */
struct hak_span *hak_span_find(const void *p);
/* Lets hak_span_find find the LARGE span from the page of p, where its block starts. */
void hak_span_note(struct hak_span *span, const void *p);

#endif
