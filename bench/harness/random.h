/* random.h: the random numbers and sizes of the benchmark programs. */
#ifndef BENCH_RANDOM_H
#define BENCH_RANDOM_H

#include <stddef.h>
#include <stdint.h>

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

/* Uniform in [0, n) if `drawn` is in [0, 2^32), without a division. */
static inline uint32_t bench_scale(uint32_t drawn, uint32_t n)
{
    return (uint32_t)((uint64_t)drawn * n >> 32);
}

static inline uint32_t bench_below(struct bench_rng *rng, uint32_t n)
{
    return bench_scale((uint32_t)(bench_random(rng) >> 32), n);
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

#endif
