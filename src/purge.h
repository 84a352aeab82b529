/* purge.h: gives memory back that has been free for HAK_PURGE_DECAY_MS: large blocks kept by the
 * bigcache, blocks parked in central, dirty runs of the heap.
 *
 * With HAK_PURGE_THREAD a background thread of a program with threads does this, so that an idle
 * process shrinks without calling in.  A program with one thread gets no second one: it may make
 * children by calls that know nothing of other threads, and the system may let it start none.  An
 * allocation starts the purge thread once two threads have a cache: then the process may start
 * threads.  The purge thread sleeps while there is nothing to give back.  It ends when only one
 * thread with a cache is left and what is free has gone back, and at once when no such thread is
 * left.  It does not survive fork.
 *
 * Without the purge thread, threads that free memory do this, at most twice a decay.
 *
 * In every process, what is free beyond an allowance goes back at once: see excess.h.
 *
 * Only an allocation may start the purge thread: pthread_create takes the lock of the C library's
 * cache of stacks, and the C library holds that lock in calls of free, but not of malloc. */
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
/* Called when a thread has given its cache back. */
void hak_purge_after_thread(void);
/* Gives back everything that can be, at once; bytes given back. */
size_t hak_purge_all(void);
/* When memory is out: frees to the heap what central and the bigcache keep.  False: they kept
 * nothing, and a second attempt to allocate would fail as well. */
bool hak_purge_reclaim(void);

#endif
