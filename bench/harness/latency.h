/* latency.h: how long single calls of malloc and its like take, of a sample of them.
 *
 * A program runs its loop with BENCH_SAMPLED or in its manner: an untimed copy of the body, without
 * a trace of all this, as often as bench_plain says, then a timed copy once.  In that one the
 * processor's tick counter is read before and after a single call.  The difference goes to a
 * histogram:
 *
 *   steps    0 1 2 ... 63 | 64-65 66-67 ... 126-127 | 128-131 ... | ... 2^36 - 1, and all above
 *   buckets  64 of 1 step | 32 of 2 steps           | 32 of 4     | ...
 *
 * so that a bucket is one step or at most a 32nd of its values wide.  (The layout of G. Tene's
 * HdrHistogram.)  A step is what the counter advances by at a time, 10 ns on some processors.  A
 * call that takes four tenths of a step is seen to take one step in four cases of ten and none in
 * the others; so a median of many calls tells more than a step, other percentiles and the longest
 * call do not.  What the two reads take by themselves is subtracted at the end.
 *
 * The number of calls between two samples is random, half to one and a half times what the program
 * asks for: neither a fixed place in a batch nor what an allocator does in every n-th call is met
 * always or never.  It differs from run to run, so that what varies between runs says how sure
 * their latencies are.  A call takes some 50 to 100 ns more for being timed, where the counter is
 * read without leaving the program; the faster a program's calls, the fewer of them it times. */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include "clock.h"
#include "memory.h"
#include "random.h"

enum {
    BENCH_SUB_BITS = 5, /* 2^5 buckets for each power of two */
    BENCH_MOST_BITS = 36,
    BENCH_BUCKETS = (BENCH_MOST_BITS - BENCH_SUB_BITS + 1) << BENCH_SUB_BITS,
};

/* A sample, of one thread at a time: all zero, then bench_latency_begin. */
struct bench_latency {
    uint64_t left;  /* calls that are not timed before the next one that is */
    uint32_t every; /* of so many calls one is timed, on average */
    struct bench_rng rng;
    uint64_t most; /* ticks, with the two reads */
    uint32_t counts[BENCH_BUCKETS];
};

/* Ticks that the counter advances by, and ticks between two reads with nothing between them. */
extern uint64_t bench_latency_step;
extern double bench_latency_cost;

static inline unsigned bench_bucket(uint64_t steps)
{
    if (steps >> BENCH_MOST_BITS)
        return BENCH_BUCKETS - 1;
    if (steps >> (BENCH_SUB_BITS + 1) == 0)
        return (unsigned)steps;
    unsigned shift = 63 - BENCH_SUB_BITS - (unsigned)__builtin_clzll(steps);
    return (shift << BENCH_SUB_BITS) + (unsigned)(steps >> shift);
}

/* Counts one call that took so many ticks, with the two reads. */
static inline void bench_latency_count(struct bench_latency *latency, uint64_t ticks)
{
    latency->counts[bench_bucket(ticks / bench_latency_step)]++;
    if (ticks > latency->most)
        latency->most = ticks;
}

/* Counts a call that began at `start`, has just ended, and was the one to be timed. */
static inline void bench_timed(struct bench_latency *latency, uint64_t start)
{
    uint64_t ticks = bench_ticks() - start;
    /* Less than none: on another processor whose counter is behind. */
    bench_latency_count(latency, (int64_t)ticks < 0 ? 0 : ticks);
    latency->left = latency->every / 2 + bench_below(&latency->rng, latency->every);
}

/* How many of the next `n` cycles, of `calls` calls each, come before one in which a call is timed:
 * call number `left` of it, from 0.  All are untimed if `latency` is NULL. */
static inline uint64_t bench_plain(struct bench_latency *latency, uint64_t n, uint64_t calls)
{
    if (!latency)
        return n;
    uint64_t plain = latency->left / calls;
    plain = plain < n ? plain : n;
    latency->left -= plain * calls;
    return plain;
}

/* Runs `plain` or, where bench_plain says so, `timed` for each i from `from` up to `to`. */
#define BENCH_SAMPLED(i, from, to, calls, latency, plain, timed)                                   \
    for (uint64_t i = (from), end = (to); i < end;) {                                              \
        for (uint64_t until = i + bench_plain(latency, end - i, calls); i < until; i++)            \
            plain;                                                                                 \
        if (i < end) {                                                                             \
            timed;                                                                                 \
            i++;                                                                                   \
        }                                                                                          \
    }

/* For a loop's body, of which both copies are made where it is called, and for what stays a
 * function of its own: a timed copy, so that the untimed one is compiled as if it were alone. */
#define BENCH_BODY static inline __attribute__((always_inline))
#define BENCH_APART static __attribute__((noinline))

/* bench_malloc, bench_calloc and free; timed unless `latency` is NULL. */
BENCH_BODY void *bench_malloc_in(struct bench_latency *latency, size_t size)
{
    if (!latency)
        return bench_malloc(size);
    uint64_t start = bench_ticks();
    void *p = malloc(size);
    bench_timed(latency, start);
    if (__builtin_expect(!p, 0))
        bench_out_of_memory(size);
    return p;
}

BENCH_BODY void *bench_calloc_in(struct bench_latency *latency, size_t count, size_t size)
{
    if (!latency)
        return bench_calloc(count, size);
    uint64_t start = bench_ticks();
    void *p = calloc(count, size);
    bench_timed(latency, start);
    if (__builtin_expect(!p, 0))
        bench_out_of_memory(count * size);
    return p;
}

BENCH_BODY void bench_free_in(struct bench_latency *latency, void *p)
{
    if (!latency) {
        free(p);
        return;
    }
    uint64_t start = bench_ticks();
    free(p);
    bench_timed(latency, start);
}

/* Reads BENCH_LATENCY.  Returns false if it is neither on nor off. */
bool bench_latency_setup(void);
/* Measures bench_latency_step and bench_latency_cost; bench_start does it. */
void bench_latency_calibrate(void);
/* Begins a sample, one in about `every` calls, at least 2; none if sampling is off. */
void bench_latency_begin(struct bench_latency *latency, uint32_t every);
/* Adds a sample to that of the whole run, for the main thread. */
void bench_latency_merge(const struct bench_latency *latency);

/* Ticks, without the two reads, that the fraction `part`, above 0 and at most 1, of the sample does
 * not exceed, as if what is in a bucket were spread evenly over it and half a step around; 0 for an
 * empty sample. */
double bench_latency_percentile(const struct bench_latency *latency, double part);
/* Calls in the sample. */
uint64_t bench_latency_calls(const struct bench_latency *latency);

/* The fields of the result line, each with a space before it, into text[room]; empty if the merged
 * sample is too small.  Returns their length. */
int bench_latency_print(char *text, size_t room, double ns_per_tick);

#endif
