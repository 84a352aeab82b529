/* cache.c: the cold side of the thread caches; the hot side is generated (hak_fastpath.h). */
#include "cache.h"
#include "block.h"
#include "tables.h"

enum {
    LEAST_BYTES = 4096, /* that a thread may keep of a class at first, */
    LEAST_BLOCKS = 32,  /* but no more blocks than this */
    MOST_TAKEN = 128,   /* parked blocks taken at a time: they are for all threads */
    FILL_BYTES = 16384, /* taken from slabs at a time, */
    FILL_BLOCKS = 4,    /* but no fewer blocks than this */
    SHARED_LINE = 64,   /* bytes: two smaller blocks may lie in one cache line */
    STEAL_STEPS = 16,   /* classes looked at for limit to take, in one refill */
};

_Static_assert((int)LEAST_BLOCKS <= (int)HAK_NEAR_SLOTS, "every limit starts in the near slots");

static size_t granted; /* bytes, of all caches; accessed atomically */

/* ---- limits --------------------------------------------------------------------------------- */

static uint32_t most_limit(unsigned cls)
{
    return hak_class_is_list(cls) ? hak_classes[cls].batch : hak_classes[cls].cap;
}

static uint32_t least_limit(unsigned cls)
{
    uint32_t blocks = hak_max(LEAST_BYTES / hak_classes[cls].size, 1u);
    return hak_min(hak_min(blocks, (uint32_t)LEAST_BLOCKS), most_limit(cls));
}

/* How many blocks a closed bin gathers before it opens.  The slots of an array class hold a fill
 * beside them. */
static uint32_t most_outbox(unsigned cls)
{
    return hak_max(least_limit(cls) / 2, 1u);
}

/* Blocks taken from slabs at a time; few, so that the memory in use grows in small steps. */
static uint32_t most_fill(unsigned cls)
{
    return hak_max(FILL_BYTES / hak_classes[cls].size, (uint32_t)FILL_BLOCKS);
}

/* Bytes that a limit higher by `blocks` lets the class hold; twice that for a list class, whose
 * spare chain holds as many again. */
static size_t limit_bytes(unsigned cls, uint32_t blocks)
{
    return (size_t)blocks * hak_classes[cls].size << hak_class_is_list(cls);
}

static void charge(struct hak_cache *cache, size_t bytes)
{
    cache->granted += bytes;
    hak_add_relaxed(&granted, bytes);
}

static void set_list(struct hak_bin *bin, void *head, uint32_t n, uint32_t limit)
{
    bin->head = head;
    bin->limit = limit;
    bin->room = limit - n;
}

/* Moves the pointers of an array class to the slots that suit the limit. */
static void place_slots(struct hak_cache *cache, unsigned cls, uint32_t limit)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    void **slots = limit <= HAK_NEAR_SLOTS ? cache->near_slots[cls - HAK_LIST_CLASSES]
                                           : cache->slots + hak_classes[cls].cache_slot;
    if (slots == bin->slots)
        return;
    for (unsigned i = 0; i < bin->n; i++)
        slots[i] = bin->slots[i];
    bin->slots = slots;
}

/* ---- life ---------------------------------------------------------------------------------- */

void hak_cache_reset(struct hak_cache *cache)
{
    cache->granted = 0;
    for (unsigned cls = 1; cls <= HAK_NCLASSES; cls++) {
        const struct hak_class *shape = &hak_classes[cls];
        struct hak_bin *bin = hak_cache_bin(cache, cls);
        bin->limit = shape->size < SHARED_LINE ? 0 : least_limit(cls);
        if (hak_class_is_list(cls)) {
            set_list(bin, NULL, 0, bin->limit);
        } else {
            bin->n = 0;
            place_slots(cache, cls, bin->limit);
        }
    }
}

void hak_cache_close(struct hak_cache *cache)
{
    hak_cache_drain_all(cache, true);
    hak_add_relaxed(&granted, -cache->granted);
    cache->granted = 0;
}

