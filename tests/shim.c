/* shim.c: see shim.h. */
#include <stdlib.h>

#include "tests/shim.h"

#include "bigcache.h"
#include "cache.h"
#include "central.h"
#include "grow.h"
#include "guard.h"
#include "hak_fastpath.h"
#include "heap.h"
#include "large.h"
#include "mapping.h"
#include "os.h"
#include "process.h"
#include "ranges.h"
#include "slab.h"
#include "threads.h"

const struct shim_profile shim_profile = {
    .name = HAK_PROFILE_NAME,
    .lookup = HAK_LOOKUP_HEADER ? SHIM_HEADER
              : HAK_LOOKUP_MAP  ? SHIM_MAP
                                : SHIM_REGION,
    .nclasses = HAK_NCLASSES,
    .list_classes = HAK_LIST_CLASSES,
    .small_max = HAK_SMALL_MAX - HAK_SEAL,
    .header_bytes = HAK_HEADER_BYTES,
    .page_size = HAK_PAGE_SIZE,
    .heap_size = (size_t)1 << HAK_RESERVE_SHIFT,
    .inline_bits = HAK_INLINE_BITS,
    .max_batch = HAK_MAX_BATCH,
    .cache_slots = HAK_CACHE_SLOTS,
    .central_slots = HAK_CENTRAL_SLOTS,
    .central_chains = HAK_CENTRAL_CHAINS,
    .reciprocal_shift = HAK_RECIPROCAL_SHIFT,
    .bigcache = HAK_BIGCACHE,
    .thread_bytes = HAK_THREAD_BYTES,
    .total_bytes = HAK_TOTAL_BYTES,
    .parked_bytes = HAK_PARKED_BYTES,
    .quarantine_bytes = HAK_QUARANTINE_BYTES,
    .bigcache_bytes = HAK_BIGCACHE_BYTES,
    .bigcache_pages = HAK_BIGCACHE_PAGES,
    .move_min = HAK_MOVE_MIN,
    .commit_step = HAK_COMMIT_STEP,
    .decay_ms = HAK_PURGE_DECAY_MS,
    .purge_thread = HAK_PURGE_THREAD,
    .debug = HAK_DEBUG,
    .poison = HAK_POISON,
    .guard = HAK_GUARD,
    .random = HAK_RANDOM,
    .seal_bytes = HAK_SEAL,
};

struct shim_class shim_class(unsigned cls)
{
    if (cls < 1 || cls > HAK_NCLASSES)
        abort();
    const struct hak_class *class = &hak_classes[cls];
    return (struct shim_class){
        .reciprocal = class->reciprocal,
        .size = class->size,
        .usable = hak_class_usable(cls) - HAK_SEAL,
        .align = class->align,
        .slab_bytes = class->slab_pages * HAK_PAGE_SIZE,
        .first = class->first,
        .slab_pages = class->slab_pages,
        .nblocks = class->nblocks,
        .colours = class->colours,
        .cap = class->cap,
        .batch = class->batch,
        .transfer = class->transfer,
        .cache_slot = class->cache_slot,
        .central_slot = class->central_slot,
        .list = hak_class_is_list(cls),
    };
}

unsigned shim_class_of_size(size_t size)
{
    if (size > HAK_SMALL_MAX - HAK_SEAL)
        abort();
    return hak_class_of_size(size + HAK_SEAL);
}

unsigned shim_class_of_block(const void *p)
{
    return hak_class_of_block(p);
}

/* ---- heap, spans --------------------------------------------------------------------------- */

struct shim_heap_stats shim_heap_stats(void)
{
    struct hak_heap_stats s;
    hak_heap_stats(&s);
    return (struct shim_heap_stats){s.mapped, s.dirty, s.clean, s.purged, s.claims, s.purges};
}

char *shim_heap_base(void)
{
    return (char *)hak_heap.base;
}

size_t shim_heap_size(void)
{
    return hak_heap.size;
}

size_t shim_heap_limit(void)
{
    return hak_heap.limit;
}

struct shim_range shim_range(unsigned cls)
{
    unsigned index = HAK_LOOKUP_REGION ? cls : 0;
    const struct hak_range *range = &hak_ranges[index];
    return (struct shim_range){range->first, range->frontier, range->mapped, hak_tables_end(index),
                               range->end};
}

char *shim_span_start(const struct hak_span *span)
{
    return hak_span_start(span);
}

size_t shim_span_pages(const struct hak_span *span)
{
    return span->npages;
}

bool shim_span_zero(const struct hak_span *span)
{
    return span->zero;
}

unsigned shim_span_mapping(const struct hak_span *span)
{
    return span->mapping;
}

size_t shim_span_move(struct hak_span *to, size_t first, struct hak_span *from, bool *lost)
{
    return hak_mapping_move(hak_span_page(to) + (uint32_t)first, hak_span_page(from), from->npages,
                            lost);
}

