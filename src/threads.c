/* threads.c: see threads.h. */
#include <pthread.h>

#include "guard.h"
#include "heap.h"
#include "os.h"
#include "purge.h"
#include "threads.h"

#define HAK_THREAD __thread __attribute__((tls_model("initial-exec")))

const struct hak_bin hak_bins_none[HAK_NBINS] = {{{NULL}, {0}, 0}};
HAK_THREAD struct hak_bin *hak_bins = (struct hak_bin *)hak_bins_none;

static HAK_THREAD struct hak_cache *own;
static HAK_THREAD bool exited; /* the thread's cache has been given back for good */

bool hak_counting;
struct hak_lock hak_threads_lock;
static struct hak_cache *registry; /* guarded by the lock, as is the rest */
static struct hak_cache *free_caches;
static size_t ncaches;
static pthread_key_t exit_key;
static bool exit_key_made;

static void thread_exit(void *cache_of_thread)
{
    struct hak_cache *cache = cache_of_thread;
    hak_bins = (struct hak_bin *)hak_bins_none;
    own = NULL;
    exited = true;
    if (HAK_GUARD)
        hak_guard_release(cache);
    hak_cache_close(cache);
    hak_lock_acquire(&hak_threads_lock);
    cache->owner = HAK_CACHE_FREE;
    cache->next_free = free_caches;
    free_caches = cache;
    hak_lock_release(&hak_threads_lock);
    hak_purge_after_free();
}

/* Memory for a cache comes straight from the OS and is kept for later threads.  With the checks of
 * a hardened profile it lies between two pages that cannot be accessed. */
static struct hak_cache *new_cache(void)
{
    size_t os_page = hak_os_page_size();
    size_t size = hak_round_up(sizeof(struct hak_cache), os_page);
    size_t fence = HAK_GUARD ? os_page : 0;
    char *memory = hak_os_reserve(size + 2 * fence, os_page);
    if (!memory)
        return NULL;
    if (hak_os_commit(memory + fence, size) != 0) {
        hak_os_release(memory, size + 2 * fence);
        return NULL;
    }
    return (struct hak_cache *)(memory + fence);
}

static struct hak_cache *take_cache(void)
{
    struct hak_cache *cache;
    hak_lock_acquire(&hak_threads_lock);
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
    hak_lock_release(&hak_threads_lock);
    return cache;
}

struct hak_cache *hak_threads_cache(void)
{
    return own;
}

struct hak_cache *hak_threads_open(void)
{
    if (own)
        return own;
    if (!hak_heap_init() || exited)
        return NULL;
    struct hak_cache *cache = take_cache();
    if (!cache)
        return NULL;
    hak_cache_reset(cache);
    own = cache;
    if (!hak_counting && !HAK_GUARD)
        hak_bins = cache->bins;
    /* May call malloc, which finds the cache in place. */
    if (exit_key_made)
        pthread_setspecific(exit_key, cache);
    return cache;
}

void hak_threads_count(void)
{
    hak_counting = true;
    hak_bins = (struct hak_bin *)hak_bins_none;
}

void hak_threads_forked(void)
{
    for (struct hak_cache *cache = registry; cache; cache = cache->next) {
        if (cache != own && cache->owner == HAK_CACHE_OWNED)
            cache->owner = HAK_CACHE_LOST;
    }
    hak_cache_forked(own);
}

void hak_threads_stats(struct hak_threads_stats *out)
{
    hak_lock_acquire(&hak_threads_lock);
    *out = (struct hak_threads_stats){
        .mapped = ncaches,
        .bytes = ncaches * hak_round_up(sizeof(struct hak_cache), hak_os_page_size())};
    for (const struct hak_cache *cache = registry; cache; cache = cache->next) {
        out->threads += cache->owner == HAK_CACHE_OWNED;
        out->refills += hak_load_relaxed(&cache->refills);
        out->flushes += hak_load_relaxed(&cache->flushes);
    }
    hak_lock_release(&hak_threads_lock);
}

void hak_threads_class_stats(unsigned cls, struct hak_threads_class_stats *out)
{
    *out = (struct hak_threads_class_stats){.cached = 0};
    hak_lock_acquire(&hak_threads_lock);
    for (const struct hak_cache *cache = registry; cache; cache = cache->next) {
        const struct hak_counts *counts = &cache->counts[cls];
        out->cached += hak_cache_count(cache, cls);
        if (!hak_counting)
            continue;
        out->allocs += hak_load_relaxed(&counts->allocs);
        out->frees += hak_load_relaxed(&counts->frees);
        out->requested += hak_load_relaxed(&counts->requested);
    }
    hak_lock_release(&hak_threads_lock);
}
