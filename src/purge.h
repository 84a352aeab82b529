/* purge.h: gives memory back that has been free for HAK_PURGE_DECAY_MS: large blocks kept by the
 * bigcache, blocks parked in central, dirty runs of the heap.
 *
 * HAK_PURGE_THREAD: in a program with threads by a background thread, so that an idle process
 * shrinks without calling in.  A program with one thread stays one: it may make children by calls
 * that know nothing of other threads, and the system may let it start none.  The purge thread is
 * started by the first allocation that a second thread's cache is there for, since then the process
 * may start threads; it sleeps while there is nothing to give back, ends when it has been alone
 * with one thread that has a cache for long enough to give back what is free, at once when there is
 * none, and does not survive fork.
 *
 * Without it, by the threads that free memory, at most twice a decay.
 *
 * In every process, what is free beyond an allowance goes back at once: see excess.h.
 *
 * Only an allocation may start the thread: the C library calls free, but not malloc, with the lock
 * held that pthread_create takes (that of its cache of stacks). */
#ifndef HAK_PURGE_H
#define HAK_PURGE_H

#include "hak_config.h"
#include "process.h"

/* Called from slow paths that freed memory, with no lock held. */
void hak_purge_after_free(void);
/* Called by slow allocations of a thread that has a cache: starts the thread if it is wanted. */
HAK_COLD void hak_purge_start_thread(void);
HAK_INLINE void hak_purge_after_alloc(void)
{
    if (HAK_PURGE_THREAD && hak_unlikely(hak_load_relaxed(&hak_process->has_threads) &&
                                         hak_load_relaxed(&hak_process->purge_thread) == 0))
        hak_purge_start_thread();
}
/* A thread that had a cache has given it back. */
void hak_purge_after_thread(void);
/* Gives back everything that can be, at once; bytes given back. */
size_t hak_purge_all(void);
/* For want of memory: frees to the heap what central and the bigcache keep.  False: there was
 * nothing, so that a second attempt to allocate would fail as well. */
bool hak_purge_reclaim(void);

#endif
