/* process.h: the state of the process that a child of fork does not inherit.
 *
 * It lies in memory that the kernel clears in such a child, whichever call made it (fork, _Fork,
 * clone); a child of vfork shares it with its parent.  So a child finds, without being told, that
 * it has no purge thread and no purge under way.  Before it takes a lock it puts in order what its
 * parent's other threads left unfinished (hak_process_on_new).  Where the kernel cannot clear the
 * memory, fork handlers do. */
#ifndef HAK_PROCESS_H
#define HAK_PROCESS_H

#include "atomic.h"

enum hak_process_state { HAK_PROCESS_NEW = 0, HAK_PROCESS_OLD };

/* All are accessed atomically. nthreads is written with the lock of threads.c held, `waiting` with
 * that of the heap. */
struct hak_process {
    uint32_t state;       /* enum hak_process_state */
    uint32_t nthreads;    /* threads that have a cache */
    uint32_t has_threads; /* there were two threads; false again some time after only one is left */
    uint32_t purge_thread; /* see purge.c */
    uint32_t under_way;    /* purges that run without the heap's lock: see decommit.c */
    uint32_t landed;       /* such purges that have ended */
    uint32_t waiting;      /* threads that wait for one to end */
    uint64_t adopter;      /* hak_this_thread of the thread in hak_process_adopt */
};

/* Never NULL. */
extern HAK_HIDDEN struct hak_process *hak_process;

/* Moves the state to memory that the kernel clears in a child.  Call once, before the process has
 * threads. */
void hak_process_init(void);
/* In a child of fork: forgets the state of the parent. */
void hak_process_forked(void);

/* Whether this is a child in which hak_process_forked was not called yet, or hak_process_adopt has
 * not ended.  False where the kernel cannot clear the memory. */
HAK_INLINE bool hak_process_is_new(void)
{
    return hak_load_acquire(&hak_process->state) != HAK_PROCESS_OLD;
}
/* Called before a lock is taken in a new child.  The first of its threads calls hak_process_on_new,
 * which fork.c sets; the others wait until that has ended.  Then the child is no longer new. */
HAK_COLD void hak_process_adopt(void);
/* Whether the calling thread is inside of hak_process_adopt: this is a signal handler that
 * interrupted it. */
HAK_INLINE bool hak_process_is_adopting(void)
{
    return hak_process_is_new() && hak_load_relaxed(&hak_process->adopter) == hak_this_thread();
}
extern HAK_HIDDEN void (*hak_process_on_new)(void);

#endif
