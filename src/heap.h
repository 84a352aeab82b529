/* heap.h: hands out spans of heap pages, takes them back and gives their memory to the system.
 *
 * A dirty run is purged HAK_PURGE_DECAY_MS after it was freed, at the latest.  It becomes away, by
 * a call that the C library's malloc makes too; short runs of a process with threads become clean,
 * since mapping them again is expensive there. */
#ifndef HAK_HEAP_H
#define HAK_HEAP_H

#include "span.h"

/* Finds a place for the heap.  Idempotent and thread-safe; false: no memory, not even for the first
 * table.  Call before anything else here. */
bool hak_heap_init(void);

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
/* Gives back a span, and its memory to the system; returns the bytes that went to the system. */
size_t hak_heap_free_purged(struct hak_span *span);
/* Cuts a LARGE span to its first npages and frees the rest. */
void hak_heap_trim(struct hak_span *span, size_t npages);

/* Purges dirty runs freed at or before `until_ms`, the oldest first, while there are more than
 * `keep` bytes of them; returns bytes given back. */
size_t hak_heap_purge(uint64_t until_ms, size_t keep);
/* In a child of fork: a thread that is gone may have been changing free runs.  Forgets all of them.
 */
void hak_heap_abandon(void);
/* Bytes of dirty runs; bytes of spans in use; as of a moment ago. */
size_t hak_heap_dirty_bytes(void);
size_t hak_heap_used_bytes(void);
/* Bytes handed out so far; bytes taken so far that were not resident. */
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

#endif
