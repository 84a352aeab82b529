/* ranges.c: see ranges.h.  Maps in steps, keeps free runs by size and dirty ones by age too. */
#include <errno.h>

#include "mapping.h"
#include "os.h"
#include "ranges.h"
#include "span_list.h"

#define MOST_STEP ((size_t)64 << 20) /* that a range grows to by itself */

struct hak_range hak_ranges[HAK_NRANGES];
static struct hak_queue dirty; /* all dirty runs, by the time when they were freed */
static size_t dirty_pages;     /* in them */
static size_t used_pages;      /* in spans that were handed out */
static size_t mapped;          /* bytes */
static size_t handed_pages;    /* in spans that were handed out, in total */
static size_t fresh_pages;     /* zero pages that were taken, in total */
static uint64_t nclaims;
static uint32_t nholes; /* away runs */

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

/* ---- pages come and go ---------------------------------------------------------------------- */

/* Maps pages; 0 or an errno value. */
static int claim(uint32_t page, size_t npages)
{
    int error = hak_os_claim(hak_page_address(page), npages << HAK_PAGE_SHIFT);
    nclaims++;
    if (error == 0)
        mapped += npages << HAK_PAGE_SHIFT;
    return error;
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
    int error = claim(from, to - from);
    if (error && to > end) {
        to = end;
        error = claim(from, to - from);
    }
    if (error)
        return error;
    if (!HAK_LOOKUP_REGION && (size_t)to << HAK_PAGE_SHIFT > hak_heap.limit)
        hak_store_relaxed(&hak_heap.limit, (size_t)to << HAK_PAGE_SHIFT);
    hak_store_release(&range->mapped, to); /* last: no page in use lies beyond the limit */
    return 0;
}

/* Something of somebody else's is mapped behind the range's pages: moves the frontier over the next
 * `hop` addresses, which count as in use from now on. */
static void hop_over(struct hak_range *range, uint32_t hop)
{
    uint32_t from = range->mapped;
    if (range->frontier < from)
        hak_runs_insert(&range->clean,
                        hak_span_set(range->frontier, from - range->frontier, HAK_SPAN_CLEAN));
    hak_span_set(from, hop, HAK_SPAN_BUSY);
    hak_store_relaxed(&range->mapped, from + hop);
    hak_store_relaxed(&range->frontier, from + hop);
}

bool hak_range_leave(uint32_t page, size_t npages)
{
    return hak_os_release(hak_page_address(page), npages << HAK_PAGE_SHIFT) == 0;
}

/* ---- runs ---------------------------------------------------------------------------------- */

struct hak_range *hak_range_of(uint32_t page)
{
    return &hak_ranges[hak_range_index(page)];
}

static struct hak_runs *runs_of(struct hak_range *range, unsigned state)
{
    if (state == HAK_SPAN_DIRTY)
        return &range->dirty;
    return state == HAK_SPAN_CLEAN ? &range->clean : &range->away;
}

static void dirty_insert(struct hak_range *range, struct hak_span *run)
{
    hak_runs_insert(&range->dirty, run);
    hak_store_relaxed(&dirty_pages, dirty_pages + run->npages);
}

static void dirty_remove(struct hak_range *range, struct hak_span *run)
{
    hak_runs_remove(&range->dirty, run);
    hak_store_relaxed(&dirty_pages, dirty_pages - run->npages);
}

/* A run that is clean or away. */
static void idle_insert(struct hak_range *range, struct hak_span *run)
{
    hak_runs_insert(runs_of(range, run->state), run);
    hak_store_relaxed(&nholes, nholes + (run->state == HAK_SPAN_AWAY));
}

static void idle_remove(struct hak_range *range, struct hak_span *run)
{
    hak_runs_remove(runs_of(range, run->state), run);
    hak_store_relaxed(&nholes, nholes - (run->state == HAK_SPAN_AWAY));
}

static void run_remove(struct hak_range *range, struct hak_span *run)
{
    if (run->state == HAK_SPAN_DIRTY) {
        hak_queue_remove(&dirty, run);
        dirty_remove(range, run);
    } else {
        idle_remove(range, run);
    }
}

/* Unmaps what is mapped behind the frontier and the away run that ends there; false: refused.  At
 * no moment, as fork may choose any, do unmapped pages count as mapped. */
