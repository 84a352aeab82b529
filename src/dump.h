/* dump.h: statistics as JSON when the environment asks for them; hakmem reads the environment once,
 * at the start.
 *
 *   HAKMEM_STATS=exit          when the process returns from main or calls exit
 *   HAKMEM_STATS=signal        at each SIGUSR2, unless the program has a handler for it
 *   HAKMEM_STATS=exit,signal   both
 *   HAKMEM_STATS_FILE=PATH     appended to this file, where %p stands for the process id; without
 *                              it to stderr
 *
 * A process that is asked for statistics counts its calls by class (threads.h); others pay nothing.
 */
#ifndef HAK_DUMP_H
#define HAK_DUMP_H

#include "base.h"

/* The first is called by a constructor, the second by a destructor, the third in the child of fork.
 * The constructor may be the first of the process and run before the C library knows its
 * environment: so it passes on what the dynamic loader hands to constructors, a list of NAME=VALUE
 * that NULL ends. */
void hak_dump_init(char **environment);
void hak_dump_at_exit(void);
void hak_dump_forked(void);

/* Called by allocations that are counted, with no lock held: starts the thread that writes the
 * statistics when a signal has come.  The handler itself cannot write them: it may have interrupted
 * the holder of a lock. */
void hak_dump_after_alloc(void);

#endif
