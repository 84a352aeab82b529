/* bench_batch SIZE BATCH CYCLES ORDER: one thread allocates BATCH blocks of SIZE bytes, writes to
 * each, and frees them all, first in first out, last in first out or in random order; CYCLES times.
 * The batch is deeper than most caches of free blocks. */
#include "common.h"

enum order { FIFO, LIFO, RANDOM };

/* Position in the batch of the block that is freed as the i-th: ranks of a cycle are `order` turned
 * by `turn`, so that a random order is another one in each cycle and costs one addition. */
static size_t *make_order(size_t batch, enum order order)
{
    size_t *ranks = bench_calloc(batch, sizeof *ranks);
    struct bench_rng rng = bench_seed(42);
    for (size_t i = 0; i < batch; i++)
        ranks[i] = order == LIFO ? batch - 1 - i : i;
    for (size_t i = batch; order == RANDOM && i > 1; i--) {
        size_t j = bench_below(&rng, (uint32_t)i);
        size_t other = ranks[j];
        ranks[j] = ranks[i - 1];
        ranks[i - 1] = other;
    }
    return ranks;
}

static void cycles(size_t **blocks, const size_t *ranks, size_t size, size_t batch, bool turning,
                   uint64_t n)
{
    for (uint64_t cycle = 0; cycle < n; cycle++) {
        size_t turn = turning ? cycle % batch : 0;
        for (size_t i = 0; i < batch; i++) {
            blocks[i] = bench_malloc(size);
            *blocks[i] = i;
        }
        for (size_t i = 0; i < batch; i++) {
            size_t rank = ranks[i] + turn;
            rank -= rank >= batch ? batch : 0;
            bench_check(blocks[rank], *blocks[rank] == rank);
            free(blocks[rank]);
        }
    }
}

int main(int argc, char **argv)
{
    static const char *const orders[] = {"fifo", "lifo", "random", NULL};
    static const struct bench_arg args[] = {
        BENCH_NUMBER("size", 8, 1 << 24), BENCH_NUMBER("batch", 1, 1 << 20),
        BENCH_NUMBER("cycles", 1, 1e12), BENCH_WORD("order", orders)};
    double v[4];
    bench_args("bench_batch", argc, argv, args, 4, v);
    size_t size = (size_t)v[0], batch = (size_t)v[1];
    uint64_t n = (uint64_t)v[2];
    enum order order = (enum order)v[3];
    size_t **blocks = bench_calloc(batch, sizeof *blocks);
    size_t *ranks = make_order(batch, order);
    cycles(blocks, ranks, size, batch, order == RANDOM, n / 20 + 1);
    bench_start();
    cycles(blocks, ranks, size, batch, order == RANDOM, n);
    bench_stop();
    bench_result(n * batch * 2);
    free(ranks);
    free(blocks);
    return 0;
}