static bool unmap_end(struct hak_range *range, const struct hak_span *run)
{
    uint32_t begin = hak_span_page(run), end = range->mapped, beyond = end - range->frontier;
    hak_store_release(&range->mapped, begin);
    if (beyond > 0 && !hak_range_leave(range->frontier, beyond)) {
        hak_store_relaxed(&range->mapped, end);
        return false;
    }
    uint32_t tabled =
        hak_tables_end(hak_range_index(begin)); /* the others have no descriptor yet */
    if (tabled > range->frontier)
        hak_mapping_reset(range->frontier, hak_min(end, tabled) - range->frontier);
    mapped -= (size_t)beyond << HAK_PAGE_SHIFT;
    if (HAK_LOOKUP_HEADER) /* free reads the bytes below */
        hak_store_relaxed(&hak_heap.limit, (size_t)begin << HAK_PAGE_SHIFT);
    return true;
}

/* Free runs that end at the frontier go back behind it, unless they are dirty. */
static void retreat(struct hak_range *range)
{
    while (range->frontier > range->first) {
        const struct hak_span *last = hak_span_at(range->frontier - 1);
        unsigned state = hak_load_relaxed(&last->state);
        if (state != HAK_SPAN_CLEAN && state != HAK_SPAN_AWAY)
            return;
        struct hak_span *run = hak_span_at(last->head);
        if (state == HAK_SPAN_AWAY && !unmap_end(range, run))
            return;
        idle_remove(range, run);
        hak_store_relaxed(&range->frontier, hak_span_page(run));
    }
}

static void add_dirty(struct hak_range *range, uint32_t page, size_t npages, uint64_t freed_ms,
                      struct hak_span *left, struct hak_span *right)
{
    uint32_t begin = left ? left->head : page;
    size_t whole = npages + (left ? left->npages : 0) + (right ? right->npages : 0);
    struct hak_span *big = left && (!right || left->npages >= right->npages) ? left : right;
    bool inherit = big && big->npages >= npages;
    if (inherit)
        freed_ms = big->freed_ms;
    if (left)
        dirty_remove(range, left);
    if (right)
        dirty_remove(range, right);
    if (left && (!inherit || big != left))
        hak_queue_remove(&dirty, left);
    if (right && (!inherit || big != right))
        hak_queue_remove(&dirty, right);
    struct hak_span *run = hak_span_set(begin, whole, HAK_SPAN_DIRTY);
    run->freed_ms = freed_ms;
    if (inherit)
        hak_queue_replace(&dirty, run, big);
    else
        hak_queue_append(&dirty, run);
    dirty_insert(range, run);
}

/* Adds the free run [page, page + npages), merged with free neighbours of the same state.  A dirty
 * run takes the age of its largest part, so that small frees beside it do not keep it from being
 * purged.  Pages before the range's first are those that hak_ranges_abandon gave up. */
void hak_range_add(struct hak_range *range, uint32_t page, size_t npages, unsigned state,
                   uint64_t freed_ms)
{
    uint32_t end = page + (uint32_t)npages;
    struct hak_span *left = NULL, *right = NULL;
    if (page < range->first) {
        if (state == HAK_SPAN_AWAY || hak_range_leave(page, npages))
            mapped -= npages << HAK_PAGE_SHIFT;
        return;
    }
    if (page > range->first && hak_load_relaxed(&hak_span_at(page - 1)->state) == state)
        left = hak_span_at(hak_span_at(page - 1)->head);
    if (end < range->frontier && hak_load_relaxed(&hak_span_at(end)->state) == state)
        right = hak_span_at(end);
    if (state == HAK_SPAN_AWAY)
        mapped -= npages << HAK_PAGE_SHIFT;
    if (state == HAK_SPAN_DIRTY) {
        add_dirty(range, page, npages, freed_ms, left, right);
        return;
    }
    uint32_t begin = left ? left->head : page;
    if (left)
        idle_remove(range, left);
    if (right) {
        end += right->npages;
        idle_remove(range, right);
    }
    idle_insert(range, hak_span_set(begin, end - begin, state));
    if (end == range->frontier)
        retreat(range);
}

/* Pages of an away run that are worth one call to the system: those wanted, and some that are
 * likely wanted next. */
static size_t back_at_a_time(const struct hak_span *run, size_t npages, size_t front)
{
    return hak_min(hak_max(npages, HAK_COMMIT_STEP >> HAK_PAGE_SHIFT), run->npages - front);
}

