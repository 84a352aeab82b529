/* slow.c: see slow.h. */
#include <errno.h>

#include "dump.h"
#include "guard.h"
#include "hak_fastpath.h"
#include "large.h"
#include "poison.h"
#include "purge.h"
#include "report.h"
#include "slab.h"
#include "slow.h"
#include "threads.h"

/* ---- allocate ------------------------------------------------------------------------------ */

/* When memory is out: frees to the heap what is kept for later.  False: nothing was kept. */
static bool reclaim(void)
{
    bool any = HAK_GUARD && hak_guard_release_large();
    if (hak_threads_cache()) {
        if (HAK_GUARD)
            any |= hak_guard_release(hak_threads_cache());
        hak_cache_drain_all(hak_threads_cache(), false);
    }
    return hak_purge_reclaim() || any;
}

/* A large block, with the checks of a hardened profile. */
static void *take_large(size_t size, size_t align, bool zero)
{
    if (HAK_GUARD && size > PTRDIFF_MAX)
        return NULL;
    void *p = hak_large_alloc(size + HAK_SEAL, align, zero);
    if (HAK_GUARD && p)
        hak_guard_open_large(hak_span_find(p), size);
    return p;
}

static void *alloc_large(size_t size, size_t align, bool zero)
{
    if (hak_threads_open())
        hak_purge_after_alloc();
    void *p = hak_heap_init() ? take_large(size, align, zero) : NULL;
    if (!p && hak_heap_ready() && size <= hak_heap.size && reclaim())
        p = take_large(size, align, zero);
    if (!p)
        errno = ENOMEM;
    return p;
}

/* A block of the class that is still marked free; NULL: out of memory. */
static void *take_small(unsigned cls)
{
    struct hak_cache *cache = hak_threads_open();
    if (hak_likely(cache != NULL)) {
        hak_purge_after_alloc();
        return hak_cache_take(cache, cls);
    }
    return hak_heap_ready() ? hak_cache_bypass_alloc(cls) : NULL;
}

/* Written by the owner of the cache only, read by hak_threads_class_stats. */
static void count(uint64_t *counter, uint64_t more)
{
    hak_store_relaxed(counter, *counter + more);
}

static void count_alloc(unsigned cls, size_t size)
{
    struct hak_cache *cache = hak_threads_cache();
    if (!cache)
        return;
    count(&cache->counts[cls].allocs, 1);
    count(&cache->counts[cls].requested, size);
}

static void *alloc_small(unsigned cls, size_t size)
{
    void *p = take_small(cls);
    if (!p && reclaim())
        p = take_small(cls);
    /* A class whose own range of addresses is full borrows from the larger ones. */
    while (HAK_LOOKUP_REGION && !p && cls < HAK_NCLASSES)
        p = take_small(++cls);
    if (HAK_LOOKUP_REGION && !p)
        return alloc_large(HAK_SMALL_MAX, HAK_QUANTUM, false);
    if (!p) {
        errno = ENOMEM;
        return NULL;
    }
    hak_block_mark_live(p, HAK_BIN_BASE + cls);
    if (HAK_POISON)
        hak_poison_alloc(p, cls);
    if (HAK_GUARD)
        hak_guard_open(p, cls, size);
    if (hak_unlikely(hak_counting)) {
        count_alloc(cls, size);
        hak_dump_after_alloc();
    }
    return p;
}

void *hak_malloc_slow(size_t size)
{
    if (hak_unlikely(size > HAK_SMALL_MAX - HAK_SEAL))
        return alloc_large(size, HAK_QUANTUM, false);
    return alloc_small(hak_class_of_size(size + HAK_SEAL), size);
}

void *hak_alloc_large_zero(size_t size)
{
    return alloc_large(size, HAK_QUANTUM, true);
}

/* Without a header every block of a class has the class's alignment.  The counts take the size
 * asked for, not that of the class. */
static void *alloc_aligned_class(size_t align, size_t size)
{
    unsigned cls = hak_class_of_size(size + HAK_SEAL);
    while (cls <= HAK_NCLASSES && hak_classes[cls].align < align)
        cls++;
    if (cls > HAK_NCLASSES)
        return alloc_large(size, align, false);
    void *p =
        HAK_GUARD || hak_counting ? alloc_small(cls, size) : hak_malloc_fast(hak_class_usable(cls));
    if (HAK_LOOKUP_REGION && (uintptr_t)p % align != 0) { /* borrowed from another class */
        hak_free_fast(p);
        p = alloc_large(size, align, false);
    }
    return p;
}

/* With a header an aligned block lies inside a larger one, with a header byte of its own. */
static void *alloc_aligned_inside(size_t align, size_t size)
{
    if (align > HAK_SMALL_MAX || size > HAK_SMALL_MAX - align)
        return alloc_large(size, align, false);
    char *block = hak_counting ? alloc_small(hak_class_of_size(size + align), size)
                               : hak_malloc_fast(size + align);
    if (!block)
        return NULL;
    char *p = (char *)hak_round_up((uintptr_t)block, align);
    if (p != block)
        hak_block_mark_span(p);
    return p;
}

