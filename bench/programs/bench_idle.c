/* bench_idle MB SECONDS: allocates MB megabytes (2^20 bytes) in blocks of 16 bytes to 1 MiB, writes
 * to every page of them, frees them all, and then calls the allocator no more for SECONDS.  Prints
 * what is resident from the last free on, a line each tenth of a second:
 *   RSS s=SECONDS kib=RESIDENT
 * The last one is rss_kib of the result; the measured part is the allocating and freeing. */
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "bench/harness/args.h"
#include "bench/harness/clock.h"
#include "bench/harness/memory.h"
#include "bench/harness/random.h"
#include "bench/harness/result.h"

enum { LEAST = 16, MOST = 1 << 20, TOUCH = 4096, STEP_MS = 100 };

/* Blocks in a list of their own, so that the program has no table to free besides. */
struct block {
    struct block *next;
    size_t size;
};

static struct block *allocate(uint64_t bytes, struct bench_rng *rng, uint64_t *count)
{
    struct block *all = NULL;
    for (uint64_t sum = 0; sum < bytes; (*count)++) {
        size_t size = bench_size(rng, LEAST, MOST);
        struct block *block = bench_malloc(size);
        for (size_t i = 0; i < size; i += TOUCH)
            ((volatile char *)block)[i] = 1;
        *block = (struct block){all, size};
        all = block;
        sum += size;
    }
    return all;
}

/* Without stdio, which allocates at its first use. */
static void print_rss(double seconds)
{
    char line[64];
    int n = snprintf(line, sizeof line, "RSS s=%.1f kib=%zu\n", seconds, bench_rss() >> 10);
    if (write(STDOUT_FILENO, line, (size_t)n) != n)
        exit(1);
}

int main(int argc, char **argv)
{
    static const struct bench_arg args[] = {BENCH_NUMBER("mb", 1, 1 << 20),
                                            BENCH_NUMBER("seconds", 0.1, 3600)};
    double v[2];
    bench_args("bench_idle", argc, argv, args, 2, v);
    struct bench_rng rng = bench_seed(42);
    uint64_t count = 0;
    bench_start();
    struct block *all = allocate((uint64_t)v[0] << 20, &rng, &count);
    while (all) {
        struct block *next = all->next;
        free(all);
        all = next;
    }
    bench_stop();
    double freed = bench_now();
    for (double past = 0; past < v[1]; past = bench_now() - freed) {
        print_rss(past);
        nanosleep(&(struct timespec){.tv_nsec = STEP_MS * 1000000L}, NULL);
    }
    print_rss(bench_now() - freed);
    bench_result(2 * count);
    return 0;
}
