/* tables.c: see tables.h. */
#include "tables.h"

enum { STEP = HAK_PAGE_SIZE / sizeof(struct hak_span) }; /* descriptors mapped at a time */

uint32_t hak_tables_ends[HAK_NRANGES];
static size_t map_bytes, live_bytes; /* of these tables, mapped */

void hak_tables_init(unsigned range, uint32_t first)
{
    uint32_t end = (uint32_t)hak_round_down(first, STEP);
    hak_tables_ends[range] = end > 0 ? end : STEP; /* by hak_space_find */
}

static size_t mapped(unsigned range)
{
    return hak_tables_ends[range] * sizeof(struct hak_span);
}

static void note_mapped(unsigned range, size_t bytes)
{
    hak_store_relaxed(&hak_tables_ends[range], (uint32_t)(bytes / sizeof(struct hak_span)));
}

bool hak_tables_extend(unsigned range, uint32_t end)
{
    size_t have = mapped(range);
    if (!hak_space_extend((char *)hak_heap.spans, &have, end * sizeof(struct hak_span)))
        return false;
    note_mapped(range, have);
    return (!HAK_LOOKUP_MAP || hak_space_extend((char *)hak_heap.map, &map_bytes, end)) &&
           (!HAK_GUARD ||
            hak_space_extend((char *)hak_heap.live, &live_bytes, (size_t)end * HAK_LIVE_PER_PAGE));
}

void hak_tables_abandon(void)
{
    for (unsigned range = 0; range < HAK_NRANGES; range++) {
        size_t have = mapped(range);
        hak_space_mend((char *)hak_heap.spans, &have);
        note_mapped(range, have);
    }
    if (HAK_LOOKUP_MAP)
        hak_space_mend((char *)hak_heap.map, &map_bytes);
    if (HAK_GUARD)
        hak_space_mend((char *)hak_heap.live, &live_bytes);
}
