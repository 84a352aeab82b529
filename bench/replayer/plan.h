/* plan.h: the plan of a replay, the file that prepare writes and replay runs.
 *
 *   struct replay_head | nthreads * struct replay_thread | nlaps * uint32_t | steps
 *
 * All numbers are little-endian; the steps begin at a multiple of their size.  Each thread has a
 * range of them, in which those at the end may be unused.  A step is one call of the recorded
 * program, or the start of one of its threads.  Blocks live in slots; a slot's turn counts the
 * steps that changed it, so that a step waits for the one before it, whichever thread that is in.
 * With several threads the calls are cut into laps of equal length, in the order in which they
 * happened: a thread enters a lap when all have left the ones before it, so that threads overlap
 * as they did in the program.  Of each lap the plan has the number of threads with calls in it. */
#ifndef BENCH_REPLAYER_PLAN_H
#define BENCH_REPLAYER_PLAN_H

#include <stdint.h>

#define REPLAY_MAGIC UINT64_C(0x334e414c504b4148) /* "HAKPLAN3" */

struct replay_head {
    uint64_t magic;
    uint32_t nthreads;
    uint32_t nslots;
    uint32_t nlaps;
    uint32_t live_step; /* bytes by which a thread may be behind in counting those in use */
    uint64_t nsteps;    /* of all threads, with those that are unused */
};

struct replay_thread {
    uint64_t first, n; /* of its steps */
};

enum replay_kind {
    REPLAY_MALLOC,
    REPLAY_CALLOC,
    REPLAY_ALIGNED,
    REPLAY_REALLOC,
    REPLAY_FREE,
    /* no calls; their turn and size are 0 */
    REPLAY_START, /* slot is a thread's number */
    REPLAY_ENTER, /* slot is a lap */
    REPLAY_LEAVE, /* slot is a lap */
    REPLAY_KINDS
};

struct replay_step {
    uint32_t slot;
    uint32_t turn;      /* that the slot must have reached */
    uint64_t size : 48; /* bytes; of a REPLAY_FREE 0 */
    uint64_t align : 8; /* of a REPLAY_ALIGNED: log2 */
    uint64_t kind : 8;
};

_Static_assert(sizeof(struct replay_step) == 16, "steps are packed");

/* Where the steps begin in the file. */
static inline uint64_t replay_steps_at(const struct replay_head *head)
{
    uint64_t end = sizeof *head + head->nthreads * sizeof(struct replay_thread) +
                   head->nlaps * sizeof(uint32_t);
    return (end + sizeof(struct replay_step) - 1) / sizeof(struct replay_step) *
           sizeof(struct replay_step);
}

#endif
