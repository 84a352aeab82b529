/* bench_mid_large_mt THREADS CYCLES WS SEED: each of THREADS threads has WS slots with blocks of 8
 * to 32 KiB and runs CYCLES cycles over them; slots.h has the load. */
#include "bench/harness/args.h"
#include "bench/harness/clock.h"
#include "bench/harness/latency.h"
#include "bench/harness/result.h"
#include "bench/harness/slots.h"
#include "bench/harness/threads.h"

enum { EVERY = 1024 }; /* of so many calls one is timed */

static pthread_barrier_t warm, go, done;
static uint64_t cycles;

struct worker {
    struct slots slots;
    double start, stop; /* of the measured part */
    struct bench_latency latency;
} __attribute__((aligned(128)));

static void *run(void *arg)
{
    struct worker *worker = arg;
    slots_warm(&worker->slots, cycles);
    pthread_barrier_wait(&warm);
    pthread_barrier_wait(&go);
    worker->start = bench_now();
    slots_run(&worker->slots, cycles, &worker->latency);
    worker->stop = bench_now();
    pthread_barrier_wait(&done);
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
    double v[4];
    bench_args("bench_mid_large_mt", argc, argv, args, 4, v);
    unsigned n = (unsigned)v[0];
    cycles = slots_even(v[1]);
    pthread_barrier_init(&warm, NULL, n + 1);
    pthread_barrier_init(&go, NULL, n + 1);
    pthread_barrier_init(&done, NULL, n + 1);
    for (unsigned i = 0; i < n; i++) {
        workers[i].slots = slots_make((uint32_t)v[2], 8 << 10, 32 << 10, 0, (uint64_t)v[3] + i);
        bench_latency_begin(&workers[i].latency, EVERY);
        threads[i] = bench_thread(run, &workers[i]);
    }
    pthread_barrier_wait(&warm);
    bench_start();
    pthread_barrier_wait(&go);
    pthread_barrier_wait(&done);
    bench_stop();
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < n; i++)
        bench_latency_merge(&workers[i].latency);
    double start = workers[0].start, stop = workers[0].stop;
    for (unsigned i = 1; i < n; i++) {
        start = workers[i].start < start ? workers[i].start : start;
        stop = workers[i].stop > stop ? workers[i].stop : stop;
    }
    bench_span(start, stop);
    bench_result(cycles * n);
    return 0;
}
