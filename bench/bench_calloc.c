/* bench_calloc CYCLES WS SEED: one thread, WS slots with blocks of 16 bytes to 4 MiB from calloc.
 * Each cycle picks a slot at random and fills it if it is empty, empties it if it is not.  One byte
 * in each 4 KiB and the last one must be zero, and are written. */
#include "common.h"

enum { LEAST = 16, MOST = 4 << 20, TOUCH = 4096 };

static void fill(unsigned char **slot, struct bench_rng *rng)
{
    size_t size = bench_size(rng, LEAST, MOST);
    unsigned char *block = bench_calloc(1, size);
    unsigned char found = block[size - 1];
    block[size - 1] = 0xFF;
    for (size_t i = 0; i < size - 1; i += TOUCH) {
        found |= block[i];
        block[i] = 0xFF;
    }
    bench_check(block, found == 0);
    *slot = block;
}

static void cycles(unsigned char **slots, uint32_t nslots, struct bench_rng *rng, uint64_t n)
{
    for (uint64_t i = 0; i < n; i++) {
        unsigned char **slot = &slots[bench_below(rng, nslots)];
        if (!*slot) {
            fill(slot, rng);
            continue;
        }
        free(*slot);
        *slot = NULL;
    }
}

int main(int argc, char **argv)
{
    static const struct bench_arg args[] = {BENCH_NUMBER("cycles", 1, 1e12),
                                            BENCH_NUMBER("ws", 1, 1 << 20),
                                            BENCH_NUMBER("seed", 0, 1e15)};
    double v[3];
    bench_args("bench_calloc", argc, argv, args, 3, v);
    uint64_t n = (uint64_t)v[0];
    uint32_t nslots = (uint32_t)v[1];
    struct bench_rng rng = bench_seed((uint64_t)v[2]);
    unsigned char **slots = bench_calloc(nslots, sizeof *slots);
    cycles(slots, nslots, &rng, n / 10 + nslots);
    bench_start();
    cycles(slots, nslots, &rng, n);
    bench_stop();
    bench_result(n);
    for (uint32_t i = 0; i < nslots; i++)
        free(slots[i]);
    free(slots);
    return 0;
}