/* Maps npages or more of an away run, `front` pages behind its start: makes a clean run of them.
 * NULL: refused. */
static struct hak_span *bring_back(struct hak_range *range, struct hak_span *run, size_t npages,
                                   size_t front)
{
    uint32_t page = hak_span_page(run), from = page + (uint32_t)front;
    size_t more = back_at_a_time(run, npages, front), all = run->npages;
    int error = claim(from, more);
    if (error && more > npages) {
        more = npages;
        error = claim(from, more);
    }
    if (error && error != EEXIST)
        return NULL;
    run_remove(range, run);
    if (error) { /* somebody has mapped something there: the pages are not ours any more */
        hak_span_set(page, all, HAK_SPAN_BUSY);
        return NULL;
    }
    size_t back = all - front - more;
    mapped += (front + back) << HAK_PAGE_SHIFT; /* hak_range_add takes that off */
    hak_span_set(from, more, HAK_SPAN_BUSY);
    if (front > 0) {
        hak_span_set(page, front, HAK_SPAN_BUSY);
        hak_range_add(range, page, front, HAK_SPAN_AWAY, 0);
    }
    if (back > 0) {
        hak_span_set(from + (uint32_t)more, back, HAK_SPAN_BUSY);
        hak_range_add(range, from + (uint32_t)more, back, HAK_SPAN_AWAY, 0);
    }
    struct hak_span *clean = hak_span_set(from, more, HAK_SPAN_CLEAN);
    idle_insert(range, clean);
    return clean;
}

/* Takes npages out of the free run, `front` pages behind its start. */
struct hak_span *hak_range_cut(struct hak_range *range, struct hak_span *run, size_t npages,
                               size_t front)
{
    if (run->state == HAK_SPAN_AWAY) {
        run = bring_back(range, run, npages, front);
        front = 0;
        if (!run)
            return NULL;
    }
    uint32_t page = hak_span_page(run);
    size_t back = run->npages - front - npages;
    uint64_t freed_ms = run->freed_ms;
    unsigned state = run->state;
    run_remove(range, run);
    struct hak_span *span = hak_span_set(page + (uint32_t)front, npages, HAK_SPAN_BUSY);
    if (front > 0)
        hak_range_add(range, page, front, state, freed_ms);
    if (back > 0)
        hak_range_add(range, page + (uint32_t)(front + npages), back, state, freed_ms);
    span->zero = state == HAK_SPAN_CLEAN;
    if (span->zero)
        hak_store_relaxed(&fresh_pages, fresh_pages + npages);
    return span;
}

/* Takes npages aligned to align_pages out of a free run of the given state; NULL: none fits. */
struct hak_span *hak_range_take(struct hak_range *range, unsigned state, size_t npages,
                                size_t align_pages)
{
    struct hak_span *run = hak_runs_find(runs_of(range, state), npages + align_pages - 1);
    if (!run)
        return NULL;
    size_t page = (hak_heap.base >> HAK_PAGE_SHIFT) + hak_span_page(run);
    return hak_range_cut(range, run, npages, hak_round_up(page, align_pages) - page);
}

/* Takes npages behind the frontier; NULL: the range is full or mapping was refused. */
struct hak_span *hak_range_take_frontier(struct hak_range *range, size_t npages, size_t align_pages)
{
    size_t base_page = hak_heap.base >> HAK_PAGE_SHIFT, page;
    unsigned index = (unsigned)(range - hak_ranges);
    uint32_t old, end, hop = 1;
    for (;;) {
        old = range->frontier;
        page = hak_round_up(base_page + old, align_pages) - base_page;
        if (npages > range->end || page > range->end - npages)
            return NULL;
        end = (uint32_t)(page + npages);
        if (!hak_tables_extend(index, end))
            return NULL;
        int error = map_pages(range, end);
        if (error == 0)
            break;
        if (error != EEXIST || hop > range->end - range->mapped ||
            !hak_tables_extend(index, range->mapped + hop))
            return NULL;
        hop_over(range, hop);
        hop *= 2;
    }
    hak_store_relaxed(&range->frontier, end);
    struct hak_span *span = hak_span_set((uint32_t)page, npages, HAK_SPAN_BUSY);
    if (page > old)
        hak_range_add(range, old, page - old, HAK_SPAN_CLEAN, 0);
    span->zero = true;
    hak_store_relaxed(&fresh_pages, fresh_pages + npages);
    return span;
}

