/* api.c: malloc and its relatives.  All exported functions are here, in glibc.c and in
 * operators.cc.  Functions here either are the generated fast path, or check their arguments and
 * call lower layers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "fork.h"
#include "guard.h"
#include "hak_fastpath.h"
#include "hakmem.h"
#include "os.h"
#include "purge.h"
#include "report.h"
#include "slow.h"
#include "stats.h"
#include "threads.h"

/* Exports the hak_ function under the C library's name as well. */
#define ALSO(type, name, ...) HAK_EXPORT type name(__VA_ARGS__) HAK_ALIAS(hak_##name)

HAK_EXPORT void *hak_malloc(size_t size)
{
    return hak_malloc_fast(size);
}

HAK_EXPORT void hak_free(void *p)
{
    hak_free_fast(p);
}

HAK_EXPORT void *hak_calloc(size_t count, size_t size)
{
    size_t bytes;
    if (hak_unlikely(__builtin_mul_overflow(count, size, &bytes))) {
        errno = ENOMEM;
        return NULL;
    }
    if (bytes > HAK_SMALL_MAX)
        return hak_alloc_large_zero(bytes);
    void *p = hak_malloc_fast(bytes);
    return hak_likely(p != NULL) ? memset(p, 0, bytes) : NULL;
}

/* Moves the block, whose bin is `index` and of which the program may use `usable` bytes, to a new
 * place.  A block that grows gets room to go on growing. */
static HAK_APART void *realloc_small(void *p, size_t index, size_t usable, size_t size)
{
    size_t roomy = usable + usable * HAK_GROW_256THS / 256;
    if (size > usable && size < roomy && roomy <= HAK_SMALL_MAX)
        size = roomy;
    void *to = hak_malloc_fast(size);
    if (hak_unlikely(!to))
        return NULL;
    memcpy(to, p, hak_min(usable, size));
    hak_free_to_bin(p, index);
    return to;
}

static void *realloc_copy(void *p, size_t size)
{
    void *to = hak_malloc_fast(size);
    if (!to)
        return NULL;
    memcpy(to, p, hak_min(hak_usable(p), size));
    hak_free_fast(p);
    return to;
}

static HAK_APART void *realloc_other(void *p, size_t size)
{
    if (!p)
        return hak_malloc_fast(size);
    if (size == 0) {
        hak_free_fast(p);
        return NULL;
    }
    void *same = hak_resize(p, size);
    return same ? same : realloc_copy(p, size);
}

HAK_EXPORT void *hak_realloc(void *p, size_t size)
{
    size_t index = hak_bin_of_block(p), cls = index - HAK_BIN_BASE;
    if (HAK_GUARD || hak_unlikely(cls - 1 >= HAK_NCLASSES || size == 0))
        return realloc_other(p, size);
    size_t usable = hak_class_usable(cls);
    if (hak_fits(usable, size))
        return p;
    return realloc_small(p, index, usable, size);
}

HAK_EXPORT void *hak_reallocarray(void *p, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return hak_realloc(p, bytes);
}

/* The size is only what the caller says.  The block's class is looked up all the same, since a
 * block from realloc or aligned_alloc may be of a larger class than its size. */
static void free_checked(void *p, size_t size)
{
    if (HAK_DEBUG && p && size > hak_usable(p))
        hak_fatal("free_sized with a size above the block's", p);
    if (HAK_GUARD && p && size != hak_guard_size(hak_guard_find(p, "free"), p))
        hak_fatal("free_sized with a size that is not the block's", p);
    hak_free_fast(p);
}

HAK_EXPORT void hak_free_sized(void *p, size_t size)
{
    free_checked(p, size);
}

HAK_EXPORT void hak_free_aligned_sized(void *p, size_t align, size_t size)
{
    if (HAK_GUARD && align != 0 && (uintptr_t)p % align != 0)
        hak_fatal("free_aligned_sized with an alignment that is not the block's", p);
    free_checked(p, size);
}

