/* cache.c: the cold side of the thread caches; the hot side is generated (hak_fastpath.h). */
#include <pthread.h>

#include "cache.h"
#include "block.h"
#include "heap.h"
#include "os.h"

enum { LEAST_LIMIT = 8 }; /* blocks that a bin may hold at first */

const struct hak_cache hak_cache_empty = {.next = NULL};
__thread struct hak_cache *hak_cache __attribute__((tls_model("initial-exec"))) =
    (struct hak_cache *)&hak_cache_empty;

/* Set when the thread's cache has been given back for good. */
static __thread bool thread_exited __attribute__((tls_model("initial-exec")));

struct hak_lock hak_cache_registry_lock;
static struct hak_cache *registry; /* guarded by the registry lock, as is the rest */
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
    hak_cache_drain_all(cache);
    hak_lock_acquire(&hak_cache_registry_lock);
    past_refills += cache->refills;
    past_flushes += cache->flushes;
    cache->refills = cache->flushes = 0;
    cache->owner = HAK_CACHE_FREE;
    hak_lock_release(&hak_cache_registry_lock);
}

static void reset(struct hak_cache *cache)
{
    for (unsigned cls = 1; cls <= HAK_NCLASSES; cls++) {
        const struct hak_class *class = &hak_classes[cls];
        struct hak_bin *bin = &cache->bins[cls];
        uint32_t most = class->cap;
        if (hak_class_is_list(cls)) {
            bin->head = NULL;
            most = class->batch;
        } else {
            bin->slots = cache->slots + class->cache_slot;
        }
        bin->n = 0;
        bin->limit = hak_min(most, (uint32_t)LEAST_LIMIT);
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
    for (cache = registry; cache && cache->owner != HAK_CACHE_FREE; cache = cache->next)
        ;
    if (!cache && (cache = new_cache()) != NULL) {
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

static void grow_limit(struct hak_bin *bin, uint32_t most)
{
    bin->limit = hak_min(bin->limit * 2, most);
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
    struct hak_bin *bin = &cache->bins[cls];
    struct hak_chain *spare = &cache->spare[cls];
    struct hak_chain chain = *spare;
    spare->head = NULL;
    spare->n = 0;
    if (!chain.head) {
        count(&cache->refills);
        chain = hak_central_fill_chain(cls);
    }
    if (!chain.head) {
        void *blocks[HAK_MAX_BATCH];
        chain.n = hak_central_fill(cls, blocks, bin->limit);
        if (chain.n == 0)
            return NULL;
        chain.head = link_blocks(blocks, chain.n);
        grow_limit(bin, hak_classes[cls].batch);
    }
    bin->limit = hak_max(bin->limit, chain.n);
    bin->head = hak_block_next(chain.head);
    bin->n = chain.n - 1;
    return chain.head;
}

static void *refill_array(struct hak_cache *cache, unsigned cls)
{
    struct hak_bin *bin = &cache->bins[cls];
    unsigned want = hak_max(bin->limit / 2, 1u);
    count(&cache->refills);
    unsigned n = hak_central_fill(cls, bin->slots, want);
    if (n == 0)
        return NULL;
    grow_limit(bin, hak_classes[cls].cap);
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
    struct hak_bin *bin = &cache->bins[cls];
    if (!hak_class_is_list(cls))
        return bin->n > 0 ? bin->slots[--bin->n] : refill_array(cache, cls);
    if (bin->n == 0)
        return refill_list(cache, cls);
    void *p = bin->head;
    bin->head = hak_block_next(p);
    bin->n--;
    return p;
}

/* ---- flush --------------------------------------------------------------------------------- */

/* Makes room in a full bin. */
static void flush_list(struct hak_cache *cache, unsigned cls)
{
    struct hak_bin *bin = &cache->bins[cls];
    struct hak_chain *spare = &cache->spare[cls];
    uint32_t most = hak_classes[cls].batch;
    if (bin->limit < most) {
        grow_limit(bin, most);
    } else {
        if (spare->head) {
            count(&cache->flushes);
            hak_central_drain_chain(cls, *spare);
        }
        spare->head = bin->head;
        spare->n = bin->n;
        bin->head = NULL;
        bin->n = 0;
    }
}

static void flush_array(struct hak_cache *cache, unsigned cls)
{
    struct hak_bin *bin = &cache->bins[cls];
    const struct hak_class *class = &hak_classes[cls];
    if (bin->limit < class->cap) {
        grow_limit(bin, class->cap);
    } else {
        unsigned n = hak_min((uint32_t)class->batch, bin->n);
        count(&cache->flushes);
        hak_central_drain(cls, bin->slots, n);
        bin->n -= n;
        for (unsigned i = 0; i < bin->n; i++)
            bin->slots[i] = bin->slots[n + i];
    }
}

void hak_cache_give(struct hak_cache *cache, unsigned cls, void *p)
{
    struct hak_bin *bin = &cache->bins[cls];
    bool list = hak_class_is_list(cls);
    if (bin->n >= bin->limit) {
        if (list)
            flush_list(cache, cls);
        else
            flush_array(cache, cls);
    }
    if (list) {
        hak_block_set_next(p, bin->head);
        bin->head = p;
        bin->n++;
    } else {
        bin->slots[bin->n++] = p;
    }
}

void hak_cache_drain_all(struct hak_cache *cache)
{
    for (unsigned cls = 1; cls <= HAK_NCLASSES; cls++) {
        struct hak_bin *bin = &cache->bins[cls];
        if (hak_class_is_list(cls)) {
            struct hak_chain *spare = &cache->spare[cls];
            if (spare->head)
                hak_central_return_chain(cls, *spare);
            if (bin->head)
                hak_central_return_chain(cls, (struct hak_chain){bin->head, bin->n});
            spare->head = bin->head = NULL;
            spare->n = 0;
        } else if (bin->n > 0) {
            hak_central_return(cls, bin->slots, bin->n);
        }
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
