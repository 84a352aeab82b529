/* look.h: what a thread sees when it looks up from its own counts: what all shards have in use, the
 * process's peaks, the time.  Peaks are found as record.h says. */
#ifndef RECORDER_LOOK_H
#define RECORDER_LOOK_H

#include "count/self.h"

/* What the process had in use when a fork made it. */
struct look_inherited {
    struct record_tally tallies[RECORD_BINS];
    uint64_t used[RECORD_BITMAP]; /* a bit for each of these that is not zero */
    uint64_t bytes;
};
extern struct look_inherited look_inherited;

/* Lock of the tallies and moments of the file. */
extern bool look_keeping;

/* The time begins. */
void look_begin(struct record_file *file);

/* Writes to `to`, of RECORD_BINS, what is in use of each bin that was used. */
void look_copy(const struct record_file *file, struct record_tally *to);

/* Takes into account what the other threads did. */
void look_at_others(struct record_shard *shard);
/* The thread has more in use than `upper`. */
void look_rising(struct record_shard *shard);
/* A free of `size` bytes takes the thread below `lower`. */
void look_falling(struct record_shard *shard, size_t size);
/* Now and then: the others, the time, and a moment of the file if it is time for one. */
void look_up(struct record_shard *shard);
/* The same at the end of the process. */
void look_last(void);

#endif
