/* atomic.h: atomic access with the memory order in the name of the operation.
 * Plain objects are read and written through these where threads may race on them. */
#ifndef HAK_ATOMIC_H
#define HAK_ATOMIC_H

#include "base.h"

#define hak_load_relaxed(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define hak_load_acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
/* A relaxed load of an aligned word that the compiler may fold into another instruction, unlike
 * the builtin.  For words that are written once, or where an old value is harmless. */
#if defined(__SANITIZE_THREAD__)
#define hak_load_folded(p) hak_load_relaxed(p)
#else
#define hak_load_folded(p) (*(p))
#endif
#define hak_store_relaxed(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define hak_store_release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define hak_exchange_acquire(p, v) __atomic_exchange_n((p), (v), __ATOMIC_ACQUIRE)
#define hak_exchange_release(p, v) __atomic_exchange_n((p), (v), __ATOMIC_RELEASE)
#define hak_or_relaxed(p, v) __atomic_fetch_or((p), (v), __ATOMIC_RELAXED)
#define hak_and_relaxed(p, v) __atomic_fetch_and((p), (v), __ATOMIC_RELAXED)
#define hak_add_relaxed(p, v) __atomic_fetch_add((p), (v), __ATOMIC_RELAXED)

/* Replaces *p by `want` if it holds `have`; true if it did. */
#define hak_cas_acquire(p, have, want)                                                             \
    __extension__({                                                                                \
        __typeof__(*(p)) have_ = (have);                                                           \
        __atomic_compare_exchange_n((p), &have_, (want), false, __ATOMIC_ACQUIRE,                  \
                                    __ATOMIC_RELAXED);                                             \
    })

/* The half of a word that holds its low bits: a futex has 32 bits. */
HAK_INLINE uint32_t *hak_low_half(uint64_t *word)
{
    return (uint32_t *)word + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

/* A number that names the running thread: no other thread has it while this one runs.  It is the
 * address of the thread's control block, which the C library aligns. */
HAK_INLINE uint64_t hak_this_thread(void)
{
#if defined(__x86_64__)
    uint64_t address;
    __asm__("mov %%fs:0, %0" : "=r"(address));
    return address;
#else
    return (uintptr_t)__builtin_thread_pointer();
#endif
}

/* Orders every access before the fence against every access after it. */
#define hak_fence() __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* The same for a signal handler of the thread: keeps the compiler from moving accesses across. */
#define hak_signal_fence() __atomic_signal_fence(__ATOMIC_SEQ_CST)

/* Tells the processor that this is a spin loop. */
HAK_INLINE void hak_pause(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
