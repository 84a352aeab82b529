/* null.c: the reference `null`: malloc hands out one and the same place for each size, free does
 * nothing.  What a benchmark program takes with it is the time of the program's own loop.  Blocks in
 * use overlap, so it serves for measuring only.
 *
 * The place follows from the size alone: a position kept in memory, as in a ring, would take longer
 * to load and store than the fastest allocators need in all.  calloc and its like, which the C
 * library needs for threads, give memory that stays. */
#include "reserve.h"

enum {
    PLACES = 256 << 10, /* bytes over which small blocks are spread: the second-level cache */
    SMALL_MOST = 32 << 10,
    LARGE_MOST = 16 << 20,
};

const char bench_null_reference REF_EXPORT = 1;

static char small_places[PLACES + SMALL_MOST] __attribute__((aligned(4096)));
static char large_place[LARGE_MOST] __attribute__((aligned(4096)));

REF_EXPORT void *malloc(size_t size)
{
    if (__builtin_expect(size <= SMALL_MOST, 1))
        return small_places + (size * 64 & (PLACES - 1));
    return size <= LARGE_MOST ? large_place : ref_take(size, 16);
}

REF_EXPORT void free(void *p)
{
    (void)p;
}

REF_EXPORT void *calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        bytes = SIZE_MAX;
    return ref_take_sized(bytes);
}

/* The C library reallocates only what calloc or realloc gave it. */
REF_EXPORT void *realloc(void *p, size_t size)
{
    void *to = ref_take_sized(size);
    if (p && to) {
        size_t old = ((size_t *)p)[-2];
        memcpy(to, p, old < size ? old : size);
    }
    return to;
}

REF_EXPORT void *memalign(size_t align, size_t size)
{
    return ref_take(size, align < 16 ? 16 : align);
}

REF_EXPORT void *aligned_alloc(size_t align, size_t size)
{
    return memalign(align, size);
}

REF_EXPORT int posix_memalign(void **out, size_t align, size_t size)
{
    *out = memalign(align, size);
    return *out ? 0 : ENOMEM;
}
