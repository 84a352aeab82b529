/* bigcache.h: keeps freed large blocks resident for later requests of a similar size.
 *
 * Spans are binned by their exact number of pages and reused last in, first out.  All that are kept
 * have at most HAK_BIGCACHE_BYTES; for a new one the oldest make way.  With the bigcache's own
 * lock, large blocks need the heap's less often.
 *
 * A program that fills its blocks is served as well from the heap's dirty runs; these merge, so
 * that less memory is resident.  A program that uses its blocks only in part touches further pages
 * in each new place, but the same pages if it gets the same few spans again and again.  To tell the
 * two apart, put now and then looks at some pages of a freed span: a page that was never touched
 * reads as zero.  Long spans are only kept while few pages are touched. */
#ifndef HAK_BIGCACHE_H
#define HAK_BIGCACHE_H

#include "span.h"

/* A kept LARGE span of npages, or up to an eighth more; NULL: none.  Its contents are unknown. */
struct hak_span *hak_bigcache_take(size_t npages);
/* Keeps the span, or frees it to the heap. */
void hak_bigcache_put(struct hak_span *span);
/* Frees to the heap the spans that were freed at or before until_ms, and their memory to the
 * system; returns the bytes that went to the system. */
size_t hak_bigcache_evict(uint64_t until_ms);
/* Frees to the heap the oldest that is kept, at least `bytes` of it or all; returns its bytes. */
size_t hak_bigcache_shrink(size_t bytes);
/* Whether what is kept holds so little physical memory that it is worth keeping also when another
 * length is needed. */
bool hak_bigcache_is_light(void);
/* Bytes of addresses that are kept, and how many of these are likely resident; as of a moment ago.
 */
size_t hak_bigcache_bytes(void);
size_t hak_bigcache_resident(void);

/* In a child of fork: a thread that is gone may have been changing the lists.  Forgets them. */
void hak_bigcache_abandon(void);

struct hak_bigcache_stats {
    size_t bytes; /* now */
    uint64_t hits, misses, evictions;
};
void hak_bigcache_stats(struct hak_bigcache_stats *out);
extern HAK_HIDDEN struct hak_lock hak_bigcache_lock;

#endif
