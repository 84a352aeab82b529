/* null.c: the reference `null`: malloc hands out one and the same place, free does nothing.  What a
 * benchmark program takes with it is the time of the program's own loop, if that has one thread:
 * several would write to the place, and wait for each other.  Blocks in use overlap, so it serves
 * for measuring only.
 *
 * A position kept in memory, as in a ring, would take longer to load and store than the fastest
 * allocators need in all, and a larger area would add misses of the first-level cache.  calloc and
 * its like, which the C library needs for threads, give memory that stays. */
#include "reserve.h"

enum { SMALL_MOST = 32 << 10, LARGE_MOST = 16 << 20 };

const char bench_null_reference REF_EXPORT = 1;

static char small_place[SMALL_MOST] __attribute__((aligned(4096)));
static char large_place[LARGE_MOST] __attribute__((aligned(4096)));

REF_EXPORT void *malloc(size_t size)
{
    if (__builtin_expect(size <= SMALL_MOST, 1))
        return small_place;
    return size <= LARGE_MOST ? large_place : ref_take(size, 16);
}

REF_EXPORT void free(void *p)
{
    (void)p;
}