void *hak_alloc_aligned(size_t align, size_t size)
{
    if (align <= HAK_QUANTUM)
        return hak_malloc_fast(size);
    if (size > HAK_SMALL_MAX - HAK_SEAL)
        return alloc_large(size, align, false);
    return HAK_LOOKUP_HEADER ? alloc_aligned_inside(align, size) : alloc_aligned_class(align, size);
}

/* ---- free ---------------------------------------------------------------------------------- */

static void free_small(void *p, unsigned cls)
{
    struct hak_cache *cache = hak_threads_open();
    if (HAK_POISON && cache)
        hak_poison_free(cache, p, cls);
    hak_block_mark_free(p);
    if (hak_unlikely(hak_counting) && cache)
        count(&cache->counts[cls].frees, 1);
    if (hak_likely(cache != NULL))
        hak_cache_give(cache, cls, p);
    else
        hak_cache_bypass_free(cls, p);
    hak_purge_after_free();
}

/* The small block that contains p, an address aligned inside of it.  Ends the process for any other
 * p in the slab. */
static void *block_inside(struct hak_span *slab, void *p)
{
    uint8_t header = HAK_LOOKUP_HEADER ? ((uint8_t *)p)[-1] : 0;
    void *block = hak_slab_block_of(slab, p);
    if (!HAK_LOOKUP_HEADER || !block)
        hak_fatal("invalid free, not a block", p);
    if (block == p)
        hak_fatal(header == slab->cls ? "double free" : "header byte overwritten", p);
    if (header != HAK_HEADER_LIVE)
        hak_fatal("invalid free, not the start of a block", p);
    return block;
}

/* hak_free_slow with the checks of a hardened profile. */
static void free_guarded(void *p)
{
    struct hak_span *span = hak_guard_find(p, "free");
    hak_guard_check(span, p);
    if (span->state == HAK_SPAN_LARGE) {
        hak_guard_free_large(span);
    } else {
        struct hak_cache *cache = hak_threads_open();
        if (hak_unlikely(hak_counting) && cache)
            count(&cache->counts[span->cls].frees, 1);
        hak_guard_free(cache, span, p);
    }
    hak_purge_after_free();
}

void hak_free_slow(void *p)
{
    if (!p)
        return;
    if (HAK_GUARD) {
        free_guarded(p);
        return;
    }
    unsigned cls = hak_class_of_block(p);
    if (hak_likely(cls != 0)) {
        free_small(p, cls);
        return;
    }
    struct hak_span *span = hak_span_find(p);
    if (!span)
        hak_fatal("invalid or double free, not a block of this heap", p);
    if (span->state == HAK_SPAN_SLAB) {
        void *block = block_inside(span, p);
        hak_block_mark_free(p);
        free_small(block, span->cls);
        return;
    }
    if (hak_large_block(span) != p)
        hak_fatal("invalid free, not the start of a block", p);
    hak_large_free(span);
    hak_purge_after_free();
}

/* ---- size, resize -------------------------------------------------------------------------- */

size_t hak_usable(const void *p)
{
    if (HAK_GUARD)
        return hak_guard_size(hak_guard_find(p, "malloc_usable_size"), p);
    unsigned cls = hak_class_of_block(p);
    if (hak_likely(cls != 0))
        return hak_class_usable(cls);
    const struct hak_span *span = hak_span_find(p);
    if (!span)
        hak_fatal("not a block of this heap", p);
    if (span->state == HAK_SPAN_LARGE)
        return span->bytes;
    const char *block = hak_slab_block_of(span, p);
    if (!block)
        hak_fatal("not a block", p);
    return (size_t)(block + hak_class_usable(span->cls) - (const char *)p);
}

/* hak_resize with the checks of a hardened profile. */
static void *resize_guarded(void *p, size_t size)
{
    struct hak_span *span = hak_guard_find(p, "realloc");
    hak_guard_check(span, p);
    if (span->state == HAK_SPAN_LARGE) {
        if (size <= HAK_SMALL_MAX - HAK_SEAL || size > PTRDIFF_MAX)
            return NULL;
        p = hak_large_resize(span, p, size + HAK_SEAL);
        if (p)
            hak_guard_open_large(hak_span_find(p), size);
        return p;
    }
    bool same = size <= HAK_SMALL_MAX - HAK_SEAL && hak_class_of_size(size + HAK_SEAL) == span->cls;
    if (!same)
        return NULL;
    hak_guard_open(p, span->cls, size);
    return p;
}

void *hak_resize(void *p, size_t size)
{
    if (HAK_GUARD) {
        void *resized = resize_guarded(p, size);
        hak_purge_after_free();
        return resized;
    }
    if (hak_fits(hak_usable(p), size))
        return p;
    struct hak_span *span = hak_span_find(p);
    if (size <= HAK_SMALL_MAX || span->state != HAK_SPAN_LARGE)
        return NULL;
    void *resized = hak_large_resize(span, p, size);
    hak_purge_after_free(); /* the pages behind the block, or those it moved away from, are free now
                             */
    return resized;
}
