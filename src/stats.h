/* stats.h: what the allocator holds and has done, summed on demand over all layers.
 *
 * Collecting takes each lock in turn, none for long, and allocates nothing.  While other threads
 * run, the sums are those of slightly different moments; in an idle process they are exact. */
#ifndef HAK_STATS_H
#define HAK_STATS_H

#include "bigcache.h"
#include "heap.h"
#include "large.h"
#include "threads.h"

struct hak_class_stats {
    size_t slabs;
    size_t live;                 /* blocks that the program has */
    size_t cached, parked, free; /* blocks in threads' caches, parked in central, in slabs */
    size_t tail;                 /* bytes behind the last blocks of slabs */
    uint64_t fills, slab_fills,
        drains; /* batches from central; those of them from slabs; batches to central */
    uint64_t allocs, frees, requested; /* see hak_threads_class_stats */
};
void hak_stats_class(unsigned cls, struct hak_class_stats *out);

struct hak_stats {
    struct hak_heap_stats heap;
    struct hak_threads_stats threads;
    struct hak_large_stats large;
    struct hak_bigcache_stats bigcache;
    size_t slab_bytes;            /* of all slabs */
    size_t live, free;            /* small blocks that the program has; that are free in slabs */
    size_t live_bytes;            /* bytes of live small blocks, by class size */
    size_t stock, stock_bytes;    /* small blocks in caches and parked */
    size_t rss_bytes, peak_bytes; /* of the process */
};
void hak_stats_collect(struct hak_stats *out);

/* Writes a table to stderr. */
void hak_stats_report(void);

/* Writes a JSON object and a newline to `out`, cut to room - 1 bytes and closed with 0, and returns
 * the length of the whole, as snprintf does.  Its keys are described in docs/statistics.md. */
size_t hak_stats_write_json(char *out, size_t room);

#endif
