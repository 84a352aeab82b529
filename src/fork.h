/* fork.h: fork, in all its forms.
 *
 * fork() runs handlers: hakmem's hold every lock across it, so that the child finds all structures
 * whole, in whatever order they were registered among those of the program.  Handlers of the
 * program that run while hakmem's hold the locks may allocate (hak_lock_reentrant).  In a signal
 * handler that interrupted hakmem, and in a fork handler, fork takes no lock; the child then gives
 * up what other threads were changing.
 *
 * _Fork() and the system call run no handlers.  Their child finds out when it first takes a lock
 * (process.h): locks that threads of the parent held are freed, and what they guard is given up,
 * since it may be in the middle of a change: free memory is forgotten, blocks of the program stay
 * good.  What the thread itself was changing when a signal handler forked is given up if the
 * handler allocates in the child, and only then: if not, it may return to the function that it
 * interrupted. A child of vfork shares its parent's memory and is like one more call of its thread.
 */
#ifndef HAK_FORK_H
#define HAK_FORK_H

/* Registers the handlers.  Call once, from a constructor, the earlier the better: the registration
 * itself takes a lock of the C library. */
void hak_fork_init(void);

#endif
