/* cache.h: a stock of free blocks for each thread and class, which the fast path works on.
 *
 * A list class has two chains: the bin's, which malloc pops and free pushes, and a spare one that
 * is either empty or full.  They change places when the bin runs empty or full, so that only every
 * second batch reaches central and no block is walked over.  An array class has one array of
 * pointers and drains its oldest half; the blocks themselves are not touched.
 *
 * Always, in each bin: blocks <= limit <= the class's batch (list) or cap (array).  The limit
 * starts at some 4 KiB and doubles each time that the bin is refilled from central, as long as all
 * limits of the thread are within HAK_THREAD_BYTES and those of all threads within HAK_TOTAL_BYTES;
 * beyond that a class takes from the limits of others.  A parked batch longer than the limit is
 * taken whole, and the limit rises to its length.  A thread that only frees keeps little.
 *
 * Blocks smaller than a cache line share it with their neighbours.  So that threads do not write to
 * one line just because one of them once handed the other a block, the bin of such a class is
 * closed, its limit 0, until the thread allocates from it or has freed many.  Blocks that the
 * thread frees before are gathered in the spare chain, or in slots that malloc does not see, and go
 * back to where they came from.  Bins without a class have no room, so that a push to them ends up
 * in the slow path.  Bin 0 is for pointers that are no small block.
 *
 * Only its own thread touches a cache.  `hak_bins`, the bins that malloc and free work on, is never
 * NULL: a thread without a cache has constant ones that are empty and have no room. */
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
    HAK_CACHE_LOST,  /* by a thread that a fork left behind: free, but not empty */
};

/* Calls of one class: see threads.h.  The owner writes. */
struct hak_counts {
    uint64_t allocs, frees;
    uint64_t requested; /* bytes asked for */
};

/* An array class whose limit is no higher has its pointers beside those of the other such classes,
 * so that a thread that holds little touches few pages of its cache. */
enum { HAK_NEAR_SLOTS = 32 };

/* Blocks that a hardened profile has freed but keeps back, the oldest at `first`: see guard.h. */
enum { HAK_WAITING_BLOCKS = HAK_GUARD ? 4096 : 1 };
struct hak_waiting {
    uint32_t first, n;
    size_t bytes;
    uint32_t of_class[HAK_NCLASSES + 1];
    void *blocks[HAK_WAITING_BLOCKS];
};

struct hak_cache {
    struct hak_bin bins[HAK_NBINS];
    struct hak_chain spare[HAK_LIST_CLASSES + 1];
    uint8_t outbox[HAK_NCLASSES + 1]; /* blocks in the closed bin of an array class */
    size_t granted;                   /* bytes that limits above the least may hold */
    unsigned hand;                    /* class that was asked last to give up some of its limit */
    bool used[HAK_NCLASSES + 1];      /* refilled since the hand came by */
    struct hak_cache *next;           /* in the registry's list of all caches */
    struct hak_cache *next_free;      /* in the registry's list of caches without an owner */
    enum hak_cache_owner owner;       /* guarded by the registry's lock */
    uint64_t refills, flushes;        /* batches exchanged with central, by all owners so far */
    void *near_slots[HAK_NCLASSES - HAK_LIST_CLASSES + 1][HAK_NEAR_SLOTS];
    void *slots[HAK_CACHE_SLOTS + 1];
    struct hak_counts
        counts[HAK_NCLASSES + 1]; /* of all owners so far; untouched unless counting */
    struct hak_waiting waiting;   /* untouched unless HAK_GUARD */
};

extern HAK_HIDDEN const struct hak_bin hak_bins_none[HAK_NBINS];
extern HAK_HIDDEN __thread struct hak_bin *hak_bins;

/* The cache whose bins these are, which must not be hak_bins_none. */
HAK_INLINE struct hak_cache *hak_cache_of(struct hak_bin *bins)
{
    _Static_assert(offsetof(struct hak_cache, bins) == 0, "a cache starts with its bins");
    return (struct hak_cache *)bins;
}

HAK_INLINE struct hak_bin *hak_cache_bin(struct hak_cache *cache, size_t cls)
{
    return &cache->bins[HAK_BIN_BASE + cls];
}

/* Blocks in a bin of the class. */
HAK_INLINE uint32_t hak_bin_count(const struct hak_bin *bin, unsigned cls)
{
    return hak_class_is_list(cls) ? bin->limit - bin->room : bin->n;
}

/* Whether the bin is closed: its class is smaller than a cache line, and the thread has allocated
 * nothing of it yet. */
HAK_INLINE bool hak_bin_is_closed(const struct hak_bin *bin)
{
    return bin->limit == 0;
}

/* Blocks of the class in a cache, approximate if it is another thread's. */
HAK_INLINE size_t hak_cache_count(const struct hak_cache *cache, unsigned cls)
{
    const struct hak_bin *bin = &cache->bins[HAK_BIN_BASE + cls];
    size_t n = hak_load_relaxed(&bin->n);
    size_t apart = HAK_GUARD ? hak_load_relaxed(&cache->waiting.of_class[cls]) : 0;
    if (!hak_class_is_list(cls))
        return n + hak_load_relaxed(&cache->outbox[cls]) + apart;
    return hak_load_relaxed(&bin->limit) - n + hak_load_relaxed(&cache->spare[cls].n) + apart;
}

/* Makes an empty cache ready for a new owner. */
void hak_cache_reset(struct hak_cache *cache);
/* The owner ends: gives back the cache's blocks, which central may park, and its share of the
 * budget. */
void hak_cache_close(struct hak_cache *cache);

/* A block of the class: from the bin, the spare chain or central, which leaves a batch in the bin.
 * NULL: out of memory. */
void *hak_cache_take(struct hak_cache *cache, unsigned cls);
/* Puts a block, marked free, into the bin; makes room in the bin first if it is full. */
void hak_cache_give(struct hak_cache *cache, unsigned cls, void *p);
/* Empties the cache.  With `park` central may keep batches for other threads, otherwise all blocks
 * go back to their slabs. */
void hak_cache_drain_all(struct hak_cache *cache, bool park);

/* One block, for threads that have no cache. */
void *hak_cache_bypass_alloc(unsigned cls);
void hak_cache_bypass_free(unsigned cls, void *p);

/* In the child of fork: only the cache `own`, which may be NULL, has an owner. */
void hak_cache_forked(const struct hak_cache *own);

#endif