void hak_cache_forked(const struct hak_cache *own)
{
    granted = own ? own->granted : 0;
}

/* ---- refill -------------------------------------------------------------------------------- */

/* Written by the owner only, read by hak_threads_stats. */
static void count(uint64_t *counter)
{
    hak_store_relaxed(counter, *counter + 1);
}

/* A fork may come at any moment, in a signal handler or by another thread, and its child uses the
 * cache.  So blocks leave a bin before they go back, and at no moment is a limit higher than the
 * number of slots. */

static void drain_chain(unsigned cls, struct hak_chain chain, bool park)
{
    hak_signal_fence();
    if (chain.head && park)
        hak_central_drain_chain(cls, chain);
    else if (chain.head)
        hak_central_return_chain(cls, chain);
}

/* Gives back all that the cache holds of a class. */
static void drain_bin(struct hak_cache *cache, unsigned cls, bool park)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    if (hak_class_is_list(cls)) {
        struct hak_chain chain = {bin->head, hak_bin_count(bin, cls)}, spare = cache->spare[cls];
        cache->spare[cls] = (struct hak_chain){NULL, 0};
        set_list(bin, NULL, 0, bin->limit);
        drain_chain(cls, spare, park);
        drain_chain(cls, chain, park);
        return;
    }
    unsigned n = bin->n + cache->outbox[cls]; /* one of the two is 0 */
    bin->n = cache->outbox[cls] = 0;
    hak_signal_fence();
    if (n > 0 && park)
        hak_central_drain(cls, bin->slots, n);
    else if (n > 0)
        hak_central_return(cls, bin->slots, n);
}

/* Halves the limit of a class and gives back what the bin holds. */
static void shrink(struct hak_cache *cache, unsigned cls)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    uint32_t limit = hak_max(bin->limit / 2, least_limit(cls));
    drain_bin(cache, cls, true);
    charge(cache, -limit_bytes(cls, bin->limit - limit));
    bin->limit = limit;
    if (hak_class_is_list(cls))
        bin->room = limit;
    else
        place_slots(cache, cls, limit);
}

static bool within_budget(const struct hak_cache *cache, size_t more)
{
    return cache->granted + more <= HAK_THREAD_BYTES &&
           hak_load_relaxed(&granted) + more <= HAK_TOTAL_BYTES;
}

/* Takes from the limits of other classes until `more` bytes are within the budget; false: that was
 * not enough.  A clock hand goes round the classes; those that were not refilled since it came by
 * last give up half of their limit. */
static bool steal(struct hak_cache *cache, unsigned cls, size_t more)
{
    for (unsigned i = 0; i < STEAL_STEPS && !within_budget(cache, more); i++) {
        unsigned other = cache->hand = cache->hand % HAK_NCLASSES + 1;
        bool idle = !cache->used[other] && other != cls;
        cache->used[other] = false;
        if (idle && hak_cache_bin(cache, other)->limit > least_limit(other))
            shrink(cache, other);
    }
    return within_budget(cache, more);
}

/* The limit of the class after a refill: twice the old one, as far as the class's most and the
 * budgets of thread and process allow. */
static uint32_t grown(struct hak_cache *cache, unsigned cls)
{
    uint32_t limit = hak_cache_bin(cache, cls)->limit;
    uint32_t more = hak_min(limit, most_limit(cls) - limit);
    size_t bytes = limit_bytes(cls, more);
    cache->used[cls] = true;
    if (more == 0 || !steal(cache, cls, bytes))
        return limit;
    charge(cache, bytes);
    return limit + more;
}

/* Links blocks in the given order, so that a fresh slab is handed out by rising address. */
static void *link_blocks(void **blocks, unsigned n)
{
    for (unsigned i = 0; i + 1 < n; i++)
        hak_block_set_next(blocks[i], blocks[i + 1]);
    hak_block_set_next(blocks[n - 1], NULL);
    return blocks[0];
}

