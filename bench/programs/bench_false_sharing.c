/* bench_false_sharing THREADS CYCLES SIZE: do threads get blocks in the same cache line?  In both
 * halves each of THREADS threads allocates a block of SIZE bytes, increments a byte of it a few
 * times and frees it, CYCLES times.  In the first, active half the threads start with nothing.  In
 * the second, passive half the main thread allocates neighbouring blocks first, one for each
 * thread, which that thread writes to and frees before its cycles; an allocator that lets it keep
 * the block makes it write to a line that others write to, too.  (The loads `cache-thrash` and
 * `cache-scratch` of Berger and others, "Hoard: a scalable memory allocator", ASPLOS 2000; with
 * fewer writes, since they are the program's own time where no line is shared.) */
#include "bench/harness/args.h"
#include "bench/harness/latency.h"
#include "bench/harness/memory.h"
#include "bench/harness/result.h"
#include "bench/harness/threads.h"

enum {
    WRITES = 8,   /* to a block; each waits for a line that another processor has taken */
    EVERY = 4096, /* of so many calls one is timed */
};

static struct bench_crew crew; /* of each half */
static uint64_t cycles;
static size_t size;

struct worker {
    unsigned char *given;         /* a block from the main thread, or NULL */
    unsigned index;               /* in the crew */
    struct bench_latency latency; /* of both halves */
} __attribute__((aligned(128)));

static struct worker workers[BENCH_MAX_THREADS];

BENCH_BODY void write_to(unsigned char *block)
{
    for (int i = 0; i < WRITES; i++)
        ++*(volatile unsigned char *)block;
}

BENCH_BODY void cycle(struct bench_latency *timed_malloc, struct bench_latency *timed_free)
{
    unsigned char *block = bench_malloc_in(timed_malloc, size);
    write_to(block);
    bench_free_in(timed_free, block);
}

BENCH_APART void cycle_timed(struct bench_latency *latency)
{
    if (latency->left == 0)
        cycle(latency, NULL);
    else
        cycle(NULL, latency);
}

static void run(uint64_t n, struct bench_latency *sample)
{
    BENCH_SAMPLED(i, 0, n, 2, sample, cycle(NULL, NULL), cycle_timed(sample));
}

static void *work(void *arg)
{
    struct worker *worker = arg;
    if (worker->given) {
        write_to(worker->given);
        free(worker->given);
    }
    run(cycles / 10 + 1, NULL); /* warm up */
    bench_crew_start(&crew, worker->index);
    run(cycles, &worker->latency);
    bench_crew_stop(&crew, worker->index);
    return NULL;
}

static void half(unsigned n, bool passive)
{
    pthread_t threads[BENCH_MAX_THREADS];
    bench_crew_make(&crew, n);
    for (unsigned i = 0; i < n; i++)
        workers[i].given = passive ? bench_malloc(size) : NULL;
    for (unsigned i = 0; i < n; i++)
        threads[i] = bench_thread(work, &workers[i]);
    bench_crew_measure(&crew);
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
    static const struct bench_arg args[] = {BENCH_NUMBER("threads", 1, BENCH_MAX_THREADS),
                                            BENCH_NUMBER("cycles", 1, 1e12),
                                            BENCH_NUMBER("size", 1, 1 << 16)};
    double v[3];
    bench_args("bench_false_sharing", argc, argv, args, 3, v);
    unsigned n = (unsigned)v[0];
    cycles = (uint64_t)v[1];
    size = (size_t)v[2];
    for (unsigned i = 0; i < n; i++) {
        workers[i].index = i;
        bench_latency_begin(&workers[i].latency, EVERY);
    }
    half(n, false);
    half(n, true);
    for (unsigned i = 0; i < n; i++)
        bench_latency_merge(&workers[i].latency);
    bench_result(cycles * n * 2 * 2);
    return 0;
}
