/* purge.h: gives memory back that has been free for HAK_PURGE_DECAY_MS: large blocks kept by the
 * bigcache, blocks parked in central, dirty runs of the heap.
 *
 * HAK_PURGE_THREAD: by a background thread, so that an idle process shrinks without calling in.  It
 * is started by an allocation once HAK_PURGE_THREAD_HEAP bytes are in use at a time, sleeps while
 * there is nothing to give back, and does not survive fork: the child starts its own.  Without a
 * thread, by the threads that free memory, at most twice a decay.
 *
 * Only an allocation may start the thread: the C library calls free, but not malloc, with the lock
 * held that pthread_create takes (that of its cache of stacks). */
#ifndef HAK_PURGE_H
#define HAK_PURGE_H

#include "base.h"

#define HAK_PURGE_THREAD_HEAP ((size_t)64 << 20)

/* Called from slow paths that allocated, or freed, memory, with no lock held. */
void hak_purge_after_alloc(void);
void hak_purge_after_free(void);
/* Gives back everything that can be, at once; bytes given back. */
size_t hak_purge_all(void);
/* For want of memory: frees to the heap what central and the bigcache keep.  False: there was
 * nothing, so that a second attempt to allocate would fail as well. */
bool hak_purge_reclaim(void);
/* In the child of fork, where the background thread is gone. */
void hak_purge_forked(void);

#endif
