/* calls.h: the calls of a trace, in the order of the process.
 *
 * Each shard of the trace is in order; reading merges them, with one chunk of each in memory.
 * Blocks from before the fork that began the process, which its trace names when they end, are made
 * by the first calls, on the thread that the trace begins with: they are kept in memory as well. */
#ifndef BENCH_REPLAYER_CALLS_H
#define BENCH_REPLAYER_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gen/record/recorder/layout.h"

struct call {
    enum trace_kind kind; /* TRACE_MALLOC, _CALLOC, _ALIGNED, _REALLOC or _FREE */
    uint32_t thread;      /* from 0, in the order of their first calls */
    uint64_t number;      /* from 0 */
    uint64_t block;       /* the one that is made; of a free: given up */
    uint64_t old;         /* of a realloc: given up */
    uint64_t size;        /* bytes; of a free 0 */
    unsigned align;       /* of aligned: log2 */
};

struct calls_thread {
    uint64_t calls;
    uint64_t starts; /* threads whose first call comes right after one of this */
};

struct stream; /* of a shard */

struct calls {
    const char *path;
    int fd;
    uint64_t nchunks, stopped; /* as in the trace's header */
    uint32_t *next;            /* of each chunk: its shard's next, or nchunks */
    struct stream *streams[RECORD_SHARDS];
    struct stream *heap[RECORD_SHARDS]; /* those that go on, the one with the next call first */
    unsigned nheap;
    uint64_t number; /* of the next call */
    uint64_t read;   /* chunks so far, in all passes */

    /* From the first pass. */
    struct call *adopted;
    uint64_t nadopted, adopted_bytes;
    uint64_t n, moves, frees; /* calls; of them reallocs and frees */
    uint64_t words;           /* of a trace with the same calls in one shard, at most */
    struct calls_thread *threads;
    uint32_t nthreads;
    uint32_t *thread_of; /* by the trace's number: ours and one; 0: none yet */
    uint64_t numbered;   /* the trace's numbers below this have a place there */
};

/* Opens a trace and reads it for the first time.  Ends the program if it is none. */
void calls_open(struct calls *calls, const char *path);

/* The next call of the second pass; false: that was all. */
bool calls_next(struct calls *calls, struct call *call);

#endif