/* ---- slabs --------------------------------------------------------------------------------- */

unsigned shim_slab_nfree(const struct hak_span *slab)
{
    return slab->nfree;
}

bool shim_slab_is_empty(const struct hak_span *slab)
{
    return hak_slab_is_empty(slab);
}

/* ---- central ------------------------------------------------------------------------------- */

void shim_central_drain_chain(unsigned cls, void **blocks, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        hak_block_set_next(blocks[i], i + 1 < n ? blocks[i + 1] : NULL);
    hak_central_drain_chain(cls, (struct hak_chain){blocks[0], n});
}

unsigned shim_central_fill_chain(unsigned cls, void **out, unsigned room)
{
    struct hak_chain chain = hak_central_fill_chain(cls);
    unsigned n = 0;
    for (void *p = chain.head; p && n < room; p = hak_block_next(p))
        out[n++] = p;
    return n == chain.n ? n : room + 1;
}

struct shim_central_stats shim_central_stats(unsigned cls)
{
    struct hak_central_stats s;
    hak_central_stats(cls, &s);
    return (struct shim_central_stats){
        .fills = s.fills,
        .drains = s.drains,
        .misses = s.misses,
        .slabs = s.slabs,
        .parked = s.parked,
        .free = s.free,
        .out = s.slabs * hak_classes[cls].nblocks - s.parked - s.free,
    };
}

/* ---- the process --------------------------------------------------------------------------- */

void shim_set_has_threads(bool has_threads)
{
    hak_store_relaxed(&hak_process->has_threads, (uint32_t)has_threads);
}

bool shim_has_threads(void)
{
    return hak_load_relaxed(&hak_process->has_threads) != 0;
}

bool shim_process_is_new(void)
{
    return hak_process_is_new();
}

/* ---- locks --------------------------------------------------------------------------------- */

unsigned shim_nlocks(void)
{
    return HAK_NCLASSES + 4;
}

static struct hak_lock *lock_of(unsigned lock)
{
    struct hak_lock *others[] = {&hak_threads_lock, &hak_guard_lock, &hak_bigcache_lock,
                                 &hak_heap_lock};
    return lock < HAK_NCLASSES ? hak_central_lock(lock + 1) : others[lock - HAK_NCLASSES];
}

void shim_lock_acquire(unsigned lock)
{
    hak_lock_acquire(lock_of(lock));
}

void shim_lock_release(unsigned lock)
{
    hak_lock_release(lock_of(lock));
}

bool shim_lock_is_mine(unsigned lock)
{
    return (hak_load_relaxed(&lock_of(lock)->word) & ~(uint64_t)1) == hak_this_thread();
}

unsigned shim_lock_nested(unsigned lock)
{
    return lock_of(lock)->nested & HAK_LOCK_ENTRIES;
}

bool shim_lock_is_free(unsigned lock)
{
    return hak_load_relaxed(&lock_of(lock)->word) == 0;
}

void shim_set_reentrant(bool reentrant)
{
    hak_lock_reentrant = reentrant;
}

/* ---- thread caches ------------------------------------------------------------------------- */

struct shim_bin shim_cache_bin(unsigned cls)
{
    struct hak_cache *cache = hak_threads_open();
    const struct hak_bin *bin = hak_cache_bin(cache, cls);
    return (struct shim_bin){
        .n = hak_bin_count(bin, cls),
        .spare = hak_class_is_list(cls) ? cache->spare[cls].n : cache->outbox[cls],
        .limit = bin->limit,
        .waiting = cache->waiting.of_class[cls],
    };
}

void shim_cache_drain(void)
{
    if (HAK_GUARD)
        hak_guard_release_large();
    if (HAK_GUARD && hak_threads_cache())
        hak_guard_release(hak_threads_cache());
    if (hak_threads_cache())
        hak_cache_drain_all(hak_threads_cache(), false);
}

bool shim_cache_is_open(void)
{
    return hak_threads_cache();
}

struct shim_cache_stats shim_cache_stats(void)
{
    struct hak_threads_stats s;
    hak_threads_stats(&s);
    return (struct shim_cache_stats){s.threads, s.bytes, s.refills, s.flushes};
}

/* ---- large blocks, bigcache ---------------------------------------------------------------- */

struct shim_bigcache_stats shim_bigcache_stats(void)
{
    struct hak_bigcache_stats s;
    hak_bigcache_stats(&s);
    return (struct shim_bigcache_stats){s.bytes, s.hits, s.misses, s.evictions};
}

struct shim_large_stats shim_large_stats(void)
{
    struct hak_large_stats s;
    hak_large_stats(&s);
    return (struct shim_large_stats){s.blocks, s.bytes, s.moves};
}
