/* tables.h: the tables that lie apart from the heap's pages (heap.h), mapped as far as pages are in
 * use: of each range of the address space from its first page on.
 *
 * Guarded by the heap's lock unless it says otherwise. */
#ifndef HAK_TABLES_H
#define HAK_TABLES_H

#include "heap.h"

enum { HAK_NRANGES = HAK_LOOKUP_REGION ? HAK_NCLASSES + 1 : 1 };

/* With the region lookup class c has the range of that index, and large blocks have 0; otherwise 0
 * is all there is. */
HAK_INLINE unsigned hak_range_index(uint32_t page)
{
    uint32_t region = page >> (hak_heap.region_shift - HAK_PAGE_SHIFT);
    return HAK_LOOKUP_REGION && region < HAK_NCLASSES ? region + 1 : 0;
}

/* For a range that starts at the page `first`. */
void hak_tables_init(unsigned range, uint32_t first);
/* Maps the entries of a range's pages below `end`; false: refused. */
bool hak_tables_extend(unsigned range, uint32_t end);
/* Of each range: from the table's start to behind what is mapped of its descriptors. */
extern HAK_HIDDEN size_t hak_tables_bytes[HAK_NRANGES];
/* Descriptors of the range's pages below this one are mapped.  Needs no lock. */
HAK_INLINE uint32_t hak_tables_end(unsigned range)
{
    return (uint32_t)(hak_load_relaxed(&hak_tables_bytes[range]) / sizeof(struct hak_span));
}
/* Whether a page's descriptor is mapped.  Needs no lock. */
HAK_INLINE bool hak_tables_have(uint32_t page)
{
    return page < hak_tables_end(hak_range_index(page));
}
/* In a child of fork, where a thread that is gone may have been extending them. */
void hak_tables_abandon(void);

#endif
