/* bench_realloc CYCLES MAX SEED: vectors that grow.  Of 16 vectors, CYCLES times a random one is
 * freed and built anew: to a random size of up to MAX bytes, by realloc, either appending a 64th of
 * it (at least 16 bytes) each time or growing by half of what it has.  One byte in each 4 KiB of
 * what is new is written; the head and the last byte of what was there must come along. */
#include "bench/harness/args.h"
#include "bench/harness/clock.h"
#include "bench/harness/latency.h"
#include "bench/harness/memory.h"
#include "bench/harness/random.h"
#include "bench/harness/result.h"

enum { VECTORS = 16, LEAST = 64, TOUCH = 4096 };
enum {
    MOST_CALLS =
        128, /* of realloc for one vector, no more; about 70 where a step is rounded down */
    LARGE = 16 << 20,
    EVERY = 4096,    /* of so many calls of realloc one is timed */
    EVERY_LARGE = 4, /* the same if vectors may be LARGE */
};

struct vector {
    unsigned char *bytes;
    size_t size;
};

static uint64_t reallocs;
static struct bench_latency latency;

BENCH_BODY void resize(struct vector *vector, size_t size, unsigned char tag, bool timed)
{
    uint64_t start = timed ? bench_ticks() : 0;
    unsigned char *bytes = realloc(vector->bytes, size);
    if (timed)
        bench_timed(&latency, start);
    if (!bytes)
        bench_out_of_memory(size);
    if (vector->size > 0)
        bench_check(bytes, bytes[0] == tag && bytes[vector->size - 1] == tag);
    for (size_t i = vector->size; i < size; i += TOUCH)
        bytes[i] = tag;
    bytes[size - 1] = tag;
    *vector = (struct vector){bytes, size};
    reallocs++;
}

/* `sampled`: one of the calls may be the one that is timed. */
BENCH_BODY void build(struct vector *vector, struct bench_rng *rng, size_t most, bool sampled)
{
    size_t size = bench_size(rng, LEAST, most);
    size_t step = size / 64 > 16 ? size / 64 : 16;
    bool append = bench_below(rng, 2);
    unsigned char tag = (unsigned char)(1 + bench_below(rng, 255));
    free(vector->bytes);
    *vector = (struct vector){NULL, 0};
    for (size_t next = 16; vector->size < size; next += append ? step : next / 2) {
        bool timed = sampled && latency.left == 0;
        resize(vector, next < size ? next : size, tag, timed);
        if (sampled && !timed)
            latency.left--;
    }
}

BENCH_APART void build_sampled(struct vector *vector, struct bench_rng *rng, size_t most)
{
    build(vector, rng, most, true);
}

static void build_plain(struct vector *vector, struct bench_rng *rng, size_t most)
{
    uint64_t before = reallocs;
    build(vector, rng, most, false);
    latency.left -= reallocs - before;
}

static void cycles(struct vector *vectors, struct bench_rng *rng, size_t most, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        struct vector *vector = &vectors[bench_below(rng, VECTORS)];
        if (latency.left >= MOST_CALLS)
            build_plain(vector, rng, most);
        else
            build_sampled(vector, rng, most);
    }
}

int main(int argc, char **argv)
{
    static const struct bench_arg args[] = {BENCH_NUMBER("cycles", 1, 1e12),
                                            BENCH_NUMBER("max", LEAST, 1 << 30),
                                            BENCH_NUMBER("seed", 0, 1e15)};
    static struct vector vectors[VECTORS];
    double v[3];
    bench_args("bench_realloc", argc, argv, args, 3, v);
    uint64_t n = (uint64_t)v[0];
    size_t most = (size_t)v[1];
    struct bench_rng rng = bench_seed((uint64_t)v[2]);
    latency.left = UINT64_MAX;
    cycles(vectors, &rng, most, n / 10 + VECTORS);
    bench_latency_begin(&latency, most < LARGE ? EVERY : EVERY_LARGE);
    reallocs = 0;
    bench_start();
    cycles(vectors, &rng, most, n);
    bench_stop();
    bench_latency_merge(&latency);
    bench_result(reallocs);
    for (int i = 0; i < VECTORS; i++)
        free(vectors[i].bytes);
    return 0;
}
