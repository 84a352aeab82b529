/* record.h: what the recorder counts, and how.
 *
 * Each block has a header before it; so free needs no table.
 *
 *   base                    p - 16                     p
 *   | room for alignment    | size, shard, birth, tag  | what the program asked for
 *   base = p - 2^shift, where shift is 4 but for aligned blocks
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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"
#include "trace.h"

/* The compiler then knows that what is declared here is in this library. */
#pragma GCC visibility push(hidden)

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE inline __attribute__((always_inline))

enum {
    HEADER = 16,
    HEADER_SHIFT = 4,
    SIZE_BITS = 48,
    SHARD_BITS = 8,
    NO_SHARD = 255, /* of blocks that are not counted */
    TAG = 0x5ec0de,
    LOOK_MOST = 64, /* allocations of a thread between two looks */
};

struct block {
    uint64_t what;  /* size, shard << 48, shift << 56 */
    uint32_t birth; /* clock of the shard before it was counted */
    uint32_t tag;   /* address and TAG, 24 bits; number of reallocs, up to 255, in the low 8 */
};
_Static_assert(sizeof(struct block) == HEADER, "a block's header");

/* On a page that is all zero in a child of a fork that the recorder does not hear of. */
struct record_self {
    struct record_file *file; /* NULL: this process is not recorded */
};
extern struct record_self *record_self;

/* Zero until the first call of a thread. */
struct record_thread {
    struct record_shard *shard; /* its own; NULL: none, or not yet */
    uint64_t number;            /* from 1 */
    bool shares;                /* it uses shard 0 */
    uint64_t looked_ns;         /* when it last looked at others, since the start */
};
extern __thread struct record_thread record_thread __attribute__((tls_model("initial-exec")));

/* ---- the process ----------------------------------------------------------------------------- */

/* Whether blocks get headers: decided at the first call, for good. */
enum record_mode { MODE_UNKNOWN, MODE_NONE, MODE_HEADERS };
extern enum record_mode record_mode;

/* Finds the next malloc, reads the environment and begins.  False: too early, or at work. */
bool record_init(void);

/* The shard to count in: the thread's own, or shard 0 locked; NULL: this process is not recorded.
 * To be left by record_leave. */
struct record_shard *record_enter(void);
void record_leave(struct record_shard *shard);

/* What is to be done now and then: when count_alloc says so, after it.  Returns p. */
void *record_attend(struct record_shard *shard, void *p, size_t size);

/* The process ends. */
void record_complete(void);

/* ---- counting -------------------------------------------------------------------------------- */

static inline unsigned log2_of(uint64_t n)
{
    return 63 ^ (unsigned)__builtin_clzl(n);
}

static inline unsigned bin_of(size_t size)
{
    if (likely(size <= (size_t)RECORD_GRANULE * RECORD_GRANULES))
        return (unsigned)((size - (size != 0)) / RECORD_GRANULE);
    unsigned doubling = log2_of(size);
    return RECORD_GRANULES + 8 * (doubling - RECORD_LARGE_LOG) + (size >> (doubling - 3) & 7);
}

static inline uint32_t tag_of(const struct block *block)
{
    uint32_t address = (uint32_t)((uintptr_t)block >> 4);
    return (address * 0x9E3779B1u ^ TAG << 8) & ~(uint32_t)255;
}

static inline bool is_ours(const struct block *block)
{
    return (block->tag & ~(uint32_t)255) == tag_of(block);
}

static inline struct block *block_of(const void *p)
{
    return (struct block *)p - 1;
}

static inline size_t size_of(const struct block *block)
{
    return block->what & (((uint64_t)1 << SIZE_BITS) - 1);
}

static inline unsigned shard_of(const struct block *block)
{
    return block->what >> SIZE_BITS & 255;
}

static inline unsigned shift_of(const struct block *block)
{
    return (unsigned)(block->what >> (SIZE_BITS + SHARD_BITS));
}

static inline uint64_t id_of(const struct block *block)
{
    return (uint64_t)shard_of(block) << 32 | block->birth;
}

/* A call ends a run of `n` calls of the other kind, which may be 0; branches would be guessed
 * wrong half of the time. */
static ALWAYS_INLINE void end_run(uint64_t *bursts, uint32_t n)
{
    unsigned i = log2_of(2 * (uint64_t)n + 1);
    bursts[i < RECORD_BURSTS ? i : RECORD_BURSTS - 1]++;
}

static inline bool is_large(unsigned bin)
{
    return bin >= RECORD_GRANULES;
}

/* How many of the blocks of this size fill their granules: 0 or 1. */
static inline uint64_t is_full(size_t size, unsigned bin)
{
    return is_large(bin) ? 0 : size / RECORD_GRANULE - bin;
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
    unsigned i = bin_of(size), owner = shard_of(block);
    struct record_bin *bin = &shard->bins[i];
    struct record_spread *spread = &shard->spreads[i];
    uint32_t clock = (uint32_t)shard->clock;
    if (unlikely(owner != shard->number)) {
        clock = (uint32_t)record_self->file->shards[owner].clock;
        bin->remote_frees++;
        mark_used(shard, i);
    }
    if (alone) {
        end_run(spread->burst_allocs, (uint32_t)bin->allocs - bin->allocs_seen);
        bin->allocs_seen = (uint32_t)bin->allocs;
    } else {
        bin->frees_seen++;
    }
    bin->frees++;
    bin->freed_bytes += size;
    bin->freed_full += is_full(size, i);
    spread->lives[log2_of((clock - block->birth - 1) | 1)]++;
    shard->live -= (int64_t)size;
}

static inline uint64_t stamp_of(unsigned shard, unsigned shift)
{
    return (uint64_t)shard << SIZE_BITS | (uint64_t)shift << (SIZE_BITS + SHARD_BITS);
}

/* Writes the header of the block that begins at `base`; returns what the program gets. */
static ALWAYS_INLINE void *make_block(char *base, unsigned shift, size_t size, uint64_t stamp,
                                      uint32_t birth, unsigned reallocs)
{
    char *p = base + ((size_t)1 << shift);
    struct block *block = block_of(p);
    block->what = size | stamp;
    block->birth = birth;
    block->tag = tag_of(block) | reallocs;
    return p;
}

/* A block of a shard that is not traced. */
static ALWAYS_INLINE void *record_alloc_fast(struct record_shard *shard, char *base, size_t size)
{
    void *p = make_block(base, HEADER_SHIFT, size, shard->stamp, (uint32_t)shard->clock, 0);
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