/* A chain that was parked, or one made of blocks from slabs; its head is NULL if memory is out. */
static struct hak_chain fill_chain(struct hak_cache *cache, unsigned cls, uint32_t limit)
{
    void *blocks[HAK_MAX_BATCH];
    count(&cache->refills);
    struct hak_chain chain = hak_central_fill_chain(cls);
    if (!chain.head) {
        chain.n = hak_central_fill(cls, blocks, hak_min(limit, most_fill(cls)));
        chain.head = chain.n > 0 ? link_blocks(blocks, chain.n) : NULL;
    }
    return chain;
}

static void *refill_list(struct hak_cache *cache, unsigned cls)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    struct hak_chain *spare = &cache->spare[cls];
    struct hak_chain chain = *spare, foreign = {NULL, 0};
    uint32_t limit = bin->limit;
    *spare = foreign;
    hak_signal_fence();
    if (hak_bin_is_closed(bin)) {
        foreign = chain;
        limit = least_limit(cls);
        set_list(bin, NULL, 0, limit);
        chain.head = NULL;
    }
    if (!chain.head) {
        chain = fill_chain(cache, cls, limit);
        if (!chain.head) {
            chain = foreign;
            foreign.head = NULL;
        }
        if (!chain.head)
            return NULL;
        limit = grown(cache, cls);
    }
    if (chain.n > limit) {
        charge(cache, limit_bytes(cls, chain.n - limit));
        limit = chain.n;
    }
    set_list(bin, hak_block_next(chain.head), chain.n - 1, limit);
    drain_chain(cls, foreign, false);
    return chain.head;
}

/* Fills the slots of an empty bin; returns the number of blocks.  Blocks in the outbox go back once
 * others are there; if there are no others, they stay and count. */
static unsigned fill_slots(struct hak_cache *cache, unsigned cls)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    unsigned foreign = cache->outbox[cls];
    void **slots = bin->slots + foreign;
    count(&cache->refills);
    cache->outbox[cls] = 0;
    unsigned want = hak_min(hak_max(bin->limit / 2, 1u), (uint32_t)MOST_TAKEN);
    unsigned n = hak_central_fill_parked(cls, slots, want);
    if (n == 0)
        n = hak_central_fill(cls, slots, hak_min(want, most_fill(cls)));
    if (n == 0 || foreign == 0)
        return n + foreign;
    hak_central_return(cls, bin->slots, foreign);
    for (unsigned i = 0; i < n; i++)
        bin->slots[i] = slots[i];
    return n;
}

static void swap(void **a, void **b)
{
    void *p = *a;
    *a = *b;
    *b = p;
}

/* Turns the batch round, so that addresses rise as the last pointer is popped first, or shuffles
 * it. */
static void order(const struct hak_cache *cache, void **slots, unsigned n)
{
    if (HAK_RANDOM) {
        uint64_t seed = hak_heap.secret ^ (uintptr_t)cache ^ cache->refills << 32;
        for (unsigned i = n - 1; i > 0; i--)
            swap(&slots[i], &slots[hak_mix(seed + i) % (i + 1)]);
        return;
    }
    for (unsigned i = 0, j = n - 1; i < j; i++, j--)
        swap(&slots[i], &slots[j]);
}

static void *refill_array(struct hak_cache *cache, unsigned cls)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    if (hak_bin_is_closed(bin))
        bin->limit = least_limit(cls);
    unsigned n = fill_slots(cache, cls);
    if (n == 0)
        return NULL;
    order(cache, bin->slots, n);
    hak_signal_fence();
    bin->n = n;
    uint32_t limit = grown(cache, cls);
    place_slots(cache, cls, limit);
    hak_signal_fence(); /* the limit rises when the slots are there */
    bin->limit = limit;
    return bin->slots[--bin->n];
}

