/* bench_churn THREADS GENERATIONS BLOCKS SEED: GENERATIONS times, THREADS short-lived threads
 * allocate BLOCKS blocks each, of 16 to 2048 bytes, free every second one and exit; the others go
 * to a survivor, the main thread, which frees them while the next generation runs.  What threads
 * leave behind must not add up. */
#include <string.h>

#include "bench/harness/args.h"
#include "bench/harness/latency.h"
#include "bench/harness/layout.h"
#include "bench/harness/memory.h"
#include "bench/harness/random.h"
#include "bench/harness/result.h"
#include "bench/harness/threads.h"

enum { EVERY = 1024 }; /* of so many calls one is timed */

static uint32_t nblocks;
static struct bench_latency survivor; /* of the main thread */
static bool warm;                     /* nothing is timed before */

struct worker {
    unsigned char **blocks; /* nblocks; what is handed over, NULL where the worker freed it */
    uint64_t seed;
    unsigned char tag;
    struct bench_latency latency; /* of all generations in this place */
} __attribute__((aligned(128)));

BENCH_BODY void make_block(struct worker *worker, uint64_t i, struct bench_rng *rng,
                           struct bench_latency *latency)
{
    worker->blocks[i] = bench_malloc_in(latency, bench_size(rng, 16, 2048));
    *worker->blocks[i] = worker->tag;
}

BENCH_BODY void free_block(struct worker *worker, uint64_t i, struct bench_latency *latency)
{
    bench_check(worker->blocks[i], *worker->blocks[i] == worker->tag);
    bench_free_in(latency, worker->blocks[i]);
    worker->blocks[i] = NULL;
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    struct bench_rng rng = bench_seed(worker->seed);
    struct bench_latency *latency = warm ? &worker->latency : NULL;
    BENCH_SAMPLED(i, 0, nblocks, 1, latency, make_block(worker, i, &rng, NULL),
                  make_block(worker, i, &rng, latency));
    BENCH_SAMPLED(i, 0, (nblocks + 1) / 2, 1, latency, free_block(worker, 2 * i, NULL),
                  free_block(worker, 2 * i, latency));
    return NULL;
}

static void free_all(struct worker *worker)
{
    struct bench_latency *latency = warm ? &survivor : NULL;
    BENCH_SAMPLED(i, 0, nblocks / 2, 1, latency, free_block(worker, 2 * i + 1, NULL),
                  free_block(worker, 2 * i + 1, latency));
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
    unsigned order[2 * BENCH_MAX_THREADS];
    double v[4];
    bench_args("bench_churn", argc, argv, args, 4, v);
    unsigned n = (unsigned)v[0];
    uint64_t count = (uint64_t)v[1], seed = (uint64_t)v[3];
    nblocks = (uint32_t)v[2];
    bench_order(order, 2 * n);
    for (unsigned i = 0; i < 2 * n; i++) {
        struct worker *worker = &workers[order[i] / n][order[i] % n];
        worker->blocks = bench_table(nblocks, sizeof(unsigned char *));
        worker->tag = (unsigned char)(order[i] + 1);
        bench_latency_begin(&worker->latency, EVERY);
    }
    generations(workers, n, count / 20 + 1, seed);
    bench_latency_begin(&survivor, EVERY);
    warm = true;
    bench_start();
    generations(workers, n, count, seed + 1);
    bench_stop();
    bench_latency_merge(&survivor);
    for (unsigned i = 0; i < 2 * n; i++)
        bench_latency_merge(&workers[i / n][i % n].latency);
    bench_result(count * n * nblocks * 2);
    for (unsigned i = 0; i < 2 * n; i++)
        bench_table_free(workers[i / n][i % n].blocks);
    return 0;
}
