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

#include "common.h"
#include "threads.h"

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
} __attribute__((aligned(128)));

static unsigned char *make_block(struct chain *chain)
{
    unsigned char *block = bench_malloc(least + bench_below(&chain->rng, range));
    *block = chain->tag;
    return block;
}

static void replace(struct chain *chain)
{
    uint32_t slot = bench_below(&chain->rng, nchunks);
    unsigned char *block = chain->blocks[slot];
    bench_check(block, *block == chain->tag);
    free(block);
    chain->blocks[slot] = make_block(chain);
}

static void *serve(void *arg)
{
    struct chain *chain = arg;
    uint64_t n = rounds * nchunks;
    uint64_t i;
    for (i = 0; i < n && !atomic_load_explicit(&stop, memory_order_relaxed); i++)
        replace(chain);
    chain->ops += 2 * i;
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
        for (uint32_t slot = 0; slot < nchunks; slot++)
            free(chains[i].blocks[slot]);
        free(chains[i].blocks);
    }
    bench_result(ops);
    return 0;
}
