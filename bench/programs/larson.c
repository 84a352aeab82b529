/* larson SECS MIN MAX CHUNKS ROUNDS SEED THREADS: a server whose requests are served by threads
 * that come and go (Larson and Krishnan, "Memory allocation for long-running server applications",
 * ISMM 1998).
 *
 * Each of THREADS chains of threads has an array of CHUNKS blocks of MIN to MAX bytes.  A thread
 * replaces ROUNDS * CHUNKS blocks, picked at random, then hands its array to a fresh thread and
 * exits; so most blocks are freed by another thread than the one that allocated them.  After SECS
 * seconds the threads stop; an operation is one malloc or one free. */
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "bench/harness/args.h"
#include "bench/harness/latency.h"
#include "bench/harness/memory.h"
#include "bench/harness/random.h"
#include "bench/harness/result.h"
#include "bench/harness/threads.h"

enum { EVERY = 4096 }; /* of so many calls one is timed */

static atomic_bool stop;
static uint32_t least, range, nchunks;
static uint64_t rounds;

/* One chain of threads; it belongs to whichever of them runs. */
struct chain {
    unsigned char **blocks;
    struct bench_rng rng;
    uint64_t ops;
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

static bool stopped(void)
{
    return atomic_load_explicit(&stop, memory_order_relaxed);
}

/* At most `n` cycles; returns how many. */
static uint64_t cycles(struct chain *chain, uint64_t n)
{
    uint64_t i = 0;
    while (i < n) {
        for (uint64_t end = i + bench_plain(&chain->latency, n - i, 2); i < end; i++) {
            if (stopped())
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

static void *serve(void *arg)
{
    struct chain *chain = arg;
    chain->ops += 2 * cycles(chain, rounds * nchunks);
    if (atomic_load(&stop)) {
        atomic_store(&chain->ended, true);
        return NULL;
    }
    pthread_detach(bench_thread(serve, chain));
    return NULL;
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
    for (unsigned i = 0; i < n; i++) {
        struct chain *chain = &chains[i];
        chain->rng = bench_seed((uint64_t)v[5] + i);
        chain->tag = (unsigned char)(i + 1);
        chain->blocks = bench_calloc(nchunks, sizeof *chain->blocks);
        for (uint32_t slot = 0; slot < nchunks; slot++)
            chain->blocks[slot] = make_block(chain);
        bench_latency_begin(&chain->latency, EVERY);
    }
    bench_start();
    for (unsigned i = 0; i < n; i++)
        pthread_detach(bench_thread(serve, &chains[i]));
    usleep((useconds_t)(v[0] * 1e6));
    atomic_store(&stop, true);
    for (unsigned i = 0; i < n; i++) {
        while (!atomic_load(&chains[i].ended))
            usleep(100);
    }
    bench_stop();
    uint64_t ops = 0;
    for (unsigned i = 0; i < n; i++) {
        ops += chains[i].ops;
        bench_latency_merge(&chains[i].latency);
        for (uint32_t slot = 0; slot < nchunks; slot++)
            free(chains[i].blocks[slot]);
        free(chains[i].blocks);
    }
    bench_result(ops);
    return 0;
}
