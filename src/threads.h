/* threads.h: which thread has which cache.
 *
 * A thread gets its cache at its first call that needs one and gives it back when it ends; the
 * registry keeps the structure for later threads.  While the process counts (hak_threads_count),
 * `hak_bins` stays hak_bins_none: every call takes the slow path, which works on the thread's own
 * cache all the same and counts. */
#ifndef HAK_THREADS_H
#define HAK_THREADS_H

#include "cache.h"

/* The calling thread's cache, made at its first call; NULL when there is no memory for one, or the
 * thread is past the destructor that gave its cache back.  Initialises hakmem. */
struct hak_cache *hak_threads_open(void);
/* The calling thread's cache; NULL if it has not been made. */
struct hak_cache *hak_threads_cache(void);

/* Counts calls by class from now on, for good.  Call before the process has threads. */
void hak_threads_count(void);
extern HAK_HIDDEN bool hak_counting;

/* In the child of fork: the other threads' caches have no owner.  The next thread that gets such a
 * cache gives back the blocks in it.  It does not matter what the owner was doing: at no moment is
 * a block in two places (cache.c).  A cache that the calling thread itself is taking or giving back
 * stays with it. */
void hak_threads_forked(void);
extern HAK_HIDDEN struct hak_lock hak_threads_lock;

struct hak_threads_stats {
    size_t threads;            /* caches in use */
    size_t mapped;             /* caches made, those without a thread as well */
    size_t bytes;              /* of all cache structures */
    uint64_t refills, flushes; /* of all caches, approximate while threads run */
};
void hak_threads_stats(struct hak_threads_stats *out);

struct hak_threads_class_stats {
    size_t cached;          /* blocks in caches now, approximate while threads run */
    uint64_t allocs, frees; /* since the process counts; 0 if it does not */
    uint64_t requested;     /* bytes asked for in these allocs */
};
void hak_threads_class_stats(unsigned cls, struct hak_threads_class_stats *out);

#endif