struct hak_span *hak_range_take_frontier_at(struct hak_range *range, size_t npages)
{
    uint32_t at = range->frontier;
    struct hak_span *span = hak_range_take_frontier(range, npages, 1);
    if (!span || hak_span_page(span) == at)
        return span;
    hak_range_add(range, hak_span_page(span), npages, HAK_SPAN_CLEAN, 0);
    return NULL;
}

/* Takes the oldest dirty run out of the heap if it was freed at or before until_ms. */
struct hak_span *hak_range_take_oldest(uint64_t until_ms)
{
    struct hak_span *run = hak_span_at(dirty.oldest);
    if (!dirty.oldest || run->freed_ms > until_ms)
        return NULL;
    run_remove(hak_range_of(hak_span_page(run)), run);
    return hak_span_set(hak_span_page(run), run->npages, HAK_SPAN_BUSY);
}

size_t hak_ranges_leave_clean(void)
{
    size_t total = 0;
    for (unsigned i = 0; i < HAK_NRANGES; i++) {
        struct hak_range *range = &hak_ranges[i];
        struct hak_span *run;
        while ((run = hak_runs_longest(&range->clean)) != NULL &&
               hak_range_leave(hak_span_page(run), run->npages)) {
            uint32_t page = hak_span_page(run);
            size_t npages = run->npages;
            run_remove(range, run);
            hak_mapping_reset(page, npages);
            hak_span_set(page, npages, HAK_SPAN_BUSY);
            hak_range_add(range, page, npages, HAK_SPAN_AWAY, 0);
            total += npages << HAK_PAGE_SHIFT;
        }
    }
    return total;
}

void hak_ranges_abandon(void)
{
    for (unsigned i = 0; i < HAK_NRANGES; i++) {
        struct hak_range *range = &hak_ranges[i];
        range->first = range->frontier;
        range->mapped = hak_max(range->mapped, range->frontier);
        range->clean = range->dirty = range->away = (struct hak_runs){.npages = 0};
    }
    hak_tables_abandon();
    dirty = (struct hak_queue){0, 0};
    dirty_pages = 0;
    nholes = 0;
}

/* ---- in use -----------------------------------------------------------------------------------
 */

void hak_range_set_class(const struct hak_span *span, unsigned cls)
{
    if (HAK_LOOKUP_MAP) {
        for (size_t i = 0, page = hak_span_page(span); i < span->npages; i++)
            hak_store_relaxed(&hak_heap.map[page + i], (uint8_t)cls);
    }
}

void hak_range_hand_out(struct hak_span *span, unsigned cls)
{
    size_t npages = span->npages;
    hak_ranges_use(npages);
    span->cls = (uint8_t)cls;
    hak_span_set(hak_span_page(span), npages, cls ? HAK_SPAN_SLAB : HAK_SPAN_LARGE);
    if (cls) {
        for (size_t i = 1; i < npages; i++)
            span[i].head = hak_span_page(span);
        hak_range_set_class(span, cls);
    }
}

void hak_ranges_use(size_t npages)
{
    if ((ptrdiff_t)npages > 0)
        hak_store_relaxed(&handed_pages, handed_pages + npages);
    hak_store_relaxed(&used_pages, used_pages + npages);
}

size_t hak_ranges_used(void)
{
    return hak_load_relaxed(&used_pages);
}

size_t hak_ranges_dirty(void)
{
    return hak_load_relaxed(&dirty_pages);
}

size_t hak_ranges_clean(void)
{
    size_t npages = 0;
    for (const struct hak_range *range = hak_ranges; range < hak_ranges + HAK_NRANGES; range++)
        npages += hak_load_relaxed(&range->clean.npages) + hak_load_relaxed(&range->mapped) -
                  hak_load_relaxed(&range->frontier);
    return npages;
}

uint32_t hak_ranges_holes(void)
{
    return hak_load_relaxed(&nholes);
}

size_t hak_ranges_handed(void)
{
    return hak_load_relaxed(&handed_pages);
}

size_t hak_ranges_fresh(void)
{
    return hak_load_relaxed(&fresh_pages);
}

size_t hak_ranges_mapped(void)
{
    return mapped;
}

uint64_t hak_ranges_claims(void)
{
    return nclaims;
}
