/* block.h: the bin of a size, and the header that the recorder puts before each block, so that free
 * needs no table.
 *
 *   base                    p - 16                     p
 *   | room for alignment    | size, shard, birth, tag  | what the program asked for
 *   base = p - 2^shift, where shift is 4 but for aligned blocks */
#ifndef RECORDER_BLOCK_H
#define RECORDER_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "layout.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define ALWAYS_INLINE inline __attribute__((always_inline))

/* ---- bins ------------------------------------------------------------------------------------ */

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

static inline bool is_large(unsigned bin)
{
    return bin >= RECORD_GRANULES;
}

/* How many of the blocks of this size fill their granules: 0 or 1. */
static inline uint64_t is_full(size_t size, unsigned bin)
{
    return is_large(bin) ? 0 : size / RECORD_GRANULE - bin;
}

/* ---- headers --------------------------------------------------------------------------------- */

enum {
    HEADER = 16,
    HEADER_SHIFT = 4,
    SIZE_BITS = 48,
    SHARD_BITS = 8,
    NO_SHARD = 255, /* of blocks that are not counted */
    TAG = 0x5ec0de00,
};

struct block {
    uint64_t what;  /* size, shard << 48, shift << 56 */
    uint32_t birth; /* clock of the shard before it was counted */
    uint32_t tag;   /* of its address: a block that the recorder did not make has another */
};
_Static_assert(sizeof(struct block) == HEADER, "a block's header");

static inline uint32_t tag_of(const struct block *block)
{
    uint32_t address = (uint32_t)((uintptr_t)block >> 4);
    return address * 0x9E3779B1u ^ TAG;
}

static inline bool is_ours(const struct block *block)
{
    return block->tag == tag_of(block);
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

static inline uint64_t stamp_of(unsigned shard, unsigned shift)
{
    return (uint64_t)shard << SIZE_BITS | (uint64_t)shift << (SIZE_BITS + SHARD_BITS);
}

/* Writes the header of the block that begins at `base`; returns what the program gets. */
static ALWAYS_INLINE void *make_block(char *base, unsigned shift, size_t size, uint64_t stamp,
                                      uint32_t birth)
{
    char *p = base + ((size_t)1 << shift);
    struct block *block = block_of(p);
    block->what = size | stamp;
    block->birth = birth;
    block->tag = tag_of(block);
    return p;
}

#endif
