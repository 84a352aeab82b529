/* cache.h: per thread and class, a stock of free blocks that the fast path works on.
 *
 * A list class has two chains: the bin's, which malloc pops and free pushes, and a spare one that
 * is either empty or full.  They change places when the bin runs empty or full, so that only every
 * second batch reaches central and no block is walked over.  An array class has one array of
 * pointers and drains its oldest half; the blocks themselves are not touched.
 *
 * Always, in each bin: blocks <= limit <= the class's batch (list) or cap (array).  The limit
 * starts at some 4 KiB and doubles each time that the bin is refilled from central, as long as all
 * limits of the thread are within HAK_THREAD_BYTES and those of all threads within HAK_TOTAL_BYTES;
 * then classes take it from one another.  (A parked batch is taken whole, and counted, all the
 * same.)  A thread that only frees keeps little.
 *
 * Blocks smaller than a cache line share it with their neighbours.  So that threads do not write to
 * one line just because one of them once handed the other a block, the bin of such a class is
 * closed, its limit 0, until the thread allocates from it or proves to free many: what it frees
 * before is gathered aside, in the spare chain or in slots that malloc does not see, and goes back
 * to where it came from.  Bins without a class
 * have no room, so that a push to them ends up in the slow path: bin 0 is that of pointers that are
 * no small block.
 *
 * Only its own thread touches a cache.  `hak_cache` is never NULL: a thread without a cache has
 * the constant empty one, whose limits are all 0. */
#ifndef HAK_CACHE_H
#define HAK_CACHE_H

#include "central.h"

struct hak_bin {
    union {
        void *head;   /* list class: first free block, NULL if there is none */
        void **slots; /* array class: slots[0..n) are free blocks */
    };
    union {
        uint32_t room; /* list class: limit less the number of blocks */
        uint32_t n;    /* array class: number of blocks */
    };
    uint32_t limit; /* most blocks in the bin; a push beyond goes to the slow path */
};

enum hak_cache_owner {
    HAK_CACHE_FREE = 0,
    HAK_CACHE_OWNED, /* by a running thread */
    HAK_CACHE_LOST,  /* by a thread that a fork left behind */
};

struct hak_cache {
    struct hak_bin bins[HAK_NBINS];
    struct hak_chain spare[HAK_LIST_CLASSES + 1];
    uint8_t outbox[HAK_NCLASSES + 1]; /* blocks in the closed bin of an array class */
    size_t granted;                   /* bytes that limits above the least may hold */
    unsigned hand;                    /* class that was asked last to give up some of its limit */
    bool used[HAK_NCLASSES + 1];      /* refilled since it was asked */
    struct hak_cache *next;           /* in the registry's list of all caches */
    struct hak_cache *next_free;      /* in its list of those that no thread owns */
    enum hak_cache_owner owner;       /* guarded by the registry lock */
    uint64_t refills, flushes;        /* batches exchanged with central */
    void *slots[HAK_CACHE_SLOTS + 1];
};

extern HAK_HIDDEN const struct hak_cache hak_cache_empty;
extern HAK_HIDDEN __thread struct hak_cache *hak_cache;

HAK_INLINE struct hak_bin *hak_cache_bin(struct hak_cache *cache, size_t cls)
{
    return &cache->bins[HAK_BIN_BASE + cls];
}

/* Blocks in a bin of the class. */
HAK_INLINE uint32_t hak_bin_count(const struct hak_bin *bin, unsigned cls)
{
    return hak_class_is_list(cls) ? bin->limit - bin->room : bin->n;
}

/* A class smaller than a cache line, of which the thread has allocated nothing yet. */
HAK_INLINE bool hak_bin_is_closed(const struct hak_bin *bin)
{
    return bin->limit == 0;
}

/* The calling thread's cache, made at its first call; NULL when there is no memory for one, or
 * the thread is past the destructor that gave its cache back.  Initialises hakmem. */
struct hak_cache *hak_cache_open(void);

HAK_INLINE bool hak_cache_is_open(const struct hak_cache *cache)
{
    return cache != &hak_cache_empty;
}

/* A block of the class: from the bin, the spare chain or central, which leaves a batch in the bin.
 * NULL: out of memory. */
void *hak_cache_take(struct hak_cache *cache, unsigned cls);
/* Takes a block, marked free, into the bin, making room in it first if it is full. */
void hak_cache_give(struct hak_cache *cache, unsigned cls, void *p);
/* Empties the cache.  With `park` central may keep batches for other threads, otherwise all blocks
 * go back to their slabs. */
void hak_cache_drain_all(struct hak_cache *cache, bool park);

/* One block without a cache, for threads that have none. */
void *hak_cache_bypass_alloc(unsigned cls);
void hak_cache_bypass_free(unsigned cls, void *p);

/* In the child of fork: the other threads' caches have no owner.  What they hold stays unused,
 * since their owners may have been in the middle of a push. */
void hak_cache_forked(void);
extern HAK_HIDDEN struct hak_lock hak_cache_registry_lock;

struct hak_cache_stats {
    size_t threads;            /* caches in use */
    size_t bytes;              /* of all cache structures */
    uint64_t refills, flushes; /* of all caches, approximate while threads run */
};
void hak_cache_stats(struct hak_cache_stats *out);

#endif
