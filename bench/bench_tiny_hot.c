/* bench_tiny_hot SIZE BATCH CYCLES: one thread allocates BATCH blocks of SIZE bytes, writes to
 * each, and frees them in reverse order; CYCLES times.  Everything stays in the first-level cache.
 */
#include <stdlib.h>

#include "common.h"

static void cycles(char **blocks, size_t size, size_t batch, uint64_t n)
{
    for (uint64_t cycle = 0; cycle < n; cycle++) {
        for (size_t i = 0; i < batch; i++) {
            blocks[i] = bench_malloc(size);
            *blocks[i] = (char)i;
        }
        for (size_t i = batch; i-- > 0;)
            free(blocks[i]);
    }
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
    char **blocks = bench_calloc(batch, sizeof *blocks);
    cycles(blocks, size, batch, n / 20 + 1);
    bench_start();
    cycles(blocks, size, batch, n);
    bench_stop();
    bench_result(n * batch * 2);
    free(blocks);
    return 0;
}
