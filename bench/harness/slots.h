/* slots.h: the load of three programs: slots that are empty or hold a block of random size.  Each
 * cycle picks a slot at random, fills it if it is empty and empties it if it is not.
 *
 * A block starts with the number of its slot, so that overlap and damage show, and its last byte
 * is written too: a program uses the blocks that it asks for. */
#ifndef BENCH_SLOTS_H
#define BENCH_SLOTS_H

#include <stdlib.h>

#include "args.h"
#include "latency.h"
#include "memory.h"
#include "random.h"
#include "result.h"

struct slots {
    uint64_t **blocks; /* nslots of them, NULL: empty */
    uint32_t nslots;
    uint32_t least; /* bytes, at least 16 */
    uint32_t range; /* sizes are in [least, least + range) */
    uint32_t touch; /* bytes between two that are written in each block; 0: first and last only */
    struct bench_rng rng;
};

static inline struct slots slots_make(uint32_t nslots, uint32_t least, uint32_t most,
                                      uint32_t touch, uint64_t seed)
{
    struct slots slots = {.blocks = bench_calloc(nslots, sizeof(uint64_t *)),
                          .nslots = nslots,
                          .least = least,
                          .range = most - least + 1,
                          .touch = touch,
                          .rng = bench_seed(seed)};
    return slots;
}

BENCH_BODY void slots_empty(struct slots *slots, uint32_t slot, struct bench_latency *latency)
{
    uint64_t *block = slots->blocks[slot];
    bench_check(block, *block == slot);
    bench_free_in(latency, block);
    slots->blocks[slot] = NULL;
}

BENCH_BODY void slots_cycle(struct slots *slots, struct bench_latency *latency)
{
    uint32_t slot = bench_below(&slots->rng, slots->nslots);
    if (slots->blocks[slot]) {
        slots_empty(slots, slot, latency);
        return;
    }
    size_t size = slots->least + bench_below(&slots->rng, slots->range);
    uint64_t *block = bench_malloc_in(latency, size);
    if (slots->touch) {
        for (size_t i = slots->touch; i < size; i += slots->touch)
            ((volatile char *)block)[i] = 1;
    }
    ((volatile char *)block)[size - 1] = 1;
    *block = slot;
    slots->blocks[slot] = block;
}

/* Takes a copy, so that the untimed cycles may keep theirs in registers; returns its new `rng`. */
BENCH_APART struct bench_rng slots_cycle_timed(struct slots slots, struct bench_latency *latency)
{
    slots_cycle(&slots, latency);
    return slots.rng;
}

/* A cycle is one call. */
BENCH_BODY void slots_run(struct slots *slots, uint64_t cycles, struct bench_latency *latency)
{
    while (cycles > 0) {
        uint64_t plain = bench_plain(latency, cycles, 1);
        for (uint64_t i = 0; i < plain; i++)
            slots_cycle(slots, NULL);
        cycles -= plain;
        if (cycles > 0) {
            slots->rng = slots_cycle_timed(*slots, latency);
            cycles--;
        }
    }
}

static inline void slots_free(struct slots *slots)
{
    for (uint32_t slot = 0; slot < slots->nslots; slot++) {
        if (slots->blocks[slot])
            slots_empty(slots, slot, NULL);
    }
    free(slots->blocks);
}

/* A program with one thread that times one in `every` calls: arguments CYCLES WS SEED. */
static inline int slots_main(const char *program, int argc, char **argv, uint32_t least,
                             uint32_t most, uint32_t touch, uint32_t every)
{
    static struct bench_latency latency;
    static const struct bench_arg args[] = {BENCH_NUMBER("cycles", 1, 1e12),
                                            BENCH_NUMBER("ws", 1, 1 << 24),
                                            BENCH_NUMBER("seed", 0, 1e15)};
    double v[3];
    bench_args(program, argc, argv, args, 3, v);
    uint64_t cycles = (uint64_t)v[0];
    struct slots slots = slots_make((uint32_t)v[1], least, most, touch, (uint64_t)v[2]);
    bench_latency_begin(&latency, every);
    slots_run(&slots, cycles / 10 + slots.nslots, NULL); /* warm up */
    bench_start();
    slots_run(&slots, cycles, &latency);
    bench_stop();
    bench_latency_merge(&latency);
    bench_result(cycles);
    slots_free(&slots);
    return 0;
}

#endif