void *hak_cache_take(struct hak_cache *cache, unsigned cls)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    if (!hak_class_is_list(cls))
        return bin->n > 0 ? bin->slots[--bin->n] : refill_array(cache, cls);
    void *p = bin->head;
    if (!p)
        return refill_list(cache, cls);
    bin->head = hak_block_next(p);
    bin->room++;
    return p;
}

/* ---- flush --------------------------------------------------------------------------------- */

/* Makes room in a full bin: its chain becomes the spare one. */
static void flush_list(struct hak_cache *cache, unsigned cls)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    struct hak_chain spare = cache->spare[cls], full = {bin->head, bin->limit};
    set_list(bin, NULL, 0, bin->limit);
    hak_signal_fence();
    cache->spare[cls] = full;
    if (spare.head)
        count(&cache->flushes);
    drain_chain(cls, spare, true);
}

static void flush_array(struct hak_cache *cache, unsigned cls)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    unsigned rest = bin->limit / 2, n = bin->n - rest;
    count(&cache->flushes);
    bin->n = 0;
    hak_signal_fence();
    hak_central_drain(cls, bin->slots, n);
    for (unsigned i = 0; i < rest; i++)
        bin->slots[i] = bin->slots[n + i];
    hak_signal_fence();
    bin->n = rest;
}

/* Gathers a block that goes to a closed bin.  With most_outbox blocks, this thread frees many: they
 * go back, and the bin opens. */
static void give_closed_list(struct hak_cache *cache, unsigned cls, void *p)
{
    struct hak_chain *outbox = &cache->spare[cls];
    hak_block_set_next(p, outbox->head);
    hak_signal_fence();
    outbox->head = p;
    if (++outbox->n < most_outbox(cls))
        return;
    drain_bin(cache, cls, true);
    set_list(hak_cache_bin(cache, cls), NULL, 0, least_limit(cls));
}

static void give_closed_array(struct hak_cache *cache, unsigned cls, void *p)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    bin->slots[cache->outbox[cls]] = p;
    hak_signal_fence();
    cache->outbox[cls]++;
    if (cache->outbox[cls] < most_outbox(cls))
        return;
    drain_bin(cache, cls, true);
    bin->limit = least_limit(cls);
}

static void give_list(struct hak_cache *cache, unsigned cls, void *p)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    if (hak_bin_is_closed(bin)) {
        give_closed_list(cache, cls, p);
        return;
    }
    if (bin->room == 0)
        flush_list(cache, cls);
    hak_block_set_next(p, bin->head);
    hak_signal_fence();
    bin->head = p;
    bin->room--;
}

static void give_array(struct hak_cache *cache, unsigned cls, void *p)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    if (hak_bin_is_closed(bin)) {
        give_closed_array(cache, cls, p);
        return;
    }
    if (bin->n >= bin->limit)
        flush_array(cache, cls);
    bin->slots[bin->n] = p;
    hak_signal_fence();
    bin->n++;
}

void hak_cache_give(struct hak_cache *cache, unsigned cls, void *p)
{
    if (hak_class_is_list(cls))
        give_list(cache, cls, p);
    else
        give_array(cache, cls, p);
}

void hak_cache_drain_all(struct hak_cache *cache, bool park)
{
    for (unsigned cls = 1; cls <= HAK_NCLASSES; cls++)
        drain_bin(cache, cls, park);
}

/* ---- without a cache ----------------------------------------------------------------------- */

void *hak_cache_bypass_alloc(unsigned cls)
{
    void *p;
    if (hak_class_is_list(cls)) {
        struct hak_chain chain = hak_central_fill_chain(cls);
        if (chain.head) {
            if (chain.n > 1)
                hak_central_return_chain(
                    cls, (struct hak_chain){hak_block_next(chain.head), chain.n - 1});
            return chain.head;
        }
    }
    return hak_central_fill(cls, &p, 1) == 1 ? p : NULL;
}

void hak_cache_bypass_free(unsigned cls, void *p)
{
    hak_central_return(cls, &p, 1);
}
