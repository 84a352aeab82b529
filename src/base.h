/* base.h: compiler attributes, branch hints and integer helpers.  Lowest layer; every other file
 * may include it.  What depends on the compiler is here. */
#ifndef HAK_BASE_H
#define HAK_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HAK_EXPORT __attribute__((visibility("default")))
/* For declarations of variables: without it they are reached through the global offset table. */
#define HAK_HIDDEN __attribute__((visibility("hidden")))
#define HAK_INLINE static inline __attribute__((always_inline))
/* For a less frequent path that the frequent one calls last: the frequent path saves no registers
 * for it. */
#define HAK_APART __attribute__((noinline))
#define HAK_COLD __attribute__((noinline, cold))
#define HAK_NORETURN __attribute__((noreturn, noinline, cold))
#define HAK_CACHE_ALIGNED __attribute__((aligned(64)))
#if defined(__has_attribute) && __has_attribute(copy)
#define HAK_LIKE(function) copy(function)
#else
#define HAK_LIKE(function)
#endif
/* A second name for a function of the same type. */
#define HAK_ALIAS(function) __attribute__((alias(#function), HAK_LIKE(function)))
#define HAK_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Makes the compiler forget the value of the variable x and read it again where it is needed. */
#define hak_forget(x) __asm__("" : "+m"(x))

#define hak_likely(x) __builtin_expect(!!(x), 1)
#define hak_unlikely(x) __builtin_expect(!!(x), 0)

#define hak_min(a, b) ((a) < (b) ? (a) : (b))
#define hak_max(a, b) ((a) > (b) ? (a) : (b))

/* Rounds up to a multiple of `align`, a power of two.  May wrap: callers bound x first. */
HAK_INLINE size_t hak_round_up(size_t x, size_t align)
{
    return (x + align - 1) & ~(align - 1);
}

HAK_INLINE size_t hak_round_down(size_t x, size_t align)
{
    return x & ~(align - 1);
}

HAK_INLINE bool hak_is_pow2(size_t x)
{
    return x != 0 && (x & (x - 1)) == 0;
}

/* Index of the lowest, highest set bit; x is not 0. */
HAK_INLINE unsigned hak_ctz(uint64_t x)
{
    return (unsigned)__builtin_ctzll(x);
}

/* A hash: each bit of x changes about half of the bits of the result. */
HAK_INLINE uint64_t hak_mix(uint64_t x)
{
    x = (x ^ x >> 32) * 0x9E3779B97F4A7C15;
    x = (x ^ x >> 29) * 0xBF58476D1CE4E5B9;
    return x ^ x >> 32;
}

/* Sets memory to 0, also while a lock is held: memset may be a function of somebody else's library.
 * `size` is a multiple of 8. */
HAK_INLINE void hak_clear(void *p, size_t size)
{
    uint64_t *words = (uint64_t *)p;
    for (size_t i = 0; i < size / sizeof *words; i++) {
        words[i] = 0;
        __asm__ volatile("" ::: "memory"); /* or the compiler calls memset */
    }
}

HAK_INLINE unsigned hak_log2(uint64_t x)
{
    return 63u - (unsigned)__builtin_clzll(x);
}

#endif
