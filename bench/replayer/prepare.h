/* prepare.h: what prepare does with the calls of a trace, which are open and at their beginning.
 * Both print `name=number` lines; they end the program as files.h says. */
#ifndef BENCH_REPLAYER_PREPARE_H
#define BENCH_REPLAYER_PREPARE_H

#include "calls.h"

/* Writes their plan. */
void prepare_plan(struct calls *calls, const char *plan);

/* What a cut leaves out; of blocks and changes, those from `from` up to but not including `to`. */
enum cut {
    CUT_NOTHING,
    CUT_BLOCKS,  /* with all that is done with them; numbered as they are made */
    CUT_CHANGES, /* reallocs and frees: the block stays as it is */
    CUT_THREADS, /* all but one, which makes all calls */
};

/* Writes a trace of the calls that are left. */
void prepare_cut(struct calls *calls, const char *trace, enum cut what, uint64_t from, uint64_t to);

#endif
