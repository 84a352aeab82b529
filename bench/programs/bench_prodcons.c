/* bench_prodcons THREADS CYCLES SIZE SEED: half of THREADS allocate CYCLES blocks each, of 16 to
 * SIZE bytes, and hand them through a bounded queue to the other half, which checks and frees them.
 * No thread ever gets back a block that it allocated. */
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#include "bench/harness/args.h"
#include "bench/harness/latency.h"
#include "bench/harness/memory.h"
#include "bench/harness/random.h"
#include "bench/harness/result.h"
#include "bench/harness/threads.h"

enum {
    QUEUE = 1024, /* blocks */
    STEP = 64,    /* blocks between two looks at the other side's position */
    SPINS = 100,  /* looks before the processor is given to another thread */
    EVERY = 1024, /* of so many calls one is timed */
};

/* One producer and its consumer.  Positions only grow; the block at i is in slots[i % QUEUE]. */
struct pair {
    _Alignas(128) atomic_uint_fast64_t head; /* blocks taken out, in steps; the consumer's */
    _Alignas(128) atomic_uint_fast64_t tail; /* blocks put in, in steps; the producer's */
    _Alignas(128) uint64_t *slots[QUEUE];
    uint64_t seed;
    unsigned producer, consumer; /* in the crew */
    struct bench_latency mallocs, frees;
};

static struct bench_crew crew;
static uint32_t range;
static uint64_t
    warm_up;         /* blocks before the measured part; whole steps, so that it begins with one */
static uint64_t all; /* blocks of a producer */

/* Waits until *position is at least `least`. */
static void await(atomic_uint_fast64_t *position, uint64_t least)
{
    for (unsigned i = 1; atomic_load_explicit(position, memory_order_acquire) < least; i++) {
        if (i % SPINS == 0)
            sched_yield();
    }
}

BENCH_BODY void put(struct pair *pair, uint64_t i, struct bench_rng *rng,
                    struct bench_latency *latency)
{
    if (i % STEP == 0) {
        atomic_store_explicit(&pair->tail, i, memory_order_release);
        await(&pair->head, i + STEP > QUEUE ? i + STEP - QUEUE : 0);
    }
    uint64_t *block = bench_malloc_in(latency, 16 + bench_below(rng, range));
    *block = i;
    pair->slots[i % QUEUE] = block;
}

static void *produce(void *arg)
{
    struct pair *pair = arg;
    struct bench_rng rng = bench_seed(pair->seed);
    for (uint64_t i = 0; i < warm_up; i++)
        put(pair, i, &rng, NULL);
    atomic_store_explicit(&pair->tail, warm_up, memory_order_release);
    bench_latency_begin(&pair->mallocs, EVERY);
    bench_crew_start(&crew, pair->producer);
    BENCH_SAMPLED(i, warm_up, all, 1, &pair->mallocs, put(pair, i, &rng, NULL),
                  put(pair, i, &rng, &pair->mallocs));
    atomic_store_explicit(&pair->tail, all, memory_order_release);
    bench_crew_stop(&crew, pair->producer);
    return NULL;
}

BENCH_BODY void take(struct pair *pair, uint64_t i, uint64_t n, struct bench_latency *latency)
{
    if (i % STEP == 0) {
        atomic_store_explicit(&pair->head, i, memory_order_release);
        await(&pair->tail, i + STEP < n ? i + STEP : n);
    }
    uint64_t *block = pair->slots[i % QUEUE];
    bench_check(block, *block == i);
    bench_free_in(latency, block);
}

static void *consume(void *arg)
{
    struct pair *pair = arg;
    for (uint64_t i = 0; i < warm_up; i++)
        take(pair, i, warm_up, NULL);
    bench_latency_begin(&pair->frees, EVERY);
    bench_crew_start(&crew, pair->consumer);
    BENCH_SAMPLED(i, warm_up, all, 1, &pair->frees, take(pair, i, all, NULL),
                  take(pair, i, all, &pair->frees));
    bench_crew_stop(&crew, pair->consumer);
    return NULL;
}

int main(int argc, char **argv)
{
    static const struct bench_arg args[] = {
        BENCH_NUMBER("threads", 2, BENCH_MAX_THREADS), BENCH_NUMBER("cycles", 1, 1e12),
        BENCH_NUMBER("size", 16, 1 << 24), BENCH_NUMBER("seed", 0, 1e15)};
    static struct pair pairs[BENCH_MAX_THREADS / 2];
    pthread_t threads[BENCH_MAX_THREADS];
    double v[4];
    bench_args("bench_prodcons", argc, argv, args, 4, v);
    unsigned n = (unsigned)v[0];
    if (n % 2 != 0) {
        fprintf(stderr, "bench_prodcons: threads: %u is not an even number\n", n);
        return 2;
    }
    uint64_t cycles = (uint64_t)v[1];
    warm_up = (cycles / 10 + STEP - 1) / STEP * STEP;
    all = warm_up + cycles;
    range = (uint32_t)v[2] - 16 + 1;
    bench_crew_make(&crew, n);
    for (unsigned i = 0; i < n / 2; i++) {
        struct pair *pair = &pairs[i];
        pair->seed = (uint64_t)v[3] + i;
        pair->producer = 2 * i;
        pair->consumer = 2 * i + 1;
    }
    for (unsigned i = 0; i < n; i++)
        threads[i] = bench_thread(i % 2 ? consume : produce, &pairs[i / 2]);
    bench_crew_measure(&crew);
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    for (unsigned i = 0; i < n / 2; i++) {
        bench_latency_merge(&pairs[i].mallocs);
        bench_latency_merge(&pairs[i].frees);
    }
    bench_result(cycles * (n / 2) * 2);
    return 0;
}
