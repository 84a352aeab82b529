/* bench_mid_large_mt THREADS CYCLES WS SEED: each of THREADS threads has WS slots with blocks of 8
 * to 32 KiB and runs CYCLES cycles over them; slots.h has the load. */
#include "bench/harness/args.h"
#include "bench/harness/latency.h"
#include "bench/harness/layout.h"
#include "bench/harness/result.h"
#include "bench/harness/slots.h"
#include "bench/harness/threads.h"

enum { EVERY = 1024 }; /* of so many calls one is timed */

static struct bench_crew crew;
static uint64_t cycles;

struct worker {
    struct slots slots;
    unsigned index; /* in the crew */
    struct bench_latency latency;
} __attribute__((aligned(128)));

static void *run(void *arg)
{
    struct worker *worker = arg;
    slots_warm(&worker->slots, cycles);
    bench_latency_begin(&worker->latency, EVERY);
    bench_crew_start(&crew, worker->index);
    slots_run(&worker->slots, cycles, &worker->latency);
    bench_crew_stop(&crew, worker->index);
    slots_free(&worker->slots);
    return NULL;
}

int main(int argc, char **argv)
{
    static const struct bench_arg args[] = {
        BENCH_NUMBER("threads", 1, BENCH_MAX_THREADS), BENCH_NUMBER("cycles", 1, 1e12),
        BENCH_NUMBER("ws", 1, 1 << 24), BENCH_NUMBER("seed", 0, 1e15)};
    static struct worker workers[BENCH_MAX_THREADS];
    pthread_t threads[BENCH_MAX_THREADS];
    unsigned order[BENCH_MAX_THREADS];
    double v[4];
    bench_args("bench_mid_large_mt", argc, argv, args, 4, v);
    unsigned n = (unsigned)v[0];
    cycles = slots_even(v[1]);
    bench_crew_make(&crew, n);
    bench_order(order, n);
    for (unsigned i = 0; i < n; i++) {
        struct worker *worker = &workers[order[i]];
        worker->index = order[i];
        worker->slots = slots_make((uint32_t)v[2], 8 << 10, 32 << 10, 0, (uint64_t)v[3] + order[i]);
    }
    for (unsigned i = 0; i < n; i++)
        threads[i] = bench_thread(run, &workers[i]);
    bench_crew_measure(&crew);
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < n; i++)
        bench_latency_merge(&workers[i].latency);
    bench_result(cycles * n);
    return 0;
}
