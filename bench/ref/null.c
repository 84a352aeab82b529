/* null.c: the reference `null`: malloc hands out the blocks of a ring in turn, free does nothing.
 * What a benchmark program takes with it is the time of the program's own loop.  Blocks in use
 * overlap, so it serves for measuring only.
 *
 * calloc and its like, which the C library needs for threads, give memory that stays. */
#include "reserve.h"

enum {
    SMALL_RING = 256 << 10, /* stays in the second-level cache */
    LARGE_RING = 16 << 20,
    SMALL_MOST = 32 << 10, /* larger requests are served from the large ring */
};

const char bench_memory_is_shared REF_EXPORT = 1;

static char small_ring[SMALL_RING + SMALL_MOST] __attribute__((aligned(4096)));
static char large_ring[2 * LARGE_RING] __attribute__((aligned(4096)));
static __thread size_t small_at __attribute__((tls_model("initial-exec")));
static __thread size_t large_at __attribute__((tls_model("initial-exec")));

REF_EXPORT void *malloc(size_t size)
{
    size_t step = (size + 15) & ~(size_t)15;
    if (__builtin_expect(size <= SMALL_MOST, 1)) {
        size_t at = small_at;
        small_at = (at + step) & (SMALL_RING - 1);
        return small_ring + at;
    }
    if (size <= LARGE_RING) {
        size_t at = large_at;
        large_at = (at + step) & (LARGE_RING - 1);
        return large_ring + at;
    }
    return ref_take(size, 16);
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
