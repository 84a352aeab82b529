/* self.h: the file that this process is recorded in, and the shard of this thread, which
 * process.c and shards.c write. */
#ifndef RECORDER_SELF_H
#define RECORDER_SELF_H

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

/* The compiler then knows that what is declared here is in this library. */
#pragma GCC visibility push(hidden)

/* On a page that is all zero in a child of a fork that the recorder does not hear of. */
struct record_self {
    struct record_file *file; /* NULL: this process is not recorded */
};
extern struct record_self *record_self;

/* Zero until the first call of a thread. */
struct record_thread {
    struct record_shard *shard; /* its own; NULL: none, or not yet */
    uint64_t number;            /* from 1 */
    bool shares;                /* it uses shard 0 */
    uint64_t looked_ns;         /* when it last looked at others, since the start */
};
extern __thread struct record_thread record_thread __attribute__((tls_model("initial-exec")));

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

#pragma GCC visibility pop

#endif
