/* bench_tiny_hot SIZE BATCH CYCLES: one thread allocates BATCH blocks of SIZE bytes, writes to
 * each, and frees them in reverse order; CYCLES times.  Everything stays in the first-level cache.
 */
#include <stdlib.h>

#include "bench/harness/args.h"
#include "bench/harness/latency.h"
#include "bench/harness/layout.h"
#include "bench/harness/memory.h"
#include "bench/harness/result.h"

enum { EVERY = 10000 }; /* of so many calls one is timed: in every 50th batch of 100 */

static struct bench_latency latency;

BENCH_BODY void fill(char **blocks, size_t size, size_t i, struct bench_latency *timed)
{
    blocks[i] = bench_malloc_in(timed, size);
    *blocks[i] = (char)i;
}

BENCH_BODY void cycle(char **blocks, size_t size, size_t batch)
{
    for (size_t i = 0; i < batch; i++)
        fill(blocks, size, i, NULL);
    for (size_t i = batch; i-- > 0;)
        free(blocks[i]);
}

BENCH_APART void cycle_timed(char **blocks, size_t size, size_t batch)
{
    BENCH_SAMPLED(i, 0, batch, 1, &latency, fill(blocks, size, i, NULL),
                  fill(blocks, size, i, &latency));
    BENCH_SAMPLED(i, 0, batch, 1, &latency, free(blocks[batch - 1 - i]),
                  bench_free_in(&latency, blocks[batch - 1 - i]));
}

static void cycles(char **blocks, size_t size, size_t batch, uint64_t n,
                   struct bench_latency *sample)
{
    BENCH_SAMPLED(i, 0, n, 2 * batch, sample, cycle(blocks, size, batch),
                  cycle_timed(blocks, size, batch));
}

int main(int argc, char **argv)
{
    static const struct bench_arg args[] = {BENCH_NUMBER("size", 1, 1 << 20),
                                            BENCH_NUMBER("batch", 1, 1 << 20),
                                            BENCH_NUMBER("cycles", 1, 1e12)};
    double v[3];
    bench_args("bench_tiny_hot", argc, argv, args, 3, v);
    size_t size = (size_t)v[0], batch = (size_t)v[1];
    uint64_t n = (uint64_t)v[2];
    char **blocks = bench_table(batch, sizeof *blocks);
    cycles(blocks, size, batch, n / 20 + 1, NULL);
    bench_latency_begin(&latency, EVERY);
    bench_start();
    cycles(blocks, size, batch, n, &latency);
    bench_stop();
    bench_latency_merge(&latency);
    bench_result(n * batch * 2);
    bench_table_free(blocks);
    return 0;
}
