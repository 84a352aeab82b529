/* floor.c: the reference `floor`: about the least that an allocator of the usual kind can do.  One
 * list for each size, a pop and a push; the list is found by a byte pair for each 64 KiB.
 *
 * No locks: one thread at a time may call malloc and free.  No memory is ever given back or used
 * for another size, nothing is checked. */
#include "reserve.h"

enum {
    CHUNK = 65536,
    SMALL_MOST = 8192, /* below, sizes are rounded to 16 bytes, above to 4 KiB */
    SMALL_LISTS = SMALL_MOST / 16 + 1,
    LARGE_MOST = 64 << 20,
    LISTS = SMALL_LISTS + LARGE_MOST / 4096 + 1,
    NONE = 0, /* list of chunks that are not ours: requests of no bytes use list 1 */
};

static void *lists[LISTS];
static uint16_t list_of_chunk[REF_RESERVE / CHUNK];

/* Cuts a new chunk, or a large block's chunks, into blocks of the list. */
static __attribute__((noinline, cold)) void *carve(size_t list)
{
    size_t size = list < SMALL_LISTS ? list * 16 : (list - SMALL_LISTS) * 4096;
    size_t bytes = (size + CHUNK - 1) & ~(size_t)(CHUNK - 1);
    char *start = ref_take(bytes + CHUNK, CHUNK);
    if (!start)
        return NULL;
    list_of_chunk[(size_t)(start - ref_base()) / CHUNK] = (uint16_t)list;
    for (size_t at = size; at + size <= bytes; at += size) {
        *(void **)(start + at) = lists[list];
        lists[list] = start + at;
    }
    return start;
}

REF_EXPORT void *malloc(size_t size)
{
    size_t list;
    if (__builtin_expect(size <= SMALL_MOST, 1))
        list = (size + 15) / 16 + (size == 0);
    else if (size <= LARGE_MOST)
        list = SMALL_LISTS + (size + 4095) / 4096;
    else
        return ref_take_sized(size);
    void *p = lists[list];
    if (__builtin_expect(p == NULL, 0))
        return carve(list);
    lists[list] = *(void **)p;
    return p;
}

REF_EXPORT void free(void *p)
{
    size_t chunk = ((uintptr_t)p - (uintptr_t)ref_start) / CHUNK;
    if (chunk >= REF_RESERVE / CHUNK)
        return;
    size_t list = list_of_chunk[chunk];
    if (list == NONE)
        return;
    *(void **)p = lists[list];
    lists[list] = p;
}
