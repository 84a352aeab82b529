/* mapping.h: moves heap pages from place to place without copying, and knows the mappings that this
 * leaves.
 *
 * A page that was moved lies in a mapping other than the heap's own.  The system limits the number
 * of mappings, and one call can move only pages of one mapping.  So each page's descriptor says in
 * which mapping the page lies: 0 for the heap's own, else the number of the move that brought the
 * page.  The number stays while the page is freed and handed out again, until the page is purged.
 *
 * The heap's lock guards the numbers; the owner of pages may read theirs without it. */
#ifndef HAK_MAPPING_H
#define HAK_MAPPING_H

#include "span.h"

/* Moves the contents of npages from page `from` on to `to`; the caller owns both, and the pages at
 * `to` are clean.  Returns how many were moved, from the first on: these are clean at `from` now;
 * the others are as they were.  *lost: the pages at `to` behind those moved must not be used again.
 */
size_t hak_mapping_move(uint32_t to, uint32_t from, size_t npages, bool *lost);

/* Gives the physical memory of pages that the caller owns back to the system.  0 or an errno value.
 * Moved pages are in the heap's own mapping afterwards: hak_mapping_reset must follow. */
int hak_mapping_purge(uint32_t page, size_t npages);
/* Notes that the pages are in the heap's own mapping again, or in none.  The heap's lock is held.
 */
void hak_mapping_reset(uint32_t page, size_t npages);

#endif
