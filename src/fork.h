/* fork.h: fork() in a process with threads. */
#ifndef HAK_FORK_H
#define HAK_FORK_H

/* Registers handlers that hold every lock across fork, so that the child finds all structures
 * whole.  Call once, from a constructor: the registration itself takes a lock of the C library.
 * fork from a signal handler that interrupted malloc is not supported, nor is it by POSIX. */
void hak_fork_init(void);

#endif