HAK_EXPORT void *hak_memalign(size_t align, size_t size)
{
    if (!hak_is_pow2(align)) {
        errno = EINVAL;
        return NULL;
    }
    return hak_alloc_aligned(align, size);
}

HAK_EXPORT void *hak_aligned_alloc(size_t align, size_t size)
{
    return hak_memalign(align, size);
}

HAK_EXPORT int hak_posix_memalign(void **out, size_t align, size_t size)
{
    if (!hak_is_pow2(align) || align % sizeof(void *) != 0)
        return EINVAL;
    int saved = errno;
    void *p = hak_alloc_aligned(align, size);
    errno = saved;
    if (!p)
        return ENOMEM;
    *out = p;
    return 0;
}

HAK_EXPORT void *hak_valloc(size_t size)
{
    return hak_alloc_aligned(hak_os_page_size(), size);
}

HAK_EXPORT void *hak_pvalloc(size_t size)
{
    size_t os_page = hak_os_page_size();
    if (size > PTRDIFF_MAX - os_page) {
        errno = ENOMEM;
        return NULL;
    }
    return hak_alloc_aligned(os_page, hak_round_up(hak_max(size, (size_t)1), os_page));
}

HAK_EXPORT size_t hak_malloc_usable_size(void *p)
{
    return p ? hak_usable(p) : 0;
}

static size_t purged_bytes(void)
{
    struct hak_heap_stats stats;
    hak_heap_stats(&stats);
    return stats.purged;
}

HAK_EXPORT size_t hak_trim(void)
{
    size_t before = purged_bytes();
    if (HAK_GUARD)
        hak_guard_release_large();
    if (hak_threads_cache()) {
        if (HAK_GUARD)
            hak_guard_release(hak_threads_cache());
        hak_cache_drain_all(hak_threads_cache(), false);
    }
    size_t bytes = hak_purge_all();
    /* Without a decay, pages went back to the system as they became free. */
    return HAK_PURGE_DECAY_MS == 0 ? purged_bytes() - before : bytes;
}

HAK_EXPORT void hak_stats_print(void)
{
    hak_stats_report();
}

HAK_EXPORT size_t hak_stats_json(char *out, size_t room)
{
    return hak_stats_write_json(out, room);
}

HAK_EXPORT const char *hak_profile(void)
{
    return HAK_PROFILE_NAME;
}

ALSO(void *, malloc, size_t size);
ALSO(void, free, void *p);
ALSO(void *, calloc, size_t count, size_t size);
ALSO(void *, realloc, void *p, size_t size);
ALSO(void *, reallocarray, void *p, size_t count, size_t size);
ALSO(void, free_sized, void *p, size_t size);
ALSO(void, free_aligned_sized, void *p, size_t align, size_t size);
ALSO(void *, aligned_alloc, size_t align, size_t size);
ALSO(void *, memalign, size_t align, size_t size);
ALSO(int, posix_memalign, void **out, size_t align, size_t size);
ALSO(void *, valloc, size_t size);
ALSO(void *, pvalloc, size_t size);
ALSO(size_t, malloc_usable_size, void *p);

/* Runs as early as possible: the fork handlers that are registered first run last before the fork,
 * and first after it.  So hakmem's handlers hold the locks for the shortest time.  That matters
 * because handlers of the program may wait for threads that allocate. */
__attribute__((constructor(101))) static void init(int argc, char **argv, char **environment)
{
    (void)argc;
    (void)argv;
    hak_os_init();
    hak_fork_init();
    if (HAK_GUARD)
        hak_guard_init();
    hak_dump_init(environment);
    hak_threads_open(); /* so that the first system calls are made now */
}

__attribute__((destructor)) static void finish(void)
{
    if (HAK_ARENA_LOG)
        hak_report("arena shutdown");
    hak_dump_at_exit();
}
