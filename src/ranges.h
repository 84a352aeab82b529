/* ranges.h: the ranges of the heap's addresses, and how far each is mapped.
 *
 *   first                    frontier        mapped                   end
 *   | spans and free runs    | free, zero    |  not mapped            |
 *
 * A range is mapped in steps behind its frontier.  Addresses where somebody else has mapped
 * something are left out; their pages count as in use.
 *
 * hak_heap_lock is held for everything here unless it says otherwise. */
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
/* hak_range_index is the index.  Range 0 serves large blocks and, without the region lookup, slabs
 * of every class; range c serves the slabs of class c. */
extern HAK_HIDDEN struct hak_range hak_ranges[HAK_NRANGES];

/* Counts over all ranges.  Written with the lock held; read also without it, as of a moment ago. */
struct hak_page_counts {
    size_t mapped; /* pages, free and in use */
    size_t used;   /* pages in spans that are handed out */
    size_t dirty;  /* pages in dirty runs */
    size_t holes;  /* away runs */
    size_t handed; /* pages handed out so far */
    size_t fresh;  /* pages taken so far that were clean, away or behind the frontier */
    size_t purged; /* pages given back to the system so far, */
    size_t purges; /* in so many calls */
    size_t claims; /* calls to the system that mapped some */
};
extern HAK_HIDDEN struct hak_page_counts hak_page_counts;
/* Adds to one of these counts; subtracts if `more` is negative. */
HAK_INLINE void hak_count_pages(size_t *count, size_t more)
{
    hak_store_relaxed(count, *count + more);
}

/* Lays the ranges out over `size` bytes. */
void hak_ranges_init(size_t size);
struct hak_range *hak_range_of(uint32_t page);
/* Pages of all clean runs, and mapped ones behind the frontiers.  Needs no lock: as of a moment
 * ago. */
size_t hak_ranges_clean(void);

/* The free runs of the state: CLEAN, DIRTY or AWAY. */
struct hak_runs *hak_range_runs(struct hak_range *range, unsigned state);
/* Puts a free run among the runs of its state, takes it out. */
void hak_range_insert(struct hak_range *range, struct hak_span *run);
void hak_range_remove(struct hak_range *range, struct hak_span *run);

/* Maps pages; 0 or an errno value. */
int hak_range_claim(uint32_t page, size_t npages);
/* Unmaps pages that the caller owns, which may then be added as AWAY; false: refused.  Needs no
 * lock. */
bool hak_range_leave(uint32_t page, size_t npages);
/* Takes npages behind the frontier, from *page on: maps them, aligned to align_pages, and moves the
 * frontier behind them.  Pages [*gap, *page), which the alignment leaves over, are clean and the
 * caller's too.  False: the range is full or mapping was refused. */
bool hak_range_advance(struct hak_range *range, size_t npages, size_t align_pages, uint32_t *gap,
                       uint32_t *page);
/* Moves the frontier back over the clean and away runs that end there. */
void hak_range_retreat(struct hak_range *range);

#endif
