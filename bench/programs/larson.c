/* larson SECS MIN MAX CHUNKS ROUNDS SEED THREADS: a server whose requests are served by threads
 * that come and go (Larson and Krishnan, "Memory allocation for long-running server applications",
 * ISMM 1998).
 *
 * Each of THREADS chains of threads has an array of CHUNKS blocks of MIN to MAX bytes.  A thread
 * replaces ROUNDS * CHUNKS blocks, picked at random, then hands its array to a fresh thread and
 * exits; so most blocks are freed by another thread than the one that allocated them.  After a
 * tenth of SECS to warm up, what is done in SECS seconds counts; an operation is one malloc or one
 * free.  With few rounds most of the time goes to starting threads. */
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "bench/harness/args.h"
#include "bench/harness/clock.h"
#include "bench/harness/latency.h"
#include "bench/harness/layout.h"
#include "bench/harness/memory.h"
#include "bench/harness/random.h"
#include "bench/harness/result.h"
#include "bench/harness/threads.h"

enum { EVERY = 4096 }; /* of so many calls one is timed */

enum phase { WARM_UP, MEASURE, END };
static _Atomic enum phase phase; /* the main thread's; each chain follows */
static uint32_t least, range, nchunks;
static uint64_t rounds;

/* One chain of threads; it belongs to whichever of them runs. */
struct chain {
    unsigned char **blocks;
    struct bench_rng rng;
    enum phase phase;   /* what its work counts for now */
    uint64_t ops;       /* of the measured part */
    double start, stop; /* of the measured part */
    atomic_bool ended;
    unsigned char tag;
    struct bench_latency latency;
} __attribute__((aligned(128)));

BENCH_BODY unsigned char *make_block_in(struct bench_latency *timed, struct chain *chain)
{
    unsigned char *block = bench_malloc_in(timed, least + bench_below(&chain->rng, range));
    *block = chain->tag;
    return block;
}

BENCH_APART unsigned char *make_block(struct chain *chain)
{
    return make_block_in(NULL, chain);
}

BENCH_BODY void replace(struct chain *chain, struct bench_latency *timed_free,
                        struct bench_latency *timed_malloc)
{
    uint32_t slot = bench_below(&chain->rng, nchunks);
    unsigned char *block = chain->blocks[slot];
    bench_check(block, *block == chain->tag);
    bench_free_in(timed_free, block);
    chain->blocks[slot] = timed_malloc ? make_block_in(timed_malloc, chain) : make_block(chain);
}

BENCH_APART void replace_timed(struct chain *chain)
{
    if (chain->latency.left == 0)
        replace(chain, &chain->latency, NULL);
    else
        replace(chain, NULL, &chain->latency);
}

static enum phase now(void)
{
    return atomic_load_explicit(&phase, memory_order_relaxed);
}

/* At most `n` cycles, of the chain's phase only; returns how many. */
static uint64_t cycles(struct chain *chain, uint64_t n)
{
    struct bench_latency *sample = chain->phase == MEASURE ? &chain->latency : NULL;
    uint64_t i = 0;
    while (i < n) {
        for (uint64_t end = i + bench_plain(sample, n - i, 2); i < end; i++) {
            if (now() != chain->phase)
                return i;
            replace(chain, NULL, NULL);
        }
        if (i < n) {
            replace_timed(chain);
            i++;
        }
    }
    return i;
}

/* Follows the main thread to the next phase. */
static void advance(struct chain *chain)
{
    chain->phase++;
    if (chain->phase == MEASURE)
        chain->start = bench_now();
    else
        chain->stop = bench_now();
}

static void *serve(void *arg)
{
    struct chain *chain = arg;
    for (uint64_t left = rounds * nchunks; left > 0;) {
        uint64_t done = cycles(chain, left);
        left -= done;
        chain->ops += chain->phase == MEASURE ? 2 * done : 0;
        while (now() != chain->phase)
            advance(chain);
        if (chain->phase == END) {
            atomic_store(&chain->ended, true);
            return NULL;
        }
    }
    pthread_detach(bench_thread(serve, chain));
    return NULL;
}

static void make_chain(struct chain *chain, unsigned number, uint64_t seed)
{
    chain->rng = bench_seed(seed + number);
    chain->tag = (unsigned char)(number + 1);
    chain->blocks = bench_table(nchunks, sizeof *chain->blocks);
    for (uint32_t slot = 0; slot < nchunks; slot++)
        chain->blocks[slot] = make_block(chain);
    bench_latency_begin(&chain->latency, EVERY);
}

/* From the first chain's start to the last one's stop. */
static double span(const struct chain *chains, unsigned n)
{
    double start = chains[0].start, stop = chains[0].stop;
    for (unsigned i = 1; i < n; i++) {
        start = chains[i].start < start ? chains[i].start : start;
        stop = chains[i].stop > stop ? chains[i].stop : stop;
    }
    return stop - start;
}

static void measure(const struct chain *chains, unsigned n, double seconds)
{
    usleep((useconds_t)(seconds / 10 * 1e6));
    bench_start();
    atomic_store(&phase, MEASURE);
    usleep((useconds_t)(seconds * 1e6));
    atomic_store(&phase, END);
    for (unsigned i = 0; i < n; i++) {
        while (!atomic_load(&chains[i].ended))
            usleep(100);
    }
    bench_stop();
    bench_span(span(chains, n));
}

int main(int argc, char **argv)
{
    static const struct bench_arg args[] = {BENCH_NUMBER("secs", 0.01, 3600),
                                            BENCH_NUMBER("min", 1, 1 << 24),
                                            BENCH_NUMBER("max", 1, 1 << 24),
                                            BENCH_NUMBER("chunks", 1, 1 << 24),
                                            BENCH_NUMBER("rounds", 1, 1 << 24),
                                            BENCH_NUMBER("seed", 0, 1e15),
                                            BENCH_NUMBER("threads", 1, BENCH_MAX_THREADS)};
    static struct chain chains[BENCH_MAX_THREADS];
    unsigned order[BENCH_MAX_THREADS];
    double v[7];
    bench_args("larson", argc, argv, args, 7, v);
    if (v[2] < v[1]) {
        fprintf(stderr, "larson: max: %.0f is less than min, %.0f\n", v[2], v[1]);
        return 2;
    }
    least = (uint32_t)v[1];
    range = (uint32_t)(v[2] - v[1]) + 1;
    nchunks = (uint32_t)v[3];
    rounds = (uint64_t)v[4];
    unsigned n = (unsigned)v[6];
    bench_order(order, n);
    for (unsigned i = 0; i < n; i++)
        make_chain(&chains[order[i]], order[i], (uint64_t)v[5]);
    for (unsigned i = 0; i < n; i++)
        pthread_detach(bench_thread(serve, &chains[i]));
    measure(chains, n, v[0]);
    uint64_t ops = 0;
    for (unsigned i = 0; i < n; i++) {
        ops += chains[i].ops;
        bench_latency_merge(&chains[i].latency);
        for (uint32_t slot = 0; slot < nchunks; slot++)
            free(chains[i].blocks[slot]);
        bench_table_free(chains[i].blocks);
    }
    bench_result(ops);
    return 0;
}
