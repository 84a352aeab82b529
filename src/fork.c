/* fork.c: see fork.h.  The order of the locks is that of lock.h. */
#include <pthread.h>

#include "bigcache.h"
#include "dump.h"
#include "fork.h"
#include "guard.h"
#include "heap.h"
#include "threads.h"

static void for_each_lock(void (*act)(struct hak_lock *))
{
    act(&hak_threads_lock);
    for (unsigned cls = 1; cls <= HAK_NCLASSES; cls++)
        act(hak_central_lock(cls));
    act(&hak_guard_lock);
    act(&hak_bigcache_lock);
    act(&hak_heap_lock);
}

static void before_fork(void)
{
    hak_lock_reentrant = true;
    for_each_lock(hak_lock_acquire);
}

static void after_fork_in_parent(void)
{
    for_each_lock(hak_lock_release);
    hak_lock_reentrant = false;
}

static void after_fork_in_child(void)
{
    hak_process_forked();
    for_each_lock(hak_lock_reset);
    hak_lock_reentrant = false;
    hak_threads_forked();
    hak_dump_forked();
}

/* ---- children without handlers ------------------------------------------------------------- */

/* Whether a thread that is not in this process held the lock; then it is free now. */
static bool free_orphan(struct hak_lock *lock)
{
    uint64_t word = hak_load_relaxed(&lock->word);
    if (word == 0 || (word & ~(uint64_t)1) == hak_this_thread())
        return false;
    lock->nested = 0;
    hak_store_relaxed(&lock->word, (uint64_t)0);
    return true;
}

static void adopt(void)
{
    for (unsigned cls = 1; cls <= HAK_NCLASSES; cls++) {
        if (free_orphan(hak_central_lock(cls)))
            hak_central_abandon(cls);
    }
    if (free_orphan(&hak_guard_lock))
        hak_guard_abandon();
    if (free_orphan(&hak_bigcache_lock))
        hak_bigcache_abandon();
    if (free_orphan(&hak_heap_lock))
        hak_heap_abandon();
    free_orphan(&hak_threads_lock); /* its lists are made anew: */
    hak_threads_forked();
    hak_dump_forked();
}

void hak_fork_init(void)
{
    hak_process_on_new = adopt;
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}
