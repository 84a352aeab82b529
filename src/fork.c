/* fork.c: see fork.h.  The order of the locks is that of lock.h. */
#include <pthread.h>

#include "bigcache.h"
#include "dump.h"
#include "fork.h"
#include "guard.h"
#include "heap.h"
#include "threads.h"

struct guarded {
    struct hak_lock *lock;
    unsigned cls; /* of a lock of central */
    void (*abandon)(unsigned cls);
};

static void abandon_nothing(unsigned cls)
{
    (void)cls; /* hak_threads_forked makes the lists anew */
}

static void abandon_guard(unsigned cls)
{
    (void)cls;
    hak_guard_abandon();
}

static void abandon_bigcache(unsigned cls)
{
    (void)cls;
    hak_bigcache_abandon();
}

static void abandon_heap(unsigned cls)
{
    (void)cls;
    hak_heap_abandon();
}

enum { NLOCKS = HAK_NCLASSES + 4 };

/* The locks in their order. */
static struct guarded nth(unsigned i)
{
    if (i == 0)
        return (struct guarded){&hak_threads_lock, 0, abandon_nothing};
    if (i <= HAK_NCLASSES)
        return (struct guarded){hak_central_lock(i), i, hak_central_abandon};
    const struct guarded last[] = {{&hak_guard_lock, 0, abandon_guard},
                                   {&hak_bigcache_lock, 0, abandon_bigcache},
                                   {&hak_heap_lock, 0, abandon_heap}};
    return last[i - HAK_NCLASSES - 1];
}

/* Forks that the thread is inside of and that found it holding a lock: the signal handler that
 * calls fork interrupted hakmem, or a fork handler forks.  Such a fork must not wait for locks,
 * whose holders may wait for that one. */
static __thread unsigned inner_forks;

static bool holds_a_lock(void)
{
    for (unsigned i = 0; i < NLOCKS; i++) {
        if (hak_lock_is_mine(nth(i).lock))
            return true;
    }
    return false;
}

static void before_fork(void)
{
    if (inner_forks > 0 || holds_a_lock()) {
        inner_forks++;
        return;
    }
    hak_lock_reentrant = true;
    for (unsigned i = 0; i < NLOCKS; i++)
        hak_lock_acquire(nth(i).lock);
}

static void after_fork_in_parent(void)
{
    if (inner_forks > 0) {
        inner_forks--;
        return;
    }
    for (unsigned i = 0; i < NLOCKS; i++)
        hak_lock_release(nth(i).lock);
    hak_lock_reentrant = false;
}

/* Frees the locks of threads that are not in this process, and gives up what they guard. */
static void free_orphans(void)
{
    for (unsigned i = 0; i < NLOCKS; i++) {
        struct guarded it = nth(i);
        if (hak_lock_is_free(it.lock) || hak_lock_is_mine(it.lock))
            continue;
        hak_lock_reset(it.lock);
        it.abandon(it.cls);
    }
}

/* What the thread was changing when the signal came: the handler may allocate, and most likely it
 * never returns. */
static void give_up_own(void)
{
    for (unsigned i = 0; i < NLOCKS; i++) {
        struct guarded it = nth(i);
        if (hak_lock_is_mine(it.lock))
            it.abandon(it.cls);
    }
}

static void after_fork_in_child(void)
{
    hak_process_forked();
    if (inner_forks > 0) {
        inner_forks--;
        free_orphans();
        give_up_own();
        hak_lock_reentrant = true;
    } else {
        for (unsigned i = 0; i < NLOCKS; i++)
            hak_lock_reset(nth(i).lock);
        hak_lock_reentrant = false;
    }
    hak_threads_forked();
    hak_dump_forked();
}

/* In a child for which no handlers ran. */
static void adopt(void)
{
    free_orphans();
    hak_threads_forked();
    hak_dump_forked();
}

void hak_fork_init(void)
{
    hak_process_on_new = adopt;
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}
