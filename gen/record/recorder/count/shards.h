/* shards.h: which thread counts in which shard.  A thread takes a free one with its first call and
 * leaves it when it ends; those that find none share shard 0, which has a lock.  process.h has the
 * order of locks. */
#ifndef RECORDER_SHARDS_H
#define RECORDER_SHARDS_H

#include "count/self.h"

/* Once in a process, before all else; false: there is no key for threads that end. */
bool shards_init(void);
/* A file begins, in which no thread has a shard. */
void shards_begin(void);

/* The shard to count in: the thread's own, or shard 0 locked.  To be left by shards_leave. */
struct record_shard *shards_enter(struct record_file *file);
void shards_leave(const struct record_shard *shard);

/* Whether another thread counts in shard `s`, which is not 0. */
bool shards_is_others(const struct record_file *file, unsigned s);

/* The lock of shard 0, for fork. */
void shards_hold(void);
void shards_let_go(void);

#endif
