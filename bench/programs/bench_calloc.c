/* bench_calloc CYCLES WS SEED: one thread, WS slots with blocks of 16 bytes to 4 MiB from calloc.
 * Each cycle picks a slot at random and fills it if it is empty, empties it if it is not.  One byte
 * in each 4 KiB and the last one must be zero, and are written. */
#include "bench/harness/args.h"
#include "bench/harness/latency.h"
#include "bench/harness/layout.h"
#include "bench/harness/memory.h"
#include "bench/harness/random.h"
#include "bench/harness/result.h"

enum { LEAST = 16, MOST = 4 << 20, TOUCH = 4096 };
enum { EVERY = 4 }; /* of so many calls one is timed */

BENCH_BODY void fill(unsigned char **slot, struct bench_rng *rng, struct bench_latency *latency)
{
    size_t size = bench_size(rng, LEAST, MOST);
    unsigned char *block = bench_calloc_in(latency, 1, size);
    unsigned char found = block[size - 1];
    block[size - 1] = 0xFF;
    for (size_t i = 0; i < size - 1; i += TOUCH) {
        found |= block[i];
        block[i] = 0xFF;
    }
    bench_check(block, found == 0);
    *slot = block;
}

BENCH_BODY void cycle(unsigned char **slots, uint32_t nslots, struct bench_rng *rng,
                      struct bench_latency *latency)
{
    unsigned char **slot = &slots[bench_below(rng, nslots)];
    if (!*slot) {
        fill(slot, rng, latency);
        return;
    }
    bench_free_in(latency, *slot);
    *slot = NULL;
}

static void cycles(unsigned char **slots, uint32_t nslots, struct bench_rng *rng, uint64_t n,
                   struct bench_latency *latency)
{
    BENCH_SAMPLED(i, 0, n, 1, latency, cycle(slots, nslots, rng, NULL),
                  cycle(slots, nslots, rng, latency));
}

int main(int argc, char **argv)
{
    static struct bench_latency latency;
    static const struct bench_arg args[] = {BENCH_NUMBER("cycles", 1, 1e12),
                                            BENCH_NUMBER("ws", 1, 1 << 20),
                                            BENCH_NUMBER("seed", 0, 1e15)};
    double v[3];
    bench_args("bench_calloc", argc, argv, args, 3, v);
    uint64_t n = (uint64_t)v[0];
    uint32_t nslots = (uint32_t)v[1];
    struct bench_rng rng = bench_seed((uint64_t)v[2]);
    unsigned char **slots = bench_table(nslots, sizeof *slots);
    cycles(slots, nslots, &rng, n / 10 + nslots, NULL);
    bench_latency_begin(&latency, EVERY);
    bench_start();
    cycles(slots, nslots, &rng, n, &latency);
    bench_stop();
    bench_latency_merge(&latency);
    bench_result(n);
    for (uint32_t i = 0; i < nslots; i++)
        free(slots[i]);
    bench_table_free(slots);
    return 0;
}
