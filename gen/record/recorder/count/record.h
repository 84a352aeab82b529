/* record.h: what the recorder counts, and how.
 *
 * A thread counts in a shard of its own, without a lock and without atomic instructions: one
 * writer, and whoever reads at the same time takes what is there, which is at most some operations
 * old.  Peaks: a thread knows what the others have in use as of its last look, and so the value
 * of its own live bytes beyond which there is a new peak; where there are others, it looks again
 * whenever its own bytes have changed by a step.  What was in use at the peak is kept when the
 * process falls 1/64 below a peak that is 1/64 above the one kept before; until then the counts
 * themselves tell it.
 *
 * Only recorded processes get as far as these functions; see interpose.c. */
#ifndef RECORDER_RECORD_H
#define RECORDER_RECORD_H

#include "count/block.h"
#include "files/trace.h"

/* The compiler then knows that what is declared here is in this library. */
#pragma GCC visibility push(hidden)

/* What is to be done now and then: when count_alloc says so, after it.  Returns p. */
void *record_attend(struct record_shard *shard, void *p, size_t size);

/* A call ends a run of `n` calls of the other kind, which may be 0; branches would be guessed
 * wrong half of the time. */
static ALWAYS_INLINE void end_run(uint64_t *bursts, uint32_t n)
{
    unsigned i = log2_of(2 * (uint64_t)n + 1);
    bursts[i < RECORD_BURSTS ? i : RECORD_BURSTS - 1]++;
}

static inline void mark_used(struct record_shard *shard, unsigned bin)
{
    shard->used[bin / 64] |= (uint64_t)1 << bin % 64;
}

/* Whether record_attend is to be called.  `alone`: not a realloc within its bin, which ends no
 * run. */
static ALWAYS_INLINE bool count_alloc(struct record_shard *shard, size_t size, bool alone)
{
    unsigned i = bin_of(size);
    struct record_bin *bin = &shard->bins[i];
    if (alone) {
        end_run(shard->spreads[i].burst_frees, (uint32_t)bin->frees - bin->frees_seen);
        bin->frees_seen = (uint32_t)bin->frees;
    } else {
        bin->allocs_seen++;
    }
    bin->bytes += size;
    bin->full += is_full(size, i);
    shard->live += (int64_t)size;
    shard->clock++;
    return bin->allocs++ == 0 || shard->live > shard->upper || shard->clock >= shard->look_at;
}

static ALWAYS_INLINE void count_free(struct record_shard *shard, const struct block *block,
                                     bool alone)
{
    size_t size = size_of(block);
    unsigned i = bin_of(size);
    struct record_bin *bin = &shard->bins[i];
    if (unlikely(shard_of(block) != shard->number)) {
        bin->remote_frees++;
        mark_used(shard, i);
    }
    if (alone) {
        end_run(shard->spreads[i].burst_allocs, (uint32_t)bin->allocs - bin->allocs_seen);
        bin->allocs_seen = (uint32_t)bin->allocs;
    } else {
        bin->frees_seen++;
    }
    bin->frees++;
    bin->freed_bytes += size;
    bin->freed_full += is_full(size, i);
    shard->live -= (int64_t)size;
}

/* A block of a shard that is not traced. */
static ALWAYS_INLINE void *record_alloc_fast(struct record_shard *shard, char *base, size_t size)
{
    void *p = make_block(base, HEADER_SHIFT, size, shard->stamp, (uint32_t)shard->clock);
    return unlikely(count_alloc(shard, size, true)) ? record_attend(shard, p, size) : p;
}

/* Whether record_free_fast will do: neither trace nor peak nor another shard takes notice, and the
 * block is no aligned one. */
static ALWAYS_INLINE bool is_plain_free(const struct record_shard *shard, const struct block *block)
{
    return (block->what ^ shard->stamp) >> SIZE_BITS == 0 && !shard->traced &&
           shard->live - (int64_t)size_of(block) >= shard->lower;
}

static ALWAYS_INLINE void record_free_fast(struct record_shard *shard, const struct block *block)
{
    count_free(shard, block, true);
}

void *record_alloc(struct record_shard *shard, char *base, unsigned shift, size_t size,
                   enum trace_kind kind);
void record_free(struct record_shard *shard, const struct block *block);

/* `old` is a copy of the header before; returns what the program gets. */
void *record_realloc(struct record_shard *shard, const struct block *old, char *base, size_t size);

#pragma GCC visibility pop

#endif
