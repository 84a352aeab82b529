/* process.h: the recording of this process: how it begins, goes on in a child of fork, and ends.
 *
 * The order of locks: that of shard 0, then look_keeping; neither while a file is made. */
#ifndef RECORDER_PROCESS_H
#define RECORDER_PROCESS_H

#include "count/shards.h"

/* Whether blocks get headers: decided at the first call, for good. */
enum record_mode { MODE_UNKNOWN, MODE_NONE, MODE_HEADERS };
extern enum record_mode record_mode __attribute__((visibility("hidden")));

/* Finds the next malloc, reads the environment and begins.  False: too early, or at work. */
bool record_init(void);

/* The shard to count in, see shards_enter; NULL: this process is not recorded.  To be left by
 * shards_leave. */
struct record_shard *record_enter(void);

/* The process ends. */
void record_complete(void);

#endif
