/* bench_churn THREADS GENERATIONS BLOCKS SEED: GENERATIONS times, THREADS short-lived threads
 * allocate BLOCKS blocks each, of 16 to 2048 bytes, free every second one and exit; the others go
 * to a survivor, the main thread, which frees them while the next generation runs.  What threads
 * leave behind must not add up. */
#include <string.h>

#include "common.h"
#include "threads.h"

static uint32_t nblocks;

struct worker {
    unsigned char **blocks; /* nblocks; what is handed over, NULL where the worker freed it */
    uint64_t seed;
    unsigned char tag;
} __attribute__((aligned(128)));

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct bench_rng rng = bench_seed(worker->seed);
    for (uint32_t i = 0; i < nblocks; i++) {
        worker->blocks[i] = bench_malloc(bench_size(&rng, 16, 2048));
        *worker->blocks[i] = worker->tag;
    }
    for (uint32_t i = 0; i < nblocks; i += 2) {
        bench_check(worker->blocks[i], *worker->blocks[i] == worker->tag);
        free(worker->blocks[i]);
        worker->blocks[i] = NULL;
    }
    return NULL;
}

static void free_all(const struct worker *worker)
{
    for (uint32_t i = 1; i < nblocks; i += 2) {
        bench_check(worker->blocks[i], *worker->blocks[i] == worker->tag);
        free(worker->blocks[i]);
    }
}

/* Two sets of workers take turns: one runs while what the other left is freed. */
static void generations(struct worker workers[2][BENCH_MAX_THREADS], unsigned n, uint64_t count,
                        uint64_t seed)
{
    pthread_t threads[BENCH_MAX_THREADS];
    for (uint64_t generation = 0; generation <= count; generation++) {
        struct worker *young = workers[generation % 2];
        struct worker *old = workers[(generation + 1) % 2];
        for (unsigned i = 0; i < n && generation < count; i++) {
            young[i].seed = seed + generation * n + i;
            threads[i] = bench_thread(work, &young[i]);
        }
        for (unsigned i = 0; i < n && generation > 0; i++)
            free_all(&old[i]);
        for (unsigned i = 0; i < n && generation < count; i++)
            pthread_join(threads[i], NULL);
    }
}

int main(int argc, char **argv)
{
    static const struct bench_arg args[] = {
        BENCH_NUMBER("threads", 1, BENCH_MAX_THREADS), BENCH_NUMBER("generations", 1, 1e12),
        BENCH_NUMBER("blocks", 2, 1 << 24), BENCH_NUMBER("seed", 0, 1e15)};
    static struct worker workers[2][BENCH_MAX_THREADS];
    double v[4];
    bench_args("bench_churn", argc, argv, args, 4, v);
    unsigned n = (unsigned)v[0];
    uint64_t count = (uint64_t)v[1], seed = (uint64_t)v[3];
    nblocks = (uint32_t)v[2];
    for (unsigned i = 0; i < 2 * n; i++) {
        workers[i / n][i % n].blocks = bench_calloc(nblocks, sizeof(unsigned char *));
        workers[i / n][i % n].tag = (unsigned char)(i + 1);
    }
    generations(workers, n, count / 20 + 1, seed);
    bench_start();
    generations(workers, n, count, seed + 1);
    bench_stop();
    bench_result(count * n * nblocks * 2);
    for (unsigned i = 0; i < 2 * n; i++)
        free(workers[i / n][i % n].blocks);
    return 0;
}
