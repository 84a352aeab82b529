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
/* Of each range: the descriptors of its pages below are mapped. */
extern HAK_HIDDEN uint32_t hak_tables_ends[HAK_NRANGES];
/* Whether a page's descriptor is mapped.  Needs no lock. */
HAK_INLINE bool hak_tables_have(uint32_t page)
{
    return page < hak_load_relaxed(&hak_tables_ends[hak_range_index(page)]);
}
/* In a child of fork, where a thread that is gone may have been extending them. */
void hak_tables_abandon(void);

#endif
