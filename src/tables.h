/* tables.h: the addresses of the heap, and the tables that describe its pages.
 *
 *   base                     limit                                  base + size
 *   | page 0 | page 1 | ...  |  not mapped yet                      |
 *     never used               (with the region lookup every class has such a range)
 *
 * The heap is one range of addresses, cut into heap pages of 64 KiB.  The range is not reserved: it
 * is mapped piece by piece as it is needed (ranges.h).
 *
 * Three tables, indexed by page number, lie apart from the memory they describe, so that no
 * overflow of a block reaches them:
 *   spans  one descriptor for each page; a span's is that of its first page: see span.h
 *   map    one byte for each page: the class of the slab that it belongs to, else 0
 *   bits   free sets of slabs with more blocks than a descriptor holds: see bits.h
 * A hardened profile has a fourth, `live`: see guard.h.  Each table is mapped only as far as pages
 * are in use, in each range of the address space from its first page on.
 *
 * Guarded by the heap's lock unless it says otherwise. */
#ifndef HAK_TABLES_H
#define HAK_TABLES_H

#include "classes.h"
#include "lock.h"
#include "space.h"

/* Written once by hak_heap_init, except limit, which grows and, with the header lookup, shrinks.
 * Its initial value makes every pointer foreign, so that the fast path needs no test for
 * initialisation: see tables.c. */
struct hak_heap {
    uintptr_t lookup_base; /* base + HAK_HEADER_BYTES: p less this tells where p's class is */
    size_t limit;          /* bytes from base below which all pages in use lie */
    uint8_t *map;          /* map lookup only */
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
extern HAK_HIDDEN struct hak_lock hak_heap_lock;

/* Whether hak_heap_init has found the heap's place.  The inline functions here need no lock. */
HAK_INLINE bool hak_heap_ready(void)
{
    return hak_load_acquire(&hak_heap.spans) != NULL;
}

HAK_INLINE bool hak_heap_contains(const void *p)
{
    return (uintptr_t)p - hak_heap.base < hak_load_relaxed(&hak_heap.limit);
}

HAK_INLINE size_t hak_page_of(const void *p)
{
    return ((uintptr_t)p - hak_heap.base) >> HAK_PAGE_SHIFT;
}

HAK_INLINE char *hak_page_address(uint32_t page)
{
    return (char *)hak_heap.base + ((size_t)page << HAK_PAGE_SHIFT);
}

enum { HAK_NRANGES = HAK_LOOKUP_REGION ? HAK_NCLASSES + 1 : 1 };

/* Number of the range that the page lies in: with the region lookup class c has range c, and large
 * blocks have range 0; otherwise there is only range 0. */
HAK_INLINE unsigned hak_range_index(uint32_t page)
{
    uint32_t region = page >> (hak_heap.region_shift - HAK_PAGE_SHIFT);
    return HAK_LOOKUP_REGION && region < HAK_NCLASSES ? region + 1 : 0;
}

/* Prepares the tables for a range whose first page is `first`. */
void hak_tables_init(unsigned range, uint32_t first);
/* Maps the entries of a range's pages below `end`; false: refused. */
bool hak_tables_extend(unsigned range, uint32_t end);
/* Bytes from the start of `spans` to the end of a range's mapped descriptors. */
extern HAK_HIDDEN size_t hak_tables_bytes[HAK_NRANGES];
/* Descriptors of the range's pages below this one are mapped. */
HAK_INLINE uint32_t hak_tables_end(unsigned range)
{
    return (uint32_t)(hak_load_relaxed(&hak_tables_bytes[range]) / HAK_SPAN_BYTES);
}
/* Whether a page's descriptor is mapped. */
HAK_INLINE bool hak_tables_have(uint32_t page)
{
    return page < hak_tables_end(hak_range_index(page));
}
/* In a child of fork: a thread that is gone may have been extending the tables. */
void hak_tables_abandon(void);

#endif
