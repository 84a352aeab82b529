/* fork.h: fork, in all its forms.
 *
 * fork() runs handlers.  Those of hakmem hold every lock across the fork, so that the child finds
 * all structures whole.  Handlers of the program may run while hakmem's handlers hold the locks,
 * and may allocate (hak_lock_reentrant).  A fork in a signal handler that interrupted hakmem, or in
 * a fork handler, takes no lock; its child gives up what other threads were changing.
 *
 * _Fork() and the system call run no handlers.  Their child finds out when it first takes a lock
 * (process.h): locks that threads of the parent held are freed, and what they guard is given up,
 * since it may be half changed: free memory is forgotten, blocks of the program stay good.  What
 * the thread itself was changing when a signal handler forked is given up only if the handler
 * allocates in the child; if it does not, it may return to the function that it interrupted.  A
 * child of vfork shares its parent's memory and is like one more call of its thread. */
#ifndef HAK_FORK_H
#define HAK_FORK_H

/* Registers the handlers.  Call once, from a constructor, the earlier the better: the registration
 * itself takes a lock of the C library. */
void hak_fork_init(void);

#endif
