/* fork.c: see fork.h.  The order of the locks is that of lock.h. */
#include <pthread.h>

#include "bigcache.h"
#include "dump.h"
#include "fork.h"
#include "guard.h"
#include "heap.h"
#include "purge.h"
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
    for_each_lock(hak_lock_acquire);
}

static void after_fork_in_parent(void)
{
    for_each_lock(hak_lock_release);
}

static void after_fork_in_child(void)
{
    for_each_lock(hak_lock_reset);
    hak_threads_forked();
    hak_heap_forked();
    hak_purge_forked();
    hak_dump_forked();
}

void hak_fork_init(void)
{
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}
