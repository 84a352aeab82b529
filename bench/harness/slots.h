/* slots.h: the load of four programs: WS slots, of which one half hold a block each.  Cycles take
 * turns: one frees the block of a random slot, the next fills an empty slot with a block of random
 * size.
 *
 * Slots differ in nothing, so the empty half needs no table, and a block's successor takes its
 * place.  If each cycle picked one of all slots and filled or emptied it, as whether it is empty
 * tells, the load on the allocator would be the same; but the processor would mispredict one cycle
 * in two, which takes longer than many a malloc.
 *
 * A block starts with the number of its slot, so that overlap and damage show, and its last byte
 * is written too: a program uses the blocks that it asks for. */
#ifndef BENCH_SLOTS_H
#define BENCH_SLOTS_H

#include <stdlib.h>

#include "args.h"
#include "latency.h"
#include "layout.h"
#include "memory.h"
#include "random.h"
#include "result.h"

enum { SLOTS_PASSES = 8 }; /* how often the warm-up replaces each block on average, at least */

struct slots {
    uint64_t **blocks; /* nblocks of them */
    uint32_t nblocks;
    uint32_t least; /* bytes, at least 16 */
    uint32_t range; /* sizes are in [least, least + range) */
    uint32_t touch; /* bytes between two that are written in each block; 0: first and last only */
    struct bench_rng rng;
};

static inline struct slots slots_make(uint32_t nslots, uint32_t least, uint32_t most,
                                      uint32_t touch, uint64_t seed)
{
    uint32_t nblocks = nslots - nslots / 2;
    struct slots slots = {.blocks = bench_table(nblocks, sizeof(uint64_t *)),
                          .nblocks = nblocks,
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
}

BENCH_BODY void slots_fill(struct slots *slots, uint32_t slot, size_t size,
                           struct bench_latency *latency)
{
    uint64_t *block = bench_malloc_in(latency, size);
    if (slots->touch) {
        for (size_t i = slots->touch; i < size; i += slots->touch)
            ((volatile char *)block)[i] = 1;
    }
    ((volatile char *)block)[size - 1] = 1;
    *block = slot;
    slots->blocks[slot] = block;
}

/* Two cycles.  One random number gives the slot and the size: a second one would take as long as a
 * fast allocator's call. */
BENCH_BODY void slots_pair(struct slots *slots, struct bench_latency *timed_free,
                           struct bench_latency *timed_malloc)
{
    uint64_t drawn = bench_random(&slots->rng);
    uint32_t slot = bench_scale((uint32_t)(drawn >> 32), slots->nblocks);
    size_t size = slots->least + bench_scale((uint32_t)drawn, slots->range);
    slots_empty(slots, slot, timed_free);
    slots_fill(slots, slot, size, timed_malloc);
}

/* Takes a copy, so that the untimed cycles may keep theirs in registers; returns its new `rng`. */
BENCH_APART struct bench_rng slots_pair_timed(struct slots slots, struct bench_latency *latency)
{
    if (latency->left == 0)
        slots_pair(&slots, latency, NULL);
    else
        slots_pair(&slots, NULL, latency);
    return slots.rng;
}

/* An even number of cycles. */
BENCH_BODY void slots_run(struct slots *slots, uint64_t cycles, struct bench_latency *latency)
{
    BENCH_SAMPLED(i, 0, cycles / 2, 2, latency, slots_pair(slots, NULL, NULL),
                  slots->rng = slots_pair_timed(*slots, latency));
}

/* Fills one half of the slots, and goes on until blocks lie where chance put them. */
static inline void slots_warm(struct slots *slots, uint64_t cycles)
{
    for (uint32_t slot = 0; slot < slots->nblocks; slot++)
        slots_fill(slots, slot, slots->least + bench_below(&slots->rng, slots->range), NULL);
    slots_run(slots, cycles / 10 + 2 * SLOTS_PASSES * (uint64_t)slots->nblocks, NULL);
}

/* Cycles are counted in pairs: an odd number is one more. */
static inline uint64_t slots_even(double cycles)
{
    return (uint64_t)cycles + (uint64_t)cycles % 2;
}

static inline void slots_free(struct slots *slots)
{
    for (uint32_t slot = 0; slot < slots->nblocks; slot++)
        slots_empty(slots, slot, NULL);
    bench_table_free(slots->blocks);
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
    uint64_t cycles = slots_even(v[0]);
    struct slots slots = slots_make((uint32_t)v[1], least, most, touch, (uint64_t)v[2]);
    slots_warm(&slots, cycles);
    bench_latency_begin(&latency, every);
    bench_start();
    slots_run(&slots, cycles, &latency);
    bench_stop();
    bench_latency_merge(&latency);
    bench_result(cycles);
    slots_free(&slots);
    return 0;
}

#endif
