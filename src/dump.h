/* dump.h: statistics as JSON when the environment asks for them; it is read once, at the start.
 *
 *   HAKMEM_STATS=exit          when the process returns from main or calls exit
 *   HAKMEM_STATS=signal        at each SIGUSR2, unless the program has a handler for it
 *   HAKMEM_STATS=exit,signal   both
 *   HAKMEM_STATS_FILE=PATH     appended to this file, where %p stands for the process id; without
 *                              it to stderr
 *
 * A process that is asked counts its calls by class, see threads.h; any other pays nothing. */
#ifndef HAK_DUMP_H
#define HAK_DUMP_H

#include "base.h"

/* Called by a constructor, which may be the first of the process, before the C library knows its
 * environment: `environment` is what the dynamic loader hands to constructors, a list of NAME=VALUE
 * that NULL ends.  Then by a destructor, and in the child of fork. */
void hak_dump_init(char **environment);
void hak_dump_at_exit(void);
void hak_dump_forked(void);

/* Called by allocations that are counted, with no lock held: starts the thread that writes at a
 * signal, since the handler itself may have interrupted the holder of a lock. */
void hak_dump_after_alloc(void);

#endif
