/* purge.h: gives memory back that has been free for HAK_PURGE_DECAY_MS: large blocks kept by the
 * bigcache, blocks parked in central, dirty runs of the heap.
 *
 * HAK_PURGE_THREAD: by a background thread, so that an idle process shrinks without calling in.
 * It is started when LEAST bytes are free for the first time, sleeps while there is nothing to
 * give back, and does not survive fork: the child starts its own.  Otherwise by the threads that
 * free memory, at most twice a decay. */
#ifndef HAK_PURGE_H
#define HAK_PURGE_H

#include "base.h"

/* Called from slow paths that freed memory, with no lock held. */
void hak_purge_tick(void);
/* Gives back everything that can be, at once; bytes given back. */
size_t hak_purge_all(void);
/* In the child of fork, where the background thread is gone. */
void hak_purge_forked(void);

#endif
