/* pages.c: see pages.h. */
#include <errno.h>

#include "mapping.h"
#include "pages.h"
#include "span_list.h"

static struct hak_queue dirty; /* all dirty runs, by the time when they were freed */

/* ---- given ---------------------------------------------------------------------------------- */

static void remove_run(struct hak_range *range, struct hak_span *run)
{
    if (run->state == HAK_SPAN_DIRTY)
        hak_queue_remove(&dirty, run);
    hak_range_remove(range, run);
}

/* `left` and `right` are the free neighbours that are dirty too, or NULL. */
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
        hak_range_remove(range, left);
    if (right)
        hak_range_remove(range, right);
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
    hak_range_insert(range, run);
}

void hak_pages_add(struct hak_range *range, uint32_t page, size_t npages, unsigned state,
                   uint64_t freed_ms)
{
    uint32_t end = page + (uint32_t)npages;
    struct hak_span *left = NULL, *right = NULL;
    if (page < range->first) { /* given up by hak_pages_abandon */
        if (state == HAK_SPAN_AWAY || hak_range_leave(page, npages))
            hak_page_counts.mapped -= npages;
        return;
    }
    if (page > range->first && hak_load_relaxed(&hak_span_at(page - 1)->state) == state)
        left = hak_span_at(hak_span_at(page - 1)->head);
    if (end < range->frontier && hak_load_relaxed(&hak_span_at(end)->state) == state)
        right = hak_span_at(end);
    if (state == HAK_SPAN_AWAY)
        hak_page_counts.mapped -= npages;
    if (state == HAK_SPAN_DIRTY) {
        add_dirty(range, page, npages, freed_ms, left, right);
        return;
    }
    uint32_t begin = left ? left->head : page;
    if (left)
        hak_range_remove(range, left);
    if (right) {
        end += right->npages;
        hak_range_remove(range, right);
    }
    hak_range_insert(range, hak_span_set(begin, end - begin, state));
    if (end == range->frontier)
        hak_range_retreat(range);
}

/* ---- taken ---------------------------------------------------------------------------------- */

/* How many pages of an away run are mapped in one call to the system: those wanted, and some that
 * are likely wanted next. */
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
    int error = hak_range_claim(from, more);
    if (error && more > npages) {
        more = npages;
        error = hak_range_claim(from, more);
    }
    if (error && error != EEXIST)
        return NULL;
    remove_run(range, run);
    if (error) { /* somebody has mapped something there: the pages are not ours any more */
        hak_span_set(page, all, HAK_SPAN_BUSY);
        return NULL;
    }
    size_t back = all - front - more;
    hak_page_counts.mapped += front + back; /* hak_pages_add takes that off */
    hak_span_set(from, more, HAK_SPAN_BUSY);
    if (front > 0) {
        hak_span_set(page, front, HAK_SPAN_BUSY);
        hak_pages_add(range, page, front, HAK_SPAN_AWAY, 0);
    }
    if (back > 0) {
        hak_span_set(from + (uint32_t)more, back, HAK_SPAN_BUSY);
        hak_pages_add(range, from + (uint32_t)more, back, HAK_SPAN_AWAY, 0);
    }
    struct hak_span *clean = hak_span_set(from, more, HAK_SPAN_CLEAN);
    hak_range_insert(range, clean);
    return clean;
}

static void note_zero(struct hak_span *span, bool zero)
{
    span->zero = zero;
    if (zero)
        hak_count_pages(&hak_page_counts.fresh, span->npages);
}

struct hak_span *hak_pages_cut(struct hak_range *range, struct hak_span *run, size_t npages,
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
    remove_run(range, run);
    struct hak_span *span = hak_span_set(page + (uint32_t)front, npages, HAK_SPAN_BUSY);
    if (front > 0)
        hak_pages_add(range, page, front, state, freed_ms);
    if (back > 0)
        hak_pages_add(range, page + (uint32_t)(front + npages), back, state, freed_ms);
    note_zero(span, state == HAK_SPAN_CLEAN);
    return span;
}

