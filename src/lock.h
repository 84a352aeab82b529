/* lock.h: a mutex of one word on top of the OS layer's wait and wake.
 *
 * Lock order, for all of hakmem: 1. threads  2. central, by rising class  3. guard
 * 4. bigcache  5. heap.  A thread that holds one takes only later ones.  fork takes them all in
 * this order.
 *
 * word: 0 free, else the holder's thread pointer, plus 1 if threads may be waiting (Drepper,
 * "Futexes Are Tricky", mutex 3, with a name for the holder).  Waiting threads sleep on the low
 * half of the word.
 *
 * That the holder is known makes three things possible:
 * - A thread that holds all locks because it forks, or some because it reports a fault of the
 *   program, enters them once more when a fork handler or a signal handler of the program allocates
 *   (hak_lock_reentrant); `nested` counts these entries.
 * - In a child that was made without fork handlers, a lock may be held by a thread that only the
 *   parent has.  Whoever takes a lock first in such a child frees those first: see fork.h.
 * - In a child that a signal handler made, the thread may hold a lock for a function that the
 *   signal interrupted.  If the handler enters such a lock, what the lock guards is given up first.
 *
 * The counters are kept in the debug build only, written by the holder. */
#ifndef HAK_LOCK_H
#define HAK_LOCK_H

#include "hak_config.h"
#include "process.h"

/* hak_lock.nested: entries besides the first, and two bits of a lock that an interrupted function
 * holds. */
#define HAK_LOCK_INTERRUPTED ((uint32_t)1 << 31)
#define HAK_LOCK_GIVEN_UP ((uint32_t)1 << 30) /* what the lock guards was given up */
#define HAK_LOCK_ENTRIES (HAK_LOCK_GIVEN_UP - 1)

struct hak_lock {
    uint64_t word;
    uint32_t nested;
    uint32_t contended; /* acquisitions that found the lock held */
    uint64_t acquired;
};

/* True while the thread may enter locks that it holds. */
extern HAK_HIDDEN __thread bool hak_lock_reentrant;
/* Called once before a lock is entered for which hak_lock_interrupt was called; fork.c sets it. */
extern HAK_HIDDEN void (*hak_lock_on_reentry)(const struct hak_lock *lock);
void hak_lock_wait(struct hak_lock *lock);
void hak_lock_wake(struct hak_lock *lock);
/* Ends an entry besides the first; false: there was none. */
HAK_COLD bool hak_lock_leave(struct hak_lock *lock);

HAK_INLINE void hak_lock_acquire(struct hak_lock *lock)
{
    if (hak_unlikely(hak_process_is_new()))
        hak_process_adopt();
    if (hak_unlikely(!hak_cas_acquire(&lock->word, 0, hak_this_thread())))
        hak_lock_wait(lock);
    if (HAK_LOCK_STATS)
        lock->acquired++;
}

HAK_INLINE void hak_lock_release(struct hak_lock *lock)
{
    if (hak_unlikely(lock->nested > 0) && hak_lock_leave(lock))
        return;
    if (hak_unlikely(hak_exchange_release(&lock->word, 0) & 1))
        hak_lock_wake(lock);
}

/* In a child of fork, for a lock that the calling thread holds: notes that the function that
 * acquired the lock was interrupted. */
HAK_INLINE void hak_lock_interrupt(struct hak_lock *lock)
{
    lock->nested |= HAK_LOCK_INTERRUPTED;
}

/* In a child of fork: the lock is free. */
HAK_INLINE void hak_lock_reset(struct hak_lock *lock)
{
    lock->nested = 0;
    hak_store_release(&lock->word, (uint64_t)0);
}

HAK_INLINE bool hak_lock_is_free(const struct hak_lock *lock)
{
    return hak_load_relaxed(&lock->word) == 0;
}

/* Whether the calling thread holds it. */
HAK_INLINE bool hak_lock_is_mine(const struct hak_lock *lock)
{
    return (hak_load_relaxed(&lock->word) & ~(uint64_t)1) == hak_this_thread();
}

#endif
