/* kept.h: blocks that are checked while they are in use: aligned, apart from each other, holding
 * what was written to them.  What is wrong ends the program: one line on standard error, and the
 * status `kept_status`.
 *
 * Nothing here allocates but realloc in kept_resize.  On the reference `null`, whose blocks
 * overlap, only alignment is checked. */
#ifndef BENCH_KEPT_H
#define BENCH_KEPT_H

#include <stdint.h>
#include <stdio.h>

#include "memory.h"

enum {
    KEPT_SLOTS = 256,  /* of a table */
    KEPT_DENSE = 256,  /* bytes at both ends of a block that are all written and read ... */
    KEPT_SPARSE = 61,  /* ... and one of so many between them */
    KEPT_LEAST_16 = 16 /* bytes: smaller blocks need not lie at multiples of 16, but of 8 */
};

/* A block in use; `tag` says what is written to it. */
struct kept {
    unsigned char *p; /* NULL: none */
    size_t size;
    uint64_t tag;
};

/* Blocks of which no two may overlap. */
struct kept_table {
    struct kept slots[KEPT_SLOTS];
};

static int kept_status = 1;

#define KEPT_WRONG(...) (fprintf(stderr, "bench_sanity: " __VA_ARGS__), exit(kept_status))

static unsigned char kept_byte(uint64_t tag, size_t at)
{
    return (unsigned char)((tag + at) * 0x9E3779B97F4A7C15u >> 56);
}

/* The byte after `at` that is written in a block of this size. */
static size_t kept_after(size_t at, size_t size)
{
    if (at < KEPT_DENSE || at + KEPT_DENSE >= size)
        return at + 1;
    return at + KEPT_SPARSE + KEPT_DENSE < size ? at + KEPT_SPARSE : size - KEPT_DENSE;
}

static void kept_write(const struct kept *block)
{
    for (size_t at = 0; at < block->size; at = kept_after(at, block->size))
        block->p[at] = kept_byte(block->tag, at);
}

/* The first of the bytes below `end` that is not what was written to it; `end` if all are. */
static size_t kept_changed(const struct kept *block, size_t end)
{
    for (size_t at = 0; at < block->size && at < end; at = kept_after(at, block->size)) {
        if (block->p[at] != kept_byte(block->tag, at) && !bench_blocks_overlap)
            return at;
    }
    return end;
}

static void kept_check(const struct kept *block)
{
    size_t at = kept_changed(block, block->size);
    if (at < block->size)
        KEPT_WRONG("a block of %zu bytes was changed while it was in use: byte %zu of %p\n",
                   block->size, at, (void *)block->p);
}

/* No block of the table but `block` itself may share a byte with it. */
static void kept_apart(const char *call, const struct kept *block, const struct kept_table *table)
{
    for (int i = 0; i < KEPT_SLOTS && !bench_blocks_overlap; i++) {
        const struct kept *other = &table->slots[i];
        if (!other->p || other == block)
            continue;
        if (other->p == block->p)
            KEPT_WRONG("%s: the same block twice: %p, of %zu bytes, is in use\n", call,
                       (void *)other->p, other->size);
        if (block->p < other->p + other->size && other->p < block->p + block->size)
            KEPT_WRONG("%s: blocks overlap: %zu bytes at %p, and %zu at %p are in use\n", call,
                       block->size, (void *)block->p, other->size, (void *)other->p);
    }
}

/* Takes over what `call` returned for `size` bytes, of which only no bytes may be NULL; `align` is
 * 0 for what every block of the size has.  The slot is empty, or the block's own. */
static void kept_enter(struct kept_table *table, int slot, const char *call, void *p, size_t size,
                       size_t align, uint64_t tag)
{
    struct kept *at = &table->slots[slot];
    if (!p && size)
        KEPT_WRONG("%s: no block of %zu bytes\n", call, size);
    *at = (struct kept){p, size, tag};
    if (!p)
        return;
    if (!align)
        align = size < KEPT_LEAST_16 ? 8 : 16;
    if ((uintptr_t)p % align)
        KEPT_WRONG("%s: a block of %zu bytes is misaligned: %p is no multiple of %zu\n", call, size,
                   p, align);
    kept_apart(call, at, table);
    kept_write(at);
}

/* Frees the block, if there is one. */
static void kept_leave(struct kept_table *table, int slot)
{
    struct kept *at = &table->slots[slot];
    if (at->p)
        kept_check(at);
    free(at->p);
    at->p = NULL;
}

/* Passes the block, of more than 0 bytes, to realloc; `size` is above 0 too. */
static void kept_resize(struct kept_table *table, int slot, size_t size)
{
    struct kept *at = &table->slots[slot];
    struct kept moved = *at;
    kept_check(at);
    moved.p = realloc(at->p, size);
    if (!moved.p)
        KEPT_WRONG("realloc: no block of %zu bytes in place of one of %zu\n", size, at->size);
    size_t kept = size < at->size ? size : at->size, lost = kept_changed(&moved, kept);
    if (lost < kept)
        KEPT_WRONG("realloc: from %zu to %zu bytes, byte %zu is lost\n", at->size, size, lost);
    kept_enter(table, slot, "realloc", moved.p, size, 0, at->tag);
}

#endif
