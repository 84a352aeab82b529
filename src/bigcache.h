/* bigcache.h: keeps freed large blocks resident for later requests of a similar size.
 *
 * Spans are binned by their exact number of pages and reused last in, first out; the sum of what
 * is kept is bounded by HAK_BIGCACHE_BYTES, for which the oldest make way.  A lock of its own
 * keeps large blocks off the heap's.
 *
 * Blocks that the program fills are served as well from the heap's dirty runs, which merge, so that
 * less is resident.  But a program that uses its blocks in part touches other pages in each place,
 * and with the same few spans again and again it touches the same.  So now and then some pages of a
 * freed span are looked at: one that was never touched reads as zero.  Long spans are only kept
 * while few pages are touched. */
#ifndef HAK_BIGCACHE_H
#define HAK_BIGCACHE_H

#include "span.h"

/* A kept LARGE span of npages, or up to an eighth more; NULL: none.  Its contents are unknown. */
struct hak_span *hak_bigcache_take(size_t npages);
/* Keeps the span, or frees it to the heap. */
void hak_bigcache_put(struct hak_span *span);
/* Frees to the heap what was kept at or before until_ms, and its memory to the system; returns the
 * bytes given to that. */
size_t hak_bigcache_evict(uint64_t until_ms);
/* Frees to the heap the oldest that is kept, at least `bytes` of it or all; returns its bytes. */
size_t hak_bigcache_shrink(size_t bytes);
/* Whether what is kept holds so little physical memory that it is worth keeping also when another
 * length is needed. */
bool hak_bigcache_is_light(void);
/* Bytes kept, as of a moment ago: of addresses, and how many of these are likely resident. */
size_t hak_bigcache_bytes(void);
size_t hak_bigcache_resident(void);

/* In a child of fork, where a thread that is gone may have been changing the lists: forgets them.
 */
void hak_bigcache_abandon(void);

struct hak_bigcache_stats {
    size_t bytes; /* now */
    uint64_t hits, misses, evictions;
};
void hak_bigcache_stats(struct hak_bigcache_stats *out);
extern HAK_HIDDEN struct hak_lock hak_bigcache_lock;

#endif
