/* threads.c: see threads.h. */
#include <errno.h>
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
static HAK_THREAD struct hak_cache *changing; /* the cache that is being taken or given back */
static HAK_THREAD bool exited;                /* the thread's cache has been given back for good */

bool hak_counting;
struct hak_lock hak_threads_lock;
static struct hak_cache *registry; /* guarded by the lock, as are the variables below */
static struct hak_cache *free_caches;
static size_t ncaches;
static size_t nplaces; /* places for caches that were tried so far */
static pthread_key_t exit_key;

/* Adds to nthreads, which may be too low in a child that a signal handler made meanwhile. */
static void count_thread(int more)
{
    uint32_t before = hak_load_relaxed(&hak_process->nthreads);
    uint32_t now = before > 0 || more > 0 ? before + (uint32_t)more : 0;
    hak_store_relaxed(&hak_process->nthreads, now);
    hak_fence(); /* pairs with the one in purge.c: one thread sees the other */
    if (now > 1)
        hak_store_relaxed(&hak_process->has_threads, 1u);
}

static void thread_exit(void *cache_of_thread)
{
    struct hak_cache *cache = cache_of_thread;
    changing = cache;
    hak_signal_fence();
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
    count_thread(-1);
    hak_lock_release(&hak_threads_lock);
    hak_signal_fence();
    changing = NULL;
    hak_purge_after_thread();
    hak_purge_after_free();
}

/* Memory for a cache, which is never unmapped: later threads use it again.  Between caches some
 * addresses stay unmapped, so that a write past the end of one does not reach the next, and the
 * system sees no range that is worth a huge page. */
static struct hak_cache *new_cache(void)
{
    size_t size = hak_round_up(sizeof(struct hak_cache), HAK_PAGE_SIZE);
    size_t stride = size + HAK_PAGE_SIZE;
    while ((nplaces + 1) * stride <= HAK_CACHES_BYTES) {
        char *memory = hak_heap.caches + nplaces * stride;
        int error = hak_os_claim(memory, size);
        if (error && error != EEXIST)
            return NULL;
        nplaces++;
        if (!error)
            return (struct hak_cache *)memory;
    }
    return NULL;
}

/* A cache for the calling thread; NULL: out of memory.  *lost: the cache still has the blocks of a
 * thread that a fork left behind. */
static struct hak_cache *take_cache(bool *lost)
{
    struct hak_cache *cache;
    hak_lock_acquire(&hak_threads_lock);
    cache = changing = free_caches;
    hak_signal_fence();
    if (cache) {
        free_caches = cache->next_free;
    } else if ((cache = changing = new_cache()) != NULL) {
        hak_signal_fence();
        cache->next = registry;
        registry = cache;
        ncaches++;
    }
    if (cache) {
        *lost = cache->owner == HAK_CACHE_LOST;
        cache->owner = HAK_CACHE_OWNED;
        count_thread(1);
    }
    hak_lock_release(&hak_threads_lock);
    return cache;
}

/* Makes the key whose destructor is thread_exit; false: there are no more keys.  Called without a
 * lock, since pthread_key_create may be somebody else's function of that name.  If threads race,
 * one of them keeps its key. */
static bool make_exit_key(void)
{
    static uint32_t claimed, made;
    pthread_key_t key;
    if (hak_load_acquire(&made))
        return true;
    if (pthread_key_create(&key, thread_exit) != 0)
        return false;
    if (hak_cas_acquire(&claimed, 0, 1)) {
        exit_key = key;
        hak_store_release(&made, 1u);
        return true;
    }
    pthread_key_delete(key);
    while (!hak_load_acquire(&made))
        hak_pause();
    return true;
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
    bool lost;
    struct hak_cache *cache = take_cache(&lost);
    if (!cache)
        return NULL;
    if (lost && HAK_GUARD)
        hak_guard_release(cache);
    if (lost)
        hak_cache_drain_all(cache, false);
    hak_cache_reset(cache);
    own = cache;
    hak_signal_fence();
    changing = NULL;
    if (!hak_counting && !HAK_GUARD)
        hak_bins = cache->bins;
    /* pthread_setspecific may call malloc, which finds the cache in place. */
    if (make_exit_key())
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
    free_caches = NULL;
    hak_store_relaxed(&hak_process->nthreads, own ? 1u : 0);
    for (struct hak_cache *cache = registry; cache; cache = cache->next) {
        if (cache == own || cache == changing)
            continue;
        if (cache->owner == HAK_CACHE_OWNED)
            cache->owner = HAK_CACHE_LOST;
        cache->next_free = free_caches;
        free_caches = cache;
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
