/* pages.h: the free pages of the heap: runs are taken, cut, given back and merged.
 *
 * A free run merges with free neighbours of its state; one that is clean or away goes back behind
 * the frontier if it ends there.  Dirty runs are also kept in the order in which they were freed.
 *
 * hak_heap_lock is held for everything here. */
#ifndef HAK_PAGES_H
#define HAK_PAGES_H

#include "ranges.h"

/* Adds a free run, CLEAN, DIRTY or AWAY, of pages that were one BUSY span; a dirty one was freed at
 * freed_ms.  A dirty run that merges takes the age of its largest part, so that small frees beside
 * it do not keep it from being purged. */
void hak_pages_add(struct hak_range *range, uint32_t page, size_t npages, unsigned state,
                   uint64_t freed_ms);

/* Spans that are taken are BUSY and mapped; their `zero` tells whether every byte is zero. */

/* Takes npages out of a free run, `front` pages behind its start.  NULL: they are away, and mapping
 * them was refused. */
struct hak_span *hak_pages_cut(struct hak_range *range, struct hak_span *run, size_t npages,
                               size_t front);
/* Takes npages aligned to align_pages out of a free run of the state.  NULL: none fits. */
struct hak_span *hak_pages_take(struct hak_range *range, unsigned state, size_t npages,
                                size_t align_pages);
/* Takes npages behind the frontier.  NULL: the range is full or mapping was refused. */
struct hak_span *hak_pages_take_frontier(struct hak_range *range, size_t npages,
                                         size_t align_pages);
/* Takes npages that start right at the frontier.  NULL: as above, or the frontier moved on. */
struct hak_span *hak_pages_take_frontier_at(struct hak_range *range, size_t npages);
/* Takes the dirty run that was freed first.  NULL: there is none, or it was freed after until_ms.
 */
struct hak_span *hak_pages_take_oldest(uint64_t until_ms);

/* Makes all clean runs away; returns their bytes. */
size_t hak_pages_leave_clean(void);
/* Forgets all free runs: of the pages below the frontiers none is handed out again. */
void hak_pages_abandon(void);

/* Turns a BUSY span into a SLAB, with a class, or a LARGE one, and counts it. */
void hak_pages_hand_out(struct hak_span *span, unsigned cls);
/* Writes the class of a span's pages, 0 for none, to the page map. */
void hak_pages_set_class(const struct hak_span *span, unsigned cls);
/* Counts npages that came into use, or left it if that is negative. */
void hak_pages_use(size_t npages);

#endif
