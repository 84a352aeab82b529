/* null.c: the reference `null`: malloc hands out one and the same place for each size, free does
 * nothing.  What a benchmark program takes with it is the time of the program's own loop.  Blocks
 * in use overlap, so it serves for measuring only.
 *
 * The place follows from the size alone: a position kept in memory, as in a ring, would take longer
 * to load and store than the fastest allocators need in all.  calloc and its like, which the C
 * library needs for threads, give memory that stays. */
#include "reserve.h"

enum {
    PLACES = 256 << 10, /* bytes over which small blocks are spread: the second-level cache */
    SMALL_MOST = 32 << 10,
    LARGE_MOST = 16 << 20,
};

const char bench_null_reference REF_EXPORT = 1;

static char small_places[PLACES + SMALL_MOST] __attribute__((aligned(4096)));
static char large_place[LARGE_MOST] __attribute__((aligned(4096)));

REF_EXPORT void *malloc(size_t size)
{
    if (__builtin_expect(size <= SMALL_MOST, 1))
        return small_places + (size * 64 & (PLACES - 1));
    return size <= LARGE_MOST ? large_place : ref_take(size, 16);
}

REF_EXPORT void free(void *p)
{
    (void)p;
}
