/* blocks.c: see blocks.h. */
#include <stdlib.h>

#include "blocks.h"
#include "files.h"

enum { LEAST_SHIFT = 52 };

static size_t places(const struct blocks *blocks)
{
    return blocks->table ? (size_t)1 << (64 - blocks->shift) : 0;
}

/* Multiplicative hashing (Knuth, "The Art of Computer Programming", volume 3, 6.4): numbers that
 * follow each other lie apart. */
static size_t home_of(const struct blocks *blocks, uint64_t number)
{
    return (size_t)(number * UINT64_C(0x9E3779B97F4A7C15) >> blocks->shift);
}

/* Its place, or the empty one where it would be. */
static size_t place_of(const struct blocks *blocks, uint64_t number)
{
    size_t last = places(blocks) - 1, i = home_of(blocks, number);
    while (blocks->table[i].number && blocks->table[i].number != number)
        i = (i + 1) & last;
    return i;
}

static void grow(struct blocks *blocks)
{
    struct blocks old = *blocks;
    blocks->shift = old.table ? old.shift - 1 : LEAST_SHIFT;
    blocks->table = new_memory((size_t)1 << (64 - blocks->shift), sizeof *blocks->table);
    for (size_t i = 0; i < places(&old); i++) {
        if (old.table[i].number)
            blocks->table[place_of(blocks, old.table[i].number)] = old.table[i];
    }
    free(old.table);
}

bool blocks_add(struct blocks *blocks, uint64_t number, uint64_t size, uint64_t at)
{
    if (blocks->n >= places(blocks) / 4 * 3)
        grow(blocks);
    struct live *place = &blocks->table[place_of(blocks, number + 1)];
    if (place->number)
        return false;
    *place = (struct live){number + 1, size, at};
    blocks->n++;
    return true;
}

bool blocks_take(struct blocks *blocks, uint64_t number, struct live *was)
{
    if (!blocks->n)
        return false;
    size_t last = places(blocks) - 1, hole = place_of(blocks, number + 1);
    if (!blocks->table[hole].number)
        return false;
    *was = blocks->table[hole];
    /* What is behind it moves up as far as its home, so that no search ends too early. */
    for (size_t i = (hole + 1) & last; blocks->table[i].number; i = (i + 1) & last) {
        size_t home = home_of(blocks, blocks->table[i].number);
        if (((i - home) & last) >= ((i - hole) & last)) {
            blocks->table[hole] = blocks->table[i];
            hole = i;
        }
    }
    blocks->table[hole].number = 0;
    blocks->n--;
    return true;
}
