/* ranges.h: the free pages of the heap, in ranges of its address space.
 *
 *   first                    frontier        mapped                   end
 *   | spans and free runs    | free, zero    |  not mapped            |
 *
 * Everything here wants hak_heap_lock held unless it says otherwise.  Free runs merge with free
 * neighbours of their state; one that is clean or away goes back behind the frontier if it ends
 * there. */
#ifndef HAK_RANGES_H
#define HAK_RANGES_H

#include "runs.h"

/* Part of the address space with a frontier of its own. */
struct hak_range {
    uint32_t first; /* pages [first, end) */
    uint32_t end;
    uint32_t frontier; /* spans tile [first, frontier) */
    uint32_t mapped;   /* pages from the frontier to here are mapped */
    struct hak_runs clean;
    struct hak_runs dirty;
    struct hak_runs away;
};
/* By hak_range_index: 0 serves large blocks and, but for the region lookup, slabs of every class; c
 * the slabs of class c. */
extern HAK_HIDDEN struct hak_range hak_ranges[HAK_NRANGES];

/* Lays the ranges out over `size` bytes. */
void hak_ranges_init(size_t size);
struct hak_range *hak_range_of(uint32_t page);
/* Gives up pages that the caller owns, which may then be added as AWAY; false: refused.  Needs no
 * lock. */
bool hak_range_leave(uint32_t page, size_t npages);

/* Adds a free run, CLEAN, DIRTY or AWAY, of pages that were one BUSY span. */
void hak_range_add(struct hak_range *range, uint32_t page, size_t npages, unsigned state,
                   uint64_t freed_ms);

/* All that are taken are BUSY and mapped; `zero` tells whether every byte is zero. */

/* Takes npages out of a free run, `front` pages behind its start.  NULL: they are away, and mapping
 * them was refused. */
struct hak_span *hak_range_cut(struct hak_range *range, struct hak_span *run, size_t npages,
                               size_t front);
/* Takes npages aligned to align_pages out of a free run of the state.  NULL: none fits. */
struct hak_span *hak_range_take(struct hak_range *range, unsigned state, size_t npages,
                                size_t align_pages);
/* Takes npages behind the frontier.  NULL: the range is full or mapping was refused. */
struct hak_span *hak_range_take_frontier(struct hak_range *range, size_t npages,
                                         size_t align_pages);
/* The same of pages that start at the frontier as it is. */
struct hak_span *hak_range_take_frontier_at(struct hak_range *range, size_t npages);
/* Takes the dirty run that was freed first, if that was at or before until_ms.  NULL: it was not.
 */
struct hak_span *hak_range_take_oldest(uint64_t until_ms);

/* Makes all clean runs away; the bytes. */
size_t hak_ranges_leave_clean(void);
/* Forgets all free runs: of the pages below the frontiers none is handed out again. */
void hak_ranges_abandon(void);

/* Turns a BUSY span into a SLAB, with a class, or a LARGE one, and counts it. */
void hak_range_hand_out(struct hak_span *span, unsigned cls);
/* Writes the class of a span's pages, 0 for none, to the page map. */
void hak_range_set_class(const struct hak_span *span, unsigned cls);
/* Counts npages that came into use, or left it if that is negative. */
void hak_ranges_use(size_t npages);

/* Pages in spans that were handed out, and of all dirty runs; read without the lock, as of a moment
 * ago. */
size_t hak_ranges_used(void);
size_t hak_ranges_dirty(void);
/* The same of all clean runs, and behind the frontiers. */
size_t hak_ranges_clean(void);
/* Away runs: the same. */
uint32_t hak_ranges_holes(void);
/* Pages in spans handed out so far: the same. */
size_t hak_ranges_handed(void);
/* Pages taken so far that were clean, away or behind the frontier: the same. */
size_t hak_ranges_fresh(void);
/* Bytes mapped, free and in use; calls to the system that mapped some. */
size_t hak_ranges_mapped(void);
uint64_t hak_ranges_claims(void);

#endif
