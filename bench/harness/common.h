/* common.h: what the benchmark programs share: arguments, clock, random numbers, the result line.
 *
 * Every program prints one line to stdout:
 *   RESULT bench=NAME params="..." ops=N seconds=S ops_per_s=R peak_rss_kib=K rss_kib=E
 *          minor_faults=F user_s=U sys_s=V [p50_ns=T p99_ns=T p999_ns=T max_ns=T]
 * where one operation is one malloc, calloc, realloc or free, seconds, faults and processor time
 * are those of the measured part, and rss_kib is what is resident when it is over.  The times are
 * those of single calls, of a sample (latency.h): half of its calls took no longer than p50_ns, 99
 * and 99.9 in a hundred no longer than p99_ns and p999_ns.  They are there if the sample is large
 * enough: of 10 calls for p50_ns and max_ns, 100 for p99_ns, 1000 for p999_ns.
 *
 * With BENCH_LATENCY=off in the environment no call is timed.
 * Exit status: 0, 1 (out of memory, damaged contents), 2 (arguments). */
#ifndef BENCH_COMMON_H
#define BENCH_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* One argument: its name in the usage line and the values that it may have: numbers, or one of some
 * words, whose value is its index. */
struct bench_arg {
    const char *name;
    double least;
    double most;
    const char *const *words; /* ends with NULL; itself NULL for numbers */
};
#define BENCH_NUMBER(name, least, most)                                                            \
    {                                                                                              \
        name, least, most, NULL                                                                    \
    }
#define BENCH_WORD(name, words)                                                                    \
    {                                                                                              \
        name, 0, 0, words                                                                          \
    }

/* `program` is the benchmark's name, whatever variant the file is linked for.
 * Checks that there are exactly `n` arguments, numbers in their ranges (whole ones, unless the
 * range starts below 1), and stores them; otherwise prints the usage and exits with 2. */
void bench_args(const char *program, int argc, char **argv, const struct bench_arg *args, int n,
                double *values);

/* The name alone, for a program whose arguments are no numbers. */
void bench_as(const char *program);

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators". */
struct bench_rng {
    uint64_t state;
};

static inline struct bench_rng bench_seed(uint64_t seed)
{
    return (struct bench_rng){seed * 0x9E3779B97F4A7C15u + 0x2545F4914F6CDD1Du};
}

static inline uint64_t bench_random(struct bench_rng *rng)
{
    uint64_t x = rng->state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    rng->state = x;
    return x * 0x2545F4914F6CDD1Du;
}

/* Uniform in [0, n), n below 2^32, without a division. */
static inline uint32_t bench_below(struct bench_rng *rng, uint32_t n)
{
    return (uint32_t)((bench_random(rng) >> 32) * n >> 32);
}

/* From `least` to `most` bytes, every power of two as likely as the next: real programs ask for
 * many small blocks and few large ones.  most is below 2^32. */
static inline size_t bench_size(struct bench_rng *rng, size_t least, size_t most)
{
    unsigned doublings = 0;
    while (least << (doublings + 1) <= most)
        doublings++;
    size_t low = least << bench_below(rng, doublings + 1);
    size_t size = low + bench_below(rng, (uint32_t)low);
    return size < most ? size : most;
}

/* Monotonic clock, seconds. */
double bench_now(void);
/* Bytes resident now. */
size_t bench_rss(void);

/* malloc and calloc that end the program with status 1 when memory is out.  A program's own tables
 * come from bench_calloc: the reference `null` hands out the memory of malloc again and again. */
static inline void *bench_malloc(size_t size);
void *bench_calloc(size_t count, size_t size);
void bench_out_of_memory(size_t size) __attribute__((noreturn, cold));
/* Ends the program with status 1: the block's contents changed while it was in use. */
void bench_damaged(const void *block) __attribute__((noreturn, cold));
/* Set by bench_args when the program runs on the reference `null`, whose blocks overlap. */
extern bool bench_blocks_overlap;

static inline void *bench_malloc(size_t size)
{
    void *p = malloc(size);
    if (__builtin_expect(!p, 0))
        bench_out_of_memory(size);
    return p;
}

/* A block that still holds what was written to it is `intact`. */
static inline void bench_check(const void *block, bool intact)
{
    if (!intact && !bench_blocks_overlap)
        bench_damaged(block);
}

/* Around the measured part, in which all calls that are timed lie. */
void bench_start(void);
void bench_stop(void);
/* Instead of the times that bench_start and bench_stop took: those of bench_now in the threads that
 * did the work.  Whoever only waits for them may be woken when a short run is over. */
void bench_span(double start, double stop);
void bench_result(uint64_t ops);

#endif
