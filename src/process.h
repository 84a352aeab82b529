/* process.h: what is true of this process and not of a child that fork made of it.
 *
 * It lies in memory that the kernel clears in such a child, whichever call made it (fork, _Fork,
 * clone), and that a child of vfork shares with its parent.  So a child finds that it has no purge
 * thread and no purge under way without being told, and puts in order what its parent's other
 * threads left in the middle (hak_process_on_new) before it takes a lock.  Where the kernel cannot
 * do that, fork handlers clear it. */
#ifndef HAK_PROCESS_H
#define HAK_PROCESS_H

#include "atomic.h"

enum hak_process_state { HAK_PROCESS_NEW = 0, HAK_PROCESS_OLD };

/* All accessed atomically.  nthreads is written with the lock of threads.c, `waiting` guarded by
 * the heap's. */
struct hak_process {
    uint32_t state;        /* enum hak_process_state */
    uint32_t nthreads;     /* threads that have a cache */
    uint32_t has_threads;  /* there were two; false again some time after only one is left */
    uint32_t purge_thread; /* see purge.c */
    uint32_t under_way;    /* see decommit.c: purges without the heap's lock, */
    uint32_t landed;       /* those that ended, */
    uint32_t waiting;      /* threads that wait for that */
    uint64_t adopter;      /* hak_this_thread of the one that makes it OLD */
};

/* Never NULL. */
extern HAK_HIDDEN struct hak_process *hak_process;

/* Moves it to memory that the kernel clears.  To be called once, before the process has threads. */
void hak_process_init(void);
/* In a child of fork: forgets what was its parent's. */
void hak_process_forked(void);

/* Whether this is a child in which hak_process_forked was not called yet, or hak_process_adopt has
 * not ended.  False where the kernel does not tell. */
HAK_INLINE bool hak_process_is_new(void)
{
    return hak_load_acquire(&hak_process->state) != HAK_PROCESS_OLD;
}
/* Called before a lock is taken in a new child: the first of its threads calls hak_process_on_new,
 * which fork.c sets, and the others wait until it has; then the child is new no more. */
HAK_COLD void hak_process_adopt(void);
/* Whether the thread is inside of that: a signal handler interrupted it. */
HAK_INLINE bool hak_process_is_adopting(void)
{
    return hak_process_is_new() && hak_load_relaxed(&hak_process->adopter) == hak_this_thread();
}
extern HAK_HIDDEN void (*hak_process_on_new)(void);

#endif
