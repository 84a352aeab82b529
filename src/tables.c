/* tables.c: see tables.h. */
#include "tables.h"

enum { STEP = HAK_PAGE_SIZE / HAK_SPAN_BYTES }; /* descriptors mapped at a time */

/* With a base of 2^63, p - base is huge for every address that a program can hold.  So before
 * initialisation each pointer counts as foreign. */
struct hak_heap hak_heap HAK_CACHE_ALIGNED = {
    .lookup_base = (uintptr_t)1 << 63, .base = (uintptr_t)1 << 63, .region_shift = 47};
struct hak_lock hak_heap_lock;

size_t hak_tables_bytes[HAK_NRANGES];
static size_t map_bytes, live_bytes; /* of these tables, mapped */

void hak_tables_init(unsigned range, uint32_t first)
{
    uint32_t end = (uint32_t)hak_round_down(first, STEP);
    if (end == 0)
        end = STEP; /* by hak_space_find */
    hak_tables_bytes[range] = (size_t)end * HAK_SPAN_BYTES;
}

bool hak_tables_extend(unsigned range, uint32_t end)
{
    return hak_space_extend((char *)hak_heap.spans, &hak_tables_bytes[range],
                            (size_t)end * HAK_SPAN_BYTES) &&
           (!HAK_LOOKUP_MAP || hak_space_extend((char *)hak_heap.map, &map_bytes, end)) &&
           (!HAK_GUARD ||
            hak_space_extend((char *)hak_heap.live, &live_bytes, (size_t)end * HAK_LIVE_PER_PAGE));
}

void hak_tables_abandon(void)
{
    for (unsigned range = 0; range < HAK_NRANGES; range++)
        hak_space_mend((char *)hak_heap.spans, &hak_tables_bytes[range]);
    if (HAK_LOOKUP_MAP)
        hak_space_mend((char *)hak_heap.map, &map_bytes);
    if (HAK_GUARD)
        hak_space_mend((char *)hak_heap.live, &live_bytes);
}
