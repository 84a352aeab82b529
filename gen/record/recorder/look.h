/* look.h: what a thread sees when it looks up from its own counts: what all shards have in use, the
 * process's peaks, the time.  Peaks are found as record.h says. */
#ifndef RECORDER_LOOK_H
#define RECORDER_LOOK_H

#include "record.h"

/* What the process had in use when a fork made it. */
struct look_inherited {
    struct record_tally tallies[RECORD_BINS];
    uint64_t used[RECORD_BITMAP]; /* a bit for each of these that is not zero */
    uint64_t bytes;
};
extern struct look_inherited look_inherited;

/* Lock of the tallies and moments of the file. */
extern bool look_keeping;

static inline void raise_to(uint64_t *most, uint64_t value)
{
    uint64_t seen = __atomic_load_n(most, __ATOMIC_RELAXED);
    while (seen < value && !__atomic_compare_exchange_n(most, &seen, value, true, __ATOMIC_RELAXED,
                                                        __ATOMIC_RELAXED)) {
    }
}

static inline unsigned shards_used(const struct record_file *file)
{
    return (unsigned)__atomic_load_n(&file->header.shards_used, __ATOMIC_RELAXED);
}

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
