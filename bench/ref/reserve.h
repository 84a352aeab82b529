/* reserve.h: what the reference allocators share: memory from one range that is handed out once and
 * never taken back, and on top of it all of malloc's interface but malloc and free themselves.  For
 * one .c file of a shared library. */
#ifndef BENCH_REF_RESERVE_H
#define BENCH_REF_RESERVE_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define REF_EXPORT __attribute__((visibility("default")))
#define REF_RESERVE ((size_t)16 << 30) /* Valgrind has no 64 GiB in one piece */

static _Atomic(char *) ref_start;
static atomic_size_t ref_used;

/* Start of the range; 64 KiB aligned. */
static char *ref_base(void)
{
    char *start = atomic_load_explicit(&ref_start, memory_order_acquire);
    if (__builtin_expect(start != NULL, 1))
        return start;
    size_t align = 65536;
    char *p = mmap(NULL, REF_RESERVE + align, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    p = (char *)(((uintptr_t)p + align - 1) & ~(align - 1));
    return atomic_compare_exchange_strong(&ref_start, &start, p) ? p : start;
}

/* `size` bytes at a multiple of `align`, a power of two; zero.  NULL with errno ENOMEM. */
static void *ref_take(size_t size, size_t align)
{
    char *base = ref_base();
    if (base && size <= REF_RESERVE && align <= REF_RESERVE) {
        size_t at = atomic_fetch_add(&ref_used, size + align - 1 + 16);
        if (at + size + align <= REF_RESERVE)
            return (void *)(((uintptr_t)base + at + align - 1) & ~(align - 1));
    }
    errno = ENOMEM;
    return NULL;
}

/* A block from ref_take with its size in front, for realloc. */
static void *ref_take_sized(size_t size)
{
    size_t *p = size <= REF_RESERVE ? ref_take(((size + 15) & ~(size_t)15) + 16, 16) : NULL;
    if (!p)
        return NULL;
    *p = size;
    return p + 2;
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

#endif
