/* lock.c: the contended side of lock.h. */
#include "lock.h"
#include "os.h"

enum { SPINS = 64 }; /* about a microsecond: longer than most holders need */

void hak_lock_wait(struct hak_lock *lock)
{
    for (unsigned i = 0; i < SPINS; i++) {
        hak_pause();
        if (hak_load_relaxed(&lock->word) == 0 && hak_cas_acquire(&lock->word, 0, 1))
            goto held;
    }
    while (hak_exchange_acquire(&lock->word, 2) != 0)
        hak_os_wait(&lock->word, 2, 0);
held:
    if (HAK_LOCK_STATS)
        lock->contended++;
}

void hak_lock_wake(struct hak_lock *lock)
{
    hak_os_wake(&lock->word, 1);
}
