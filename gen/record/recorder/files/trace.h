/* trace.h: the trace of a process: every operation, in order.  Each shard appends to a chunk of its
 * own; only whoever owns the shard calls in here for it.  A word is written in one store, its
 * second word before it, so that a trace is readable up to the last operation whenever the process
 * ends. */
#ifndef RECORDER_TRACE_H
#define RECORDER_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

/* Begins a trace of at most `bytes` in a new file with a name from `path`; false with errno. */
bool trace_start(char *path, size_t bytes);

/* Lets go of the trace of this process's parent. */
void trace_leave(void);

/* The calls from here on are those of this thread. */
void trace_thread(struct record_shard *shard, uint64_t thread);
void trace_time(struct record_shard *shard, uint64_t ns);

/* The block to come has the shard's clock as its birth; `second` as in layout.h. */
void trace_alloc(struct record_shard *shard, enum trace_kind kind, size_t size, uint64_t second);
void trace_free(struct record_shard *shard, uint64_t block);
void trace_adopt(struct record_shard *shard, size_t size, uint64_t block);

#endif
