/* cache.c: the cold side of the thread caches; the hot side is generated (hak_fastpath.h). */
#include <pthread.h>

#include "block.h"
#include "cache.h"
#include "heap.h"
#include "os.h"
#include "purge.h"

enum { LEAST_LIMIT = 8 }; /* blocks that a bin may hold at first */

const struct hak_cache hak_cache_empty = {.next = NULL};
__thread struct hak_cache *hak_cache __attribute__((tls_model("initial-exec"))) =
    (struct hak_cache *)&hak_cache_empty;

/* Set when the thread's cache has been given back for good. */
static __thread bool thread_exited __attribute__((tls_model("initial-exec")));

struct hak_lock hak_cache_registry_lock;
static struct hak_cache *registry; /* guarded by the registry lock, as is the rest */
static struct hak_cache *free_caches;
static size_t ncaches;
static uint64_t past_refills, past_flushes; /* of threads that have exited */
static pthread_key_t exit_key;
static bool exit_key_made;

/* ---- life ---------------------------------------------------------------------------------- */

static void thread_exit(void *cache_of_thread)
{
    struct hak_cache *cache = cache_of_thread;
    hak_cache = (struct hak_cache *)&hak_cache_empty;
    thread_exited = true;
    hak_cache_drain_all(cache, true);
    hak_lock_acquire(&hak_cache_registry_lock);
    past_refills += cache->refills;
    past_flushes += cache->flushes;
    cache->refills = cache->flushes = 0;
    cache->owner = HAK_CACHE_FREE;
    cache->next_free = free_caches;
    free_caches = cache;
    hak_lock_release(&hak_cache_registry_lock);
    hak_purge_after_free();
}

static void reset(struct hak_cache *cache)
{
    for (unsigned cls = 1; cls <= HAK_NCLASSES; cls++) {
        const struct hak_class *shape = &hak_classes[cls];
        struct hak_bin *bin = hak_cache_bin(cache, cls);
        uint32_t most = shape->cap;
        if (hak_class_is_list(cls))
            most = shape->batch;
        bin->limit = hak_min(most, (uint32_t)LEAST_LIMIT);
        if (hak_class_is_list(cls)) {
            bin->head = NULL;
            bin->room = bin->limit;
        } else {
            bin->slots = cache->slots + shape->cache_slot;
            bin->n = 0;
        }
    }
}

/* Memory for a cache comes straight from the OS and is kept for later threads. */
static struct hak_cache *new_cache(void)
{
    size_t size = hak_round_up(sizeof(struct hak_cache), hak_os_page_size());
    void *memory = hak_os_reserve(size, hak_os_page_size());
    if (!memory)
        return NULL;
    if (hak_os_commit(memory, size) != 0) {
        hak_os_release(memory, size);
        return NULL;
    }
    return memory;
}

static struct hak_cache *take_cache(void)
{
    struct hak_cache *cache;
    hak_lock_acquire(&hak_cache_registry_lock);
    if (!exit_key_made)
        exit_key_made = pthread_key_create(&exit_key, thread_exit) == 0;
    cache = free_caches;
    if (cache) {
        free_caches = cache->next_free;
    } else if ((cache = new_cache()) != NULL) {
        cache->next = registry;
        registry = cache;
        ncaches++;
    }
    if (cache)
        cache->owner = HAK_CACHE_OWNED;
    hak_lock_release(&hak_cache_registry_lock);
    return cache;
}

struct hak_cache *hak_cache_open(void)
{
    if (hak_cache_is_open(hak_cache))
        return hak_cache;
    if (!hak_heap_init() || thread_exited)
        return NULL;
    struct hak_cache *cache = take_cache();
    if (!cache)
        return NULL;
    reset(cache);
    hak_cache = cache;
    /* May call malloc, which finds the cache in place. */
    if (exit_key_made)
        pthread_setspecific(exit_key, cache);
    return cache;
}

void hak_cache_forked(void)
{
    for (struct hak_cache *cache = registry; cache; cache = cache->next) {
        if (cache != hak_cache && cache->owner == HAK_CACHE_OWNED)
            cache->owner = HAK_CACHE_LOST;
    }
}

/* ---- refill -------------------------------------------------------------------------------- */

/* Written by the owner only, read by hak_cache_stats. */
static void count(uint64_t *counter)
{
    hak_store_relaxed(counter, *counter + 1);
}

/* The limit that follows on `limit` as a class is used more. */
static uint32_t grown(uint32_t limit, uint32_t most)
{
    return hak_min(limit * 2, most);
}

static void set_list(struct hak_bin *bin, void *head, uint32_t n, uint32_t limit)
{
    bin->head = head;
    bin->limit = limit;
    bin->room = limit - n;
}

/* Links blocks in the given order, so that a fresh slab is handed out by rising address. */
static void *link_blocks(void **blocks, unsigned n)
{
    for (unsigned i = 0; i + 1 < n; i++)
        hak_block_set_next(blocks[i], blocks[i + 1]);
    hak_block_set_next(blocks[n - 1], NULL);
    return blocks[0];
}

