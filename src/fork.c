/* fork.c: see fork.h.  The order of the locks is that of lock.h. */
#include <pthread.h>

#include "bigcache.h"
#include "decommit.h"
#include "dump.h"
#include "fork.h"
#include "guard.h"
#include "heap.h"
#include "threads.h"

enum { NLOCKS = HAK_NCLASSES + 4 };

/* The locks in their order. */
static struct hak_lock *lock_at(unsigned i)
{
    static struct hak_lock *const last[] = {&hak_guard_lock, &hak_bigcache_lock, &hak_heap_lock};
    if (i == 0)
        return &hak_threads_lock;
    return i <= HAK_NCLASSES ? hak_central_lock(i) : last[i - HAK_NCLASSES - 1];
}

/* Gives up what the lock guards.  The lists of threads are made anew by hak_threads_forked. */
static void abandon(unsigned i)
{
    static void (*const last[])(void) = {hak_guard_abandon, hak_bigcache_abandon, hak_heap_abandon};
    if (i > HAK_NCLASSES)
        last[i - HAK_NCLASSES - 1]();
    else if (i > 0)
        hak_central_abandon(i);
}

static void abandon_before_reentry(const struct hak_lock *lock)
{
    for (unsigned i = 0; i < NLOCKS; i++) {
        if (lock_at(i) == lock)
            abandon(i);
    }
}

/* Forks that the thread is inside of and that take no locks: a signal handler that interrupted
 * hakmem forks, or a fork handler does.  Such a fork must not wait for locks, since their holders
 * may wait for this thread. */
static __thread unsigned inner_forks;

static bool is_inside(void)
{
    for (unsigned i = 0; i < NLOCKS; i++) {
        if (hak_lock_is_mine(lock_at(i)))
            return true;
    }
    return inner_forks > 0 || hak_decommit_is_under_way() || hak_process_is_adopting();
}

static void before_fork(void)
{
    if (is_inside()) {
        inner_forks++;
        return;
    }
    hak_lock_reentrant = true;
    for (unsigned i = 0; i < NLOCKS; i++)
        hak_lock_acquire(lock_at(i));
}

static void after_fork_in_parent(void)
{
    if (inner_forks > 0) {
        inner_forks--;
        return;
    }
    for (unsigned i = 0; i < NLOCKS; i++)
        hak_lock_release(lock_at(i));
    hak_lock_reentrant = false;
}

/* In a child whose parent held no locks for it: frees the locks of threads that are not in this
 * process and gives up what they guard.  Locks that the thread holds itself belong to the function
 * that was interrupted, which may go on once the signal handler returns.  If that function is a
 * fork, it changes nothing while it holds the locks. */
static void sort_out_locks(void)
{
    for (unsigned i = 0; i < NLOCKS; i++) {
        struct hak_lock *lock = lock_at(i);
        if (hak_lock_is_mine(lock)) {
            if (!hak_lock_reentrant || lock->nested > 0)
                hak_lock_interrupt(lock);
        } else if (!hak_lock_is_free(lock)) {
            abandon(i);
            hak_lock_reset(lock);
        }
    }
}

static void after_fork_in_child(void)
{
    hak_process_forked();
    if (inner_forks > 0) {
        inner_forks--;
        sort_out_locks();
    } else {
        for (unsigned i = 0; i < NLOCKS; i++)
            hak_lock_reset(lock_at(i));
        hak_lock_reentrant = false;
    }
    hak_threads_forked();
    hak_dump_forked();
}

/* In a child for which no handlers ran. */
static void adopt(void)
{
    sort_out_locks();
    hak_threads_forked();
    hak_dump_forked();
}

void hak_fork_init(void)
{
    hak_process_on_new = adopt;
    hak_lock_on_reentry = abandon_before_reentry;
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}
