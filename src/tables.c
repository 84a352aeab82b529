/* tables.c: see tables.h. */
#include "tables.h"

enum { STEP = HAK_PAGE_SIZE / sizeof(struct hak_span) }; /* descriptors mapped at a time */

size_t hak_tables_bytes[HAK_NRANGES];
static size_t map_bytes, live_bytes; /* of these tables, mapped */

void hak_tables_init(unsigned range, uint32_t first)
{
    uint32_t end = (uint32_t)hak_round_down(first, STEP);
    if (end == 0)
        end = STEP; /* by hak_space_find */
    hak_tables_bytes[range] = end * sizeof(struct hak_span);
}

bool hak_tables_extend(unsigned range, uint32_t end)
{
    return hak_space_extend((char *)hak_heap.spans, &hak_tables_bytes[range],
                            end * sizeof(struct hak_span)) &&
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
