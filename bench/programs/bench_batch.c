/* bench_batch SIZE BATCH CYCLES ORDER: one thread allocates BATCH blocks of SIZE bytes, writes to
 * each, and frees them all, first in first out, last in first out or in random order; CYCLES times.
 * The batch is deeper than most caches of free blocks. */
#include "bench/harness/args.h"
#include "bench/harness/latency.h"
#include "bench/harness/layout.h"
#include "bench/harness/memory.h"
#include "bench/harness/random.h"
#include "bench/harness/result.h"

enum { EVERY = 8192 }; /* of so many calls one is timed: in every 8th batch of 512 */

enum order { FIFO, LIFO, RANDOM };

struct load {
    size_t **blocks; /* batch of them; each starts with its position */
    size_t *ranks;   /* see make_ranks */
    size_t size, batch;
    bool turning; /* whether the order is another one in each cycle */
};

static struct bench_latency latency;

/* Position in the batch of the block that is freed as the i-th: ranks of a cycle are `order` turned
 * by `turn`, so that a random order is another one in each cycle and costs one addition. */
static void make_ranks(size_t *ranks, size_t batch, enum order order)
{
    struct bench_rng rng = bench_seed(42);
    for (size_t i = 0; i < batch; i++)
        ranks[i] = order == LIFO ? batch - 1 - i : i;
    for (size_t i = batch; order == RANDOM && i > 1; i--) {
        size_t j = bench_below(&rng, (uint32_t)i);
        size_t other = ranks[j];
        ranks[j] = ranks[i - 1];
        ranks[i - 1] = other;
    }
}

/* The two tables, in the order that is drawn for them. */
static void make_tables(struct load *load)
{
    unsigned order[2];
    bench_order(order, 2);
    for (int i = 0; i < 2; i++) {
        if (order[i] == 0)
            load->blocks = bench_table(load->batch, sizeof *load->blocks);
        else
            load->ranks = bench_table(load->batch, sizeof *load->ranks);
    }
}

BENCH_BODY void fill(struct load load, size_t i, struct bench_latency *timed)
{
    load.blocks[i] = bench_malloc_in(timed, load.size);
    *load.blocks[i] = i;
}

BENCH_BODY void empty(struct load load, size_t turn, size_t i, struct bench_latency *timed)
{
    size_t rank = load.ranks[i] + turn;
    rank -= rank >= load.batch ? load.batch : 0;
    bench_check(load.blocks[rank], *load.blocks[rank] == rank);
    bench_free_in(timed, load.blocks[rank]);
}

BENCH_BODY void cycle(struct load load, size_t turn)
{
    for (size_t i = 0; i < load.batch; i++)
        fill(load, i, NULL);
    for (size_t i = 0; i < load.batch; i++)
        empty(load, turn, i, NULL);
}

BENCH_APART void cycle_timed(struct load load, size_t turn)
{
    BENCH_SAMPLED(i, 0, load.batch, 1, &latency, fill(load, i, NULL), fill(load, i, &latency));
    BENCH_SAMPLED(i, 0, load.batch, 1, &latency, empty(load, turn, i, NULL),
                  empty(load, turn, i, &latency));
}

static void cycles(struct load load, uint64_t n, struct bench_latency *sample)
{
    BENCH_SAMPLED(i, 0, n, 2 * load.batch, sample, cycle(load, load.turning ? i % load.batch : 0),
                  cycle_timed(load, load.turning ? i % load.batch : 0));
}

int main(int argc, char **argv)
{
    static const char *const orders[] = {"fifo", "lifo", "random", NULL};
    static const struct bench_arg args[] = {
        BENCH_NUMBER("size", 8, 1 << 24), BENCH_NUMBER("batch", 1, 1 << 20),
        BENCH_NUMBER("cycles", 1, 1e12), BENCH_WORD("order", orders)};
    double v[4];
    bench_args("bench_batch", argc, argv, args, 4, v);
    struct load load = {.size = (size_t)v[0], .batch = (size_t)v[1]};
    uint64_t n = (uint64_t)v[2];
    enum order order = (enum order)v[3];
    make_tables(&load);
    make_ranks(load.ranks, load.batch, order);
    load.turning = order == RANDOM;
    cycles(load, n / 20 + 1, NULL);
    bench_latency_begin(&latency, EVERY);
    bench_start();
    cycles(load, n, &latency);
    bench_stop();
    bench_latency_merge(&latency);
    bench_result(n * load.batch * 2);
    bench_table_free(load.ranks);
    bench_table_free(load.blocks);
    return 0;
}