static void *refill_list(struct hak_cache *cache, unsigned cls)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    struct hak_chain *spare = &cache->spare[cls];
    struct hak_chain chain = *spare;
    spare->head = NULL;
    spare->n = 0;
    if (!chain.head) {
        count(&cache->refills);
        chain = hak_central_fill_chain(cls);
    }
    uint32_t limit = bin->limit;
    if (!chain.head) {
        void *blocks[HAK_MAX_BATCH];
        chain.n = hak_central_fill(cls, blocks, limit);
        if (chain.n == 0)
            return NULL;
        chain.head = link_blocks(blocks, chain.n);
        limit = grown(limit, hak_classes[cls].batch);
    }
    set_list(bin, hak_block_next(chain.head), chain.n - 1, hak_max(limit, chain.n));
    return chain.head;
}

static void *refill_array(struct hak_cache *cache, unsigned cls)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    unsigned want = hak_max(bin->limit / 2, 1u);
    count(&cache->refills);
    unsigned n = hak_central_fill(cls, bin->slots, want);
    if (n == 0)
        return NULL;
    bin->limit = grown(bin->limit, hak_classes[cls].cap);
    /* The last pointer is popped first: turn the batch round, so that addresses rise. */
    for (unsigned i = 0, j = n - 1; i < j; i++, j--) {
        void *p = bin->slots[i];
        bin->slots[i] = bin->slots[j];
        bin->slots[j] = p;
    }
    bin->n = n - 1;
    return bin->slots[n - 1];
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

/* Makes room in a full bin. */
static void flush_list(struct hak_cache *cache, unsigned cls)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    struct hak_chain *spare = &cache->spare[cls];
    uint32_t most = hak_classes[cls].batch;
    if (bin->limit < most) {
        set_list(bin, bin->head, bin->limit, grown(bin->limit, most));
        return;
    }
    if (spare->head) {
        count(&cache->flushes);
        hak_central_drain_chain(cls, *spare);
    }
    spare->head = bin->head;
    spare->n = bin->limit;
    set_list(bin, NULL, 0, bin->limit);
}

static void flush_array(struct hak_cache *cache, unsigned cls)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    const struct hak_class *shape = &hak_classes[cls];
    if (bin->limit < shape->cap) {
        bin->limit = grown(bin->limit, shape->cap);
    } else {
        unsigned n = hak_min((uint32_t)shape->batch, bin->n);
        count(&cache->flushes);
        hak_central_drain(cls, bin->slots, n);
        bin->n -= n;
        for (unsigned i = 0; i < bin->n; i++)
            bin->slots[i] = bin->slots[n + i];
    }
}

void hak_cache_give(struct hak_cache *cache, unsigned cls, void *p)
{
    struct hak_bin *bin = hak_cache_bin(cache, cls);
    if (hak_class_is_list(cls)) {
        if (bin->room == 0)
            flush_list(cache, cls);
        hak_block_set_next(p, bin->head);
        bin->head = p;
        bin->room--;
    } else {
        if (bin->n >= bin->limit)
            flush_array(cache, cls);
        bin->slots[bin->n++] = p;
    }
}

static void drain_chain(unsigned cls, struct hak_chain chain, bool park)
{
    if (!chain.head)
        return;
    if (park)
        hak_central_drain_chain(cls, chain);
    else
        hak_central_return_chain(cls, chain);
}

void hak_cache_drain_all(struct hak_cache *cache, bool park)
{
    for (unsigned cls = 1; cls <= HAK_NCLASSES; cls++) {
        struct hak_bin *bin = hak_cache_bin(cache, cls);
        if (hak_class_is_list(cls)) {
            drain_chain(cls, cache->spare[cls], park);
            drain_chain(cls, (struct hak_chain){bin->head, hak_bin_count(bin, cls)}, park);
            cache->spare[cls] = (struct hak_chain){NULL, 0};
            set_list(bin, NULL, 0, bin->limit);
            continue;
        }
        if (bin->n > 0 && park)
            hak_central_drain(cls, bin->slots, bin->n);
        else if (bin->n > 0)
            hak_central_return(cls, bin->slots, bin->n);
        bin->n = 0;
    }
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

/* ---- statistics ---------------------------------------------------------------------------- */

void hak_cache_stats(struct hak_cache_stats *out)
{
    hak_lock_acquire(&hak_cache_registry_lock);
    out->threads = 0;
    out->bytes = ncaches * hak_round_up(sizeof(struct hak_cache), hak_os_page_size());
    out->refills = past_refills;
    out->flushes = past_flushes;
    for (const struct hak_cache *cache = registry; cache; cache = cache->next) {
        out->threads += cache->owner == HAK_CACHE_OWNED;
        out->refills += hak_load_relaxed(&cache->refills);
        out->flushes += hak_load_relaxed(&cache->flushes);
    }
    hak_lock_release(&hak_cache_registry_lock);
}
