/* bench_cold CYCLES WS LEAST MOST FREED SEED: one thread, WS blocks of LEAST to MOST bytes.  Each
 * cycle picks one at random, frees it and allocates and writes to another in its place.  FREED says
 * what the program does just before it frees a block: `read` it, or leave it `unread`, as whoever
 * drops a cache or a tree that was built long ago.  With many blocks an unread one is in no cache
 * of the processor, and what free() itself reads of it has to come from memory. */
#include <stdio.h>

#include "bench/harness/args.h"
#include "bench/harness/latency.h"
#include "bench/harness/layout.h"
#include "bench/harness/memory.h"
#include "bench/harness/random.h"
#include "bench/harness/result.h"

enum { EVERY = 2048 }; /* of so many calls one is timed */

struct load {
    uint64_t **blocks; /* nblocks of them; each starts with its index */
    uint32_t nblocks;
    uint32_t least; /* bytes, at least 8 */
    uint32_t range; /* sizes are in [least, least + range) */
    struct bench_rng rng;
};

static struct bench_latency latency;

BENCH_BODY uint64_t *make_block_in(struct bench_latency *timed, struct load *load, uint32_t index)
{
    uint64_t *block = bench_malloc_in(timed, load->least + bench_below(&load->rng, load->range));
    *block = index;
    return block;
}

BENCH_APART uint64_t *make_block(struct load *load, uint32_t index)
{
    return make_block_in(NULL, load, index);
}

BENCH_BODY void replace(struct load *load, bool read, struct bench_latency *timed_free,
                        struct bench_latency *timed_malloc)
{
    uint32_t index = bench_below(&load->rng, load->nblocks);
    uint64_t *block = load->blocks[index];
    if (read)
        bench_check(block, *block == index);
    bench_free_in(timed_free, block);
    load->blocks[index] =
        timed_malloc ? make_block_in(timed_malloc, load, index) : make_block(load, index);
}

BENCH_APART void replace_timed(struct load *load, bool read)
{
    if (latency.left == 0)
        replace(load, read, &latency, NULL);
    else
        replace(load, read, NULL, &latency);
}

static void cycles(struct load *load, bool read, uint64_t n, struct bench_latency *sample)
{
    BENCH_SAMPLED(i, 0, n, 2, sample, replace(load, read, NULL, NULL), replace_timed(load, read));
}

int main(int argc, char **argv)
{
    static const char *const freed[] = {"unread", "read", NULL};
    static const struct bench_arg args[] = {
        BENCH_NUMBER("cycles", 1, 1e12),   BENCH_NUMBER("ws", 1, 1 << 24),
        BENCH_NUMBER("least", 8, 1 << 24), BENCH_NUMBER("most", 8, 1 << 24),
        BENCH_WORD("freed", freed),        BENCH_NUMBER("seed", 0, 1e15)};
    double v[6];
    bench_args("bench_cold", argc, argv, args, 6, v);
    if (v[3] < v[2]) {
        fprintf(stderr, "bench_cold: most: %.0f is less than least, %.0f\n", v[3], v[2]);
        return 2;
    }
    uint64_t n = (uint64_t)v[0];
    bool read = v[4] != 0;
    struct load load = {.nblocks = (uint32_t)v[1],
                        .least = (uint32_t)v[2],
                        .range = (uint32_t)(v[3] - v[2]) + 1,
                        .rng = bench_seed((uint64_t)v[5])};
    load.blocks = bench_table(load.nblocks, sizeof *load.blocks);
    for (uint32_t i = 0; i < load.nblocks; i++)
        load.blocks[i] = make_block(&load, i);
    cycles(&load, read, n / 10 + load.nblocks, NULL); /* warm up: blocks in no order of addresses */
    bench_latency_begin(&latency, EVERY);
    bench_start();
    cycles(&load, read, n, &latency);
    bench_stop();
    bench_latency_merge(&latency);
    bench_result(2 * n);
    for (uint32_t i = 0; i < load.nblocks; i++)
        free(load.blocks[i]);
    bench_table_free(load.blocks);
    return 0;
}
