/* output.h: the files of a process: their names, which the environment says, and how they begin. */
#ifndef RECORDER_OUTPUT_H
#define RECORDER_OUTPUT_H

#include <stdbool.h>

#include "layout.h"

/* Reads the environment; false: nothing is to be recorded. */
bool output_configure(void);

/* Makes the recording, and the trace if there is to be one.  `first_clocks`, of RECORD_SHARDS, are
 * the clocks that the shards begin with, 0 but for the child of a fork.  NULL: there is none, which
 * is said unless the process is a `child`.  Called by one thread at a time. */
struct record_file *output_make(bool child, const uint64_t *first_clocks);

/* Says why the program runs unrecorded. */
void output_complain(const char *what);

#endif
