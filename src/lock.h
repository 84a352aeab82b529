/* lock.h: a mutex of one word on top of the OS layer's wait and wake.
 *
 * Lock order, for all of hakmem: 1. threads  2. central, by rising class  3. guard
 * 4. bigcache  5. heap.  A thread that holds one takes only later ones.  fork takes them all in
 * this order.
 *
 * word: 0 free, 1 held, 2 held and perhaps waited for (Drepper, "Futexes Are Tricky", mutex 3).
 * The counters are kept in the debug build only, written by the holder. */
#ifndef HAK_LOCK_H
#define HAK_LOCK_H

#include "atomic.h"
#include "hak_config.h"

struct hak_lock {
    uint32_t word;
    uint32_t contended; /* acquisitions that found it held */
    uint64_t acquired;
};

void hak_lock_wait(struct hak_lock *lock);
void hak_lock_wake(struct hak_lock *lock);

HAK_INLINE void hak_lock_acquire(struct hak_lock *lock)
{
    if (hak_unlikely(!hak_cas_acquire(&lock->word, 0, 1)))
        hak_lock_wait(lock);
    if (HAK_LOCK_STATS)
        lock->acquired++;
}

HAK_INLINE void hak_lock_release(struct hak_lock *lock)
{
    if (hak_unlikely(hak_exchange_release(&lock->word, 0) == 2))
        hak_lock_wake(lock);
}

/* In a child of fork, which alone knows that the holder was the forking thread. */
HAK_INLINE void hak_lock_reset(struct hak_lock *lock)
{
    hak_store_relaxed(&lock->word, 0);
}

#endif
