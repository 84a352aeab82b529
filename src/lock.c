/* lock.c: the contended side of lock.h. */
#include "lock.h"
#include "os.h"

enum { SPINS = 64 }; /* about a microsecond: longer than most holders need */

__thread bool hak_lock_reentrant;

/* Sleeps until the lock is free and takes it; others may be asleep too. */
static void sleep_for(struct hak_lock *lock)
{
    uint64_t mine = hak_this_thread() | 1;
    for (;;) {
        uint64_t word = hak_load_relaxed(&lock->word);
        if (word == 0) {
            if (hak_cas_acquire(&lock->word, 0, mine))
                return;
        } else if ((word & 1) || hak_cas_acquire(&lock->word, word, word | 1)) {
            hak_os_wait(hak_low_half(&lock->word), (uint32_t)(word | 1), 0);
        }
    }
}

void hak_lock_wait(struct hak_lock *lock)
{
    uint64_t me = hak_this_thread();
    if (hak_lock_reentrant && hak_lock_is_mine(lock)) {
        lock->nested++;
        return;
    }
    for (unsigned i = 0; i < SPINS; i++) {
        hak_pause();
        if (hak_load_relaxed(&lock->word) == 0 && hak_cas_acquire(&lock->word, 0, me))
            goto held;
    }
    sleep_for(lock);
held:
    if (HAK_LOCK_STATS)
        lock->contended++;
}

void hak_lock_wake(struct hak_lock *lock)
{
    hak_os_wake(hak_low_half(&lock->word), 1);
}
