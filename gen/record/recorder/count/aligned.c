/* aligned.c: see aligned.h. */
#include "count/aligned.h"

/* Of the process before a fork; entries of cells that are not used are zero. */
static struct {
    uint64_t used[RECORD_ALIGNED / 64];
    struct record_tally tallies[RECORD_ALIGNED];
} leaving;

/* The block's cell; RECORD_ALIGNED: it has none. */
static unsigned cell_of(unsigned shift, size_t size)
{
    unsigned level = shift - RECORD_ALIGN_LOG, bin = bin_of(size);
    if (level >= RECORD_ALIGN_LEVELS || is_large(bin))
        return RECORD_ALIGNED;
    return RECORD_GRANULES * level + bin;
}

static void add(struct record_tally *tally, size_t size, unsigned bin)
{
    __atomic_fetch_add(&tally->blocks, 1, __ATOMIC_RELAXED);
    __atomic_fetch_add(&tally->bytes, size, __ATOMIC_RELAXED);
    __atomic_fetch_add(&tally->full, is_full(size, bin), __ATOMIC_RELAXED);
}

void aligned_made(struct record_file *file, unsigned shift, size_t size)
{
    unsigned i = cell_of(shift, size);
    if (i == RECORD_ALIGNED)
        return;
    __atomic_fetch_or(&file->aligned.used[i / 64], (uint64_t)1 << i % 64, __ATOMIC_RELAXED);
    add(&file->aligned.cells[i].made, size, bin_of(size));
}

void aligned_freed(struct record_file *file, unsigned shift, size_t size)
{
    unsigned i = cell_of(shift, size);
    if (i != RECORD_ALIGNED)
        add(&file->aligned.cells[i].freed, size, bin_of(size));
}

/* Blocks in use; another thread may be between two of the counts. */
static struct record_tally in_use(const struct record_aligned_cell *cell)
{
    struct record_tally sum = cell->in_use[TALLY_INHERITED];
    sum.blocks += cell->made.blocks - cell->freed.blocks;
    sum.bytes += cell->made.bytes - cell->freed.bytes;
    sum.full += cell->made.full - cell->freed.full;
    if ((int64_t)sum.blocks < 0 || (int64_t)sum.bytes < 0 || (int64_t)sum.full < 0)
        sum = (struct record_tally){0};
    return sum;
}

/* The lowest used cell from `i` on; RECORD_ALIGNED: there is none. */
static unsigned next_used(const uint64_t *used, unsigned i)
{
    for (; i < RECORD_ALIGNED; i = (i | 63) + 1) {
        uint64_t rest = __atomic_load_n(&used[i / 64], __ATOMIC_RELAXED) >> i % 64;
        if (rest)
            return i + (unsigned)__builtin_ctzl(rest);
    }
    return RECORD_ALIGNED;
}

void aligned_keep(struct record_file *file, unsigned slot)
{
    struct record_aligned *aligned = &file->aligned;
    for (unsigned i = 0; (i = next_used(aligned->used, i)) < RECORD_ALIGNED; i++)
        aligned->cells[i].in_use[slot] = in_use(&aligned->cells[i]);
}

void aligned_leave(const struct record_file *file)
{
    const struct record_aligned *aligned = &file->aligned;
    for (unsigned i = 0; (i = next_used(aligned->used, i)) < RECORD_ALIGNED; i++) {
        leaving.used[i / 64] |= (uint64_t)1 << i % 64;
        leaving.tallies[i] = in_use(&aligned->cells[i]);
    }
}

void aligned_inherit(struct record_file *file)
{
    struct record_aligned *aligned = &file->aligned;
    for (unsigned i = 0; (i = next_used(leaving.used, i)) < RECORD_ALIGNED; i++) {
        aligned->used[i / 64] |= (uint64_t)1 << i % 64;
        aligned->cells[i].in_use[TALLY_INHERITED] = leaving.tallies[i];
    }
}
