/* reserve.h: memory for the reference allocators: one range, handed out once and never taken back.
 * It serves what is not the measured load: calloc, aligned blocks, realloc. */
#ifndef BENCH_REF_RESERVE_H
#define BENCH_REF_RESERVE_H

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define REF_EXPORT __attribute__((visibility("default")))
#define REF_RESERVE ((size_t)64 << 30)

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

#endif
