/* record.c: see record.h. */
#include "count/record.h"
#include "count/aligned.h"
#include "count/look.h"

void *record_attend(struct record_shard *shard, void *p, size_t size)
{
    mark_used(shard, bin_of(size));
    if (shard->live > shard->upper)
        look_rising(shard);
    if (shard->clock >= shard->look_at)
        look_up(shard);
    return p;
}

void *record_alloc(struct record_shard *shard, char *base, unsigned shift, size_t size,
                   enum trace_kind kind)
{
    if (shard->traced)
        trace_alloc(shard, kind, size, (uint64_t)1 << shift);
    if (shift != HEADER_SHIFT) {
        shard->alignments[shift]++;
        aligned_made(record_self->file, shift, size);
    }
    uint64_t stamp = stamp_of((unsigned)shard->number, shift);
    void *p = make_block(base, shift, size, stamp, (uint32_t)shard->clock);
    return count_alloc(shard, size, true) ? record_attend(shard, p, size) : p;
}

/* Whether the block is from before the fork that began this process. */
static inline bool is_inherited(const struct block *block)
{
    uint64_t first = record_self->file->shards[shard_of(block)].first_clock;
    return (int32_t)(block->birth - (uint32_t)first) < 0;
}

/* Before the free of a counted block. */
static void watch_free(struct record_shard *shard, const struct block *block)
{
    if (shard->traced && is_inherited(block))
        trace_adopt(shard, size_of(block), id_of(block));
    if (shard->live - (int64_t)size_of(block) < shard->lower)
        look_falling(shard, size_of(block));
}

void record_free(struct record_shard *shard, const struct block *block)
{
    if (shard_of(block) == NO_SHARD)
        return;
    watch_free(shard, block);
    if (shard->traced)
        trace_free(shard, id_of(block));
    if (shift_of(block) != HEADER_SHIFT)
        aligned_freed(record_self->file, shift_of(block), size_of(block));
    count_free(shard, block, true);
}

void *record_realloc(struct record_shard *shard, const struct block *old, char *base, size_t size)
{
    if (shard_of(old) == NO_SHARD)
        return record_alloc(shard, base, HEADER_SHIFT, size, TRACE_MALLOC);
    bool moves = bin_of(size) != bin_of(size_of(old));
    shard->reallocs_grown += size > size_of(old);
    watch_free(shard, old);
    if (shard->traced)
        trace_alloc(shard, TRACE_REALLOC, size, id_of(old));
    count_free(shard, old, moves);
    void *p = make_block(base, HEADER_SHIFT, size, shard->stamp, (uint32_t)shard->clock);
    return count_alloc(shard, size, moves) ? record_attend(shard, p, size) : p;
}