struct hak_span *hak_pages_take(struct hak_range *range, unsigned state, size_t npages,
                                size_t align_pages)
{
    struct hak_span *run = hak_runs_find(hak_range_runs(range, state), npages + align_pages - 1);
    if (!run)
        return NULL;
    size_t page = (hak_heap.base >> HAK_PAGE_SHIFT) + hak_span_page(run);
    return hak_pages_cut(range, run, npages, hak_round_up(page, align_pages) - page);
}

struct hak_span *hak_pages_take_frontier(struct hak_range *range, size_t npages, size_t align_pages)
{
    uint32_t gap, page;
    if (!hak_range_advance(range, npages, align_pages, &gap, &page))
        return NULL;
    struct hak_span *span = hak_span_set(page, npages, HAK_SPAN_BUSY);
    if (page > gap)
        hak_pages_add(range, gap, page - gap, HAK_SPAN_CLEAN, 0);
    note_zero(span, true);
    return span;
}

struct hak_span *hak_pages_take_frontier_at(struct hak_range *range, size_t npages)
{
    uint32_t at = range->frontier;
    struct hak_span *span = hak_pages_take_frontier(range, npages, 1);
    if (!span || hak_span_page(span) == at)
        return span;
    hak_pages_add(range, hak_span_page(span), npages, HAK_SPAN_CLEAN, 0);
    return NULL;
}

struct hak_span *hak_pages_take_oldest(uint64_t until_ms)
{
    struct hak_span *run = hak_span_at(dirty.oldest);
    if (!dirty.oldest || run->freed_ms > until_ms)
        return NULL;
    remove_run(hak_range_of(hak_span_page(run)), run);
    return hak_span_set(hak_span_page(run), run->npages, HAK_SPAN_BUSY);
}

size_t hak_pages_leave_clean(void)
{
    size_t total = 0;
    for (unsigned i = 0; i < HAK_NRANGES; i++) {
        struct hak_range *range = &hak_ranges[i];
        struct hak_span *run;
        while ((run = hak_runs_longest(&range->clean)) != NULL &&
               hak_range_leave(hak_span_page(run), run->npages)) {
            uint32_t page = hak_span_page(run);
            size_t npages = run->npages;
            remove_run(range, run);
            hak_mapping_reset(page, npages);
            hak_span_set(page, npages, HAK_SPAN_BUSY);
            hak_pages_add(range, page, npages, HAK_SPAN_AWAY, 0);
            total += npages << HAK_PAGE_SHIFT;
        }
    }
    return total;
}

void hak_pages_abandon(void)
{
    for (unsigned i = 0; i < HAK_NRANGES; i++) {
        struct hak_range *range = &hak_ranges[i];
        range->first = range->frontier;
        range->mapped = hak_max(range->mapped, range->frontier);
        range->clean = range->dirty = range->away = (struct hak_runs){.npages = 0};
    }
    hak_tables_abandon();
    dirty = (struct hak_queue){0, 0};
    hak_page_counts.dirty = hak_page_counts.holes = 0;
}

/* ---- in use --------------------------------------------------------------------------------- */

void hak_pages_set_class(const struct hak_span *span, unsigned cls)
{
    if (HAK_LOOKUP_MAP) {
        for (size_t i = 0, page = hak_span_page(span); i < span->npages; i++)
            hak_store_relaxed(&hak_heap.map[page + i], (uint8_t)cls);
    }
}

void hak_pages_hand_out(struct hak_span *span, unsigned cls)
{
    size_t npages = span->npages;
    hak_pages_use(npages);
    span->cls = (uint8_t)cls;
    hak_span_set(hak_span_page(span), npages, cls ? HAK_SPAN_SLAB : HAK_SPAN_LARGE);
    if (cls) {
        for (size_t i = 1; i < npages; i++)
            span[i].head = hak_span_page(span);
        hak_pages_set_class(span, cls);
    }
}

void hak_pages_use(size_t npages)
{
    if ((ptrdiff_t)npages > 0)
        hak_count_pages(&hak_page_counts.handed, npages);
    hak_count_pages(&hak_page_counts.used, npages);
}
