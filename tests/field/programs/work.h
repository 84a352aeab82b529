/* work.h: what a busy program asks of malloc, with checked contents.  Each thread may call it. */
#ifndef WORK_H
#define WORK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Also exit statuses. */
enum { WORK_RIGHT = 0, WORK_NULL = 3, WORK_DAMAGED = 4 };
enum { WORK_BLOCKS = 64, WORK_STEP = 509 };

struct work_block {
    unsigned char *p;
    size_t size;
    unsigned char tag;
};

/* Writes to every page, and both ends. */
static inline void work_fill(struct work_block *block)
{
    for (size_t i = 0; i < block->size; i += WORK_STEP)
        block->p[i] = block->tag;
    block->p[block->size - 1] = block->tag;
}

static inline bool work_is_right(const struct work_block *block, size_t size)
{
    for (size_t i = 0; i < size; i += WORK_STEP) {
        if (block->p[i] != block->tag)
            return false;
    }
    return size < block->size || block->p[size - 1] == block->tag;
}

static inline bool work_is_zero(const struct work_block *block)
{
    for (size_t i = 0; i < block->size; i++) {
        if (block->p[i] != 0)
            return false;
    }
    return true;
}

static inline uint32_t work_random(uint32_t *state)
{
    *state = *state * 1103515245 + 12345;
    return *state >> 8;
}

static inline size_t work_size(uint32_t *state)
{
    uint32_t kind = work_random(state) % 8, random = work_random(state);
    return kind < 5     ? 1 + random % 3000
           : random % 4 ? 1 + random % 100000
                        : 70000 + random % 600000;
}

/* Replaces the block by another, of any size, by any of the functions. */
static inline int work_replace(struct work_block *block, uint32_t *state)
{
    struct work_block next = {NULL, work_size(state),
                              (unsigned char)(1 + work_random(state) % 255)};
    uint32_t kind = work_random(state) % 8;
    if (block->p && !work_is_right(block, block->size))
        return WORK_DAMAGED;
    if (block->p && kind == 0) {
        next.p = realloc(block->p, next.size);
        if (!next.p)
            return WORK_NULL;
        block->p = next.p;
        size_t kept = block->size < next.size ? block->size : next.size;
        if (!work_is_right(block, kept))
            return WORK_DAMAGED;
    } else {
        free(block->p);
        *block = (struct work_block){NULL, 0, 0};
        next.p = kind == 1   ? calloc(1, next.size)
                 : kind == 2 ? aligned_alloc(4096, next.size)
                             : malloc(next.size);
        if (!next.p)
            return WORK_NULL;
        if (kind == 1 && !work_is_zero(&next))
            return WORK_DAMAGED;
    }
    *block = next;
    work_fill(block);
    return WORK_RIGHT;
}

/* A vector that grows by a third at a time up to `most` bytes. */
static inline int work_grow(size_t most)
{
    struct work_block vector = {NULL, 0, 7};
    for (size_t size = 1000; size < most; size += size / 3) {
        unsigned char *p = realloc(vector.p, size);
        if (!p) {
            free(vector.p);
            return WORK_NULL;
        }
        vector.p = p;
        if (vector.size && !work_is_right(&vector, vector.size))
            return WORK_DAMAGED;
        vector.size = size;
        work_fill(&vector);
    }
    free(vector.p);
    return WORK_RIGHT;
}

/* The first NULL or damaged block ends it.  All that was allocated is free in the end. */
static inline int work(uint32_t seed, unsigned rounds)
{
    struct work_block blocks[WORK_BLOCKS] = {{NULL, 0, 0}};
    int result = WORK_RIGHT;
    for (unsigned i = 0; i < rounds && result == WORK_RIGHT; i++)
        result = work_replace(&blocks[work_random(&seed) % WORK_BLOCKS], &seed);
    for (unsigned i = 0; i < WORK_BLOCKS; i++) {
        if (blocks[i].p && !work_is_right(&blocks[i], blocks[i].size))
            result = WORK_DAMAGED;
        free(blocks[i].p);
    }
    return result == WORK_RIGHT ? work_grow((size_t)4 << 20) : result;
}

#endif
