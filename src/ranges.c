/* ranges.c: see ranges.h.  Pages behind the frontier are mapped in steps. */
#include <errno.h>

#include "mapping.h"
#include "os.h"
#include "ranges.h"

#define MOST_STEP ((size_t)64 << 20) /* that a range grows to by itself */

struct hak_range hak_ranges[HAK_NRANGES];
struct hak_page_counts hak_page_counts;

void hak_ranges_init(size_t size)
{
    uint32_t npages = (uint32_t)(size >> HAK_PAGE_SHIFT);
    uint32_t region_pages = (uint32_t)1 << (hak_heap.region_shift - HAK_PAGE_SHIFT);
    for (unsigned i = 0; i < HAK_NRANGES; i++) {
        struct hak_range *range = &hak_ranges[i];
        if (i == 0) {
            range->first = HAK_LOOKUP_REGION ? HAK_NCLASSES * region_pages : 0;
            range->end = npages;
        } else {
            range->first = (i - 1) * region_pages;
            range->end = i * region_pages;
        }
        range->first = hak_max(range->first, 1u); /* page 0 ends the lists */
        range->frontier = range->mapped = range->first;
        hak_tables_init(i, range->first);
    }
}

struct hak_range *hak_range_of(uint32_t page)
{
    return &hak_ranges[hak_range_index(page)];
}

size_t hak_ranges_clean(void)
{
    size_t npages = 0;
    for (const struct hak_range *range = hak_ranges; range < hak_ranges + HAK_NRANGES; range++)
        npages += hak_load_relaxed(&range->clean.npages) + hak_load_relaxed(&range->mapped) -
                  hak_load_relaxed(&range->frontier);
    return npages;
}

/* ---- free runs ------------------------------------------------------------------------------ */

struct hak_runs *hak_range_runs(struct hak_range *range, unsigned state)
{
    if (state == HAK_SPAN_DIRTY)
        return &range->dirty;
    return state == HAK_SPAN_CLEAN ? &range->clean : &range->away;
}

static void count_run(const struct hak_span *run, bool more)
{
    struct hak_page_counts *counts = &hak_page_counts;
    if (run->state == HAK_SPAN_DIRTY)
        hak_count_pages(&counts->dirty, more ? run->npages : -(size_t)run->npages);
    else if (run->state == HAK_SPAN_AWAY)
        hak_count_pages(&counts->holes, more ? 1 : (size_t)-1);
}

void hak_range_insert(struct hak_range *range, struct hak_span *run)
{
    hak_runs_insert(hak_range_runs(range, run->state), run);
    count_run(run, true);
}

void hak_range_remove(struct hak_range *range, struct hak_span *run)
{
    hak_runs_remove(hak_range_runs(range, run->state), run);
    count_run(run, false);
}

/* ---- pages are mapped and unmapped ---------------------------------------------------------- */

int hak_range_claim(uint32_t page, size_t npages)
{
    int error = hak_os_claim(hak_page_address(page), npages << HAK_PAGE_SHIFT);
    hak_page_counts.claims++;
    if (error == 0)
        hak_page_counts.mapped += npages;
    return error;
}

bool hak_range_leave(uint32_t page, size_t npages)
{
    return hak_os_release(hak_page_address(page), npages << HAK_PAGE_SHIFT) == 0;
}

/* Maps pages from the frontier to `end`; 0 or an errno value. */
static int map_pages(struct hak_range *range, uint32_t end)
{
    uint32_t from = range->mapped;
    if (end <= from)
        return 0;
    size_t used = (size_t)(from - range->first) << HAK_PAGE_SHIFT;
    size_t step = hak_max((size_t)HAK_COMMIT_STEP, hak_min(used / 8, MOST_STEP));
    size_t far = from + (step >> HAK_PAGE_SHIFT);
    uint32_t to = (uint32_t)hak_min(hak_max((size_t)end, far), (size_t)range->end);
    int error = hak_range_claim(from, to - from);
    if (error && to > end) {
        to = end;
        error = hak_range_claim(from, to - from);
    }
    if (error)
        return error;
    if (!HAK_LOOKUP_REGION && (size_t)to << HAK_PAGE_SHIFT > hak_heap.limit)
        hak_store_relaxed(&hak_heap.limit, (size_t)to << HAK_PAGE_SHIFT);
    hak_store_release(&range->mapped, to); /* last: no page in use lies beyond the limit */
    return 0;
}

/* Somebody else has mapped something behind the range's pages: moves the frontier over the next
 * `hop` pages, which count as in use from now on. */
static void hop_over(struct hak_range *range, uint32_t hop)
{
    uint32_t from = range->mapped;
    if (range->frontier < from)
        hak_range_insert(range,
                         hak_span_set(range->frontier, from - range->frontier, HAK_SPAN_CLEAN));
    hak_span_set(from, hop, HAK_SPAN_BUSY);
    hak_store_relaxed(&range->mapped, from + hop);
    hak_store_relaxed(&range->frontier, from + hop);
}

bool hak_range_advance(struct hak_range *range, size_t npages, size_t align_pages, uint32_t *gap,
                       uint32_t *page)
{
    size_t base_page = hak_heap.base >> HAK_PAGE_SHIFT;
    unsigned index = (unsigned)(range - hak_ranges);
    for (uint32_t hop = 1;; hop *= 2) {
        size_t at = hak_round_up(base_page + range->frontier, align_pages) - base_page;
        if (npages > range->end || at > range->end - npages)
            return false;
        uint32_t end = (uint32_t)(at + npages);
        if (!hak_tables_extend(index, end))
            return false;
        int error = map_pages(range, end);
        if (error == 0) {
            *gap = range->frontier;
            *page = (uint32_t)at;
            hak_store_relaxed(&range->frontier, end);
            return true;
        }
        if (error != EEXIST || hop > range->end - range->mapped ||
            !hak_tables_extend(index, range->mapped + hop))
            return false;
        hop_over(range, hop);
    }
}

/* Unmaps what is mapped behind the frontier and the away run that ends there; false: refused.  At
 * no moment do unmapped pages count as mapped: a fork may come at any. */
static bool unmap_end(struct hak_range *range, const struct hak_span *run)
{
    uint32_t begin = hak_span_page(run), end = range->mapped, beyond = end - range->frontier;
    hak_store_release(&range->mapped, begin);
    if (beyond > 0 && !hak_range_leave(range->frontier, beyond)) {
        hak_store_relaxed(&range->mapped, end);
        return false;
    }
    /* The pages behind these have no descriptor yet. */
    uint32_t tabled = hak_tables_end(hak_range_index(begin));
    if (tabled > range->frontier)
        hak_mapping_reset(range->frontier, hak_min(end, tabled) - range->frontier);
    hak_page_counts.mapped -= beyond;
    if (HAK_LOOKUP_HEADER) /* free reads the bytes below */
        hak_store_relaxed(&hak_heap.limit, (size_t)begin << HAK_PAGE_SHIFT);
    return true;
}

void hak_range_retreat(struct hak_range *range)
{
    while (range->frontier > range->first) {
        const struct hak_span *last = hak_span_at(range->frontier - 1);
        unsigned state = hak_load_relaxed(&last->state);
        if (state != HAK_SPAN_CLEAN && state != HAK_SPAN_AWAY)
            return;
        struct hak_span *run = hak_span_at(last->head);
        if (state == HAK_SPAN_AWAY && !unmap_end(range, run))
            return;
        hak_range_remove(range, run);
        hak_store_relaxed(&range->frontier, hak_span_page(run));
    }
}
