/* lock.c: the contended side of lock.h. */
#include "lock.h"
#include "os.h"

enum { SPINS = 64 }; /* about a microsecond: longer than most holders need */

__thread bool hak_lock_reentrant;
void (*hak_lock_on_reentry)(const struct hak_lock *lock);

/* Enters a lock that the thread holds already; false: it may not, and waits for itself for ever. */
static bool enter_again(struct hak_lock *lock)
{
    if (!hak_lock_reentrant && !(lock->nested & HAK_LOCK_INTERRUPTED))
        return false;
    if ((lock->nested & ~HAK_LOCK_ENTRIES) == HAK_LOCK_INTERRUPTED) {
        lock->nested |= HAK_LOCK_GIVEN_UP;
        hak_lock_on_reentry(lock);
    }
    lock->nested++;
    return true;
}

bool hak_lock_leave(struct hak_lock *lock)
{
    if (lock->nested & HAK_LOCK_ENTRIES) {
        lock->nested--;
        return true;
    }
    lock->nested = 0;
    return false;
}

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
    if (hak_lock_is_mine(lock) && enter_again(lock))
        return;
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
