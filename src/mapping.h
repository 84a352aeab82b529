/* mapping.h: heap pages moved from place to place without copying, and the mappings that it leaves.
 *
 * A page that was moved lies in a mapping of the system's that is not the heap's own.  Mappings are
 * limited in number, and only what lies in one can be moved at once; so each page's descriptor says
 * in which it is: 0 for the heap's own, else the number of the move that brought the page.  It
 * stays so while pages are freed and handed out again, until they are purged.
 *
 * The numbers are guarded by the heap's lock, but for those of pages that a caller owns, which it
 * may read. */
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
/* The pages are in the heap's own mapping again, or in none.  The heap's lock is held. */
void hak_mapping_reset(uint32_t page, size_t npages);

#endif
