/* ranges.c: see ranges.h.  Commits in steps, keeps free runs by size and dirty ones by age too. */
#include "ranges.h"
#include "os.h"

enum { TABLE_STEP = 1024 }; /* pages whose table entries are committed at a time */
#define LIVE_WORDS ((size_t)HAK_MAX_BLOCKS / 64) /* of the table of live blocks, for a page */
#define MOST_COMMIT_STEP ((size_t)64 << 20)

struct hak_range hak_ranges[HAK_NRANGES];
static uint32_t oldest_dirty; /* page numbers; dirty runs linked by hak_span.newer and older */
static uint32_t newest_dirty;
static size_t dirty_pages; /* in all dirty runs */
static size_t used_pages;  /* in spans that were handed out */
static size_t committed;   /* bytes */
static uint64_t ncommits;

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
        range->frontier = range->committed = range->tabled = range->first;
    }
}

/* ---- commit -------------------------------------------------------------------------------- */

bool hak_range_commit(char *from, char *to)
{
    size_t os_page = hak_os_page_size();
    from = (char *)hak_round_down((uintptr_t)from, os_page);
    to = (char *)hak_round_up((uintptr_t)to, os_page);
    ncommits++;
    return hak_os_commit(from, (size_t)(to - from)) == 0;
}

/* Makes the table entries of pages below `end` writable. */
static bool commit_tables(struct hak_range *range, uint32_t end)
{
    uint32_t from = range->tabled;
    uint32_t to = (uint32_t)hak_min((size_t)range->end, hak_round_up(end, TABLE_STEP));
    if (end <= from)
        return true;
    if (!hak_range_commit((char *)&hak_heap.spans[from], (char *)&hak_heap.spans[to]) ||
        (HAK_LOOKUP_MAP &&
         !hak_range_commit((char *)&hak_heap.map[from], (char *)&hak_heap.map[to])) ||
        (HAK_GUARD && !hak_range_commit((char *)&hak_heap.live[from * LIVE_WORDS],
                                        (char *)&hak_heap.live[to * LIVE_WORDS])))
        return false;
    range->tabled = to;
    return true;
}

static bool commit_pages(struct hak_range *range, uint32_t end)
{
    char *base = (char *)hak_heap.base;
    size_t from = range->committed;
    if (end <= from)
        return true;
    size_t used = (from - range->first) << HAK_PAGE_SHIFT;
    size_t step = hak_min(hak_max((size_t)HAK_COMMIT_STEP, used / 8), MOST_COMMIT_STEP);
    size_t to = hak_max((size_t)end, from + (step >> HAK_PAGE_SHIFT));
    to = hak_min(to, (size_t)range->end);
    if (!hak_range_commit(base + (from << HAK_PAGE_SHIFT), base + (to << HAK_PAGE_SHIFT))) {
        to = end;
        if (!hak_range_commit(base + (from << HAK_PAGE_SHIFT), base + (to << HAK_PAGE_SHIFT)))
            return false;
    }
    range->committed = (uint32_t)to;
    committed += (to - from) << HAK_PAGE_SHIFT;
    if (!HAK_LOOKUP_REGION)
        hak_store_relaxed(&hak_heap.limit, to << HAK_PAGE_SHIFT);
    return true;
}

/* ---- runs ---------------------------------------------------------------------------------- */

struct hak_range *hak_range_of(uint32_t page)
{
    if (!HAK_LOOKUP_REGION)
        return &hak_ranges[0];
    uint32_t index = page >> (hak_heap.region_shift - HAK_PAGE_SHIFT);
    return &hak_ranges[index < HAK_NCLASSES ? index + 1 : 0];
}

static struct hak_runs *runs_of(struct hak_range *range, unsigned state)
{
    return state == HAK_SPAN_DIRTY ? &range->dirty : &range->clean;
}

/* Makes [page, page + npages) one span: its first and last descriptor say so. */
struct hak_span *hak_range_set(uint32_t page, size_t npages, unsigned state)
{
    struct hak_span *span = &hak_heap.spans[page];
    struct hak_span *last = span + npages - 1;
    span->npages = (uint32_t)npages;
    span->head = last->head = page;
    hak_store_relaxed(&last->state, (uint8_t)state);
    hak_store_relaxed(&span->state, (uint8_t)state);
    return span;
}

static void age_append(struct hak_span *run)
{
    uint32_t page = hak_span_page(run);
    run->newer = 0;
    run->older = newest_dirty;
    if (newest_dirty)
        hak_heap.spans[newest_dirty].newer = page;
    else
        oldest_dirty = page;
    newest_dirty = page;
}

/* Puts `run` where `other`, which leaves, stood in the order of age. */
static void age_replace(struct hak_span *run, const struct hak_span *other)
{
    uint32_t page = hak_span_page(run);
    uint32_t older = other->older, newer = other->newer;
    run->older = older;
    run->newer = newer;
    if (older)
        hak_heap.spans[older].newer = page;
    else
        oldest_dirty = page;
    if (newer)
        hak_heap.spans[newer].older = page;
    else
        newest_dirty = page;
}

static void age_remove(struct hak_span *run)
{
    if (run->older)
        hak_heap.spans[run->older].newer = run->newer;
    else
        oldest_dirty = run->newer;
    if (run->newer)
        hak_heap.spans[run->newer].older = run->older;
    else
        newest_dirty = run->older;
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

static void run_remove(struct hak_range *range, struct hak_span *run)
{
    if (run->state == HAK_SPAN_DIRTY) {
        age_remove(run);
        dirty_remove(range, run);
    } else {
        hak_runs_remove(&range->clean, run);
    }
}

/* Adds the free run [page, page + npages), merged with free neighbours of the same state.  A clean
 * run at the frontier goes back behind it.  A dirty run takes the age of its largest part, so that
 * small frees beside it do not keep it from being purged. */
void hak_range_add(struct hak_range *range, uint32_t page, size_t npages, unsigned state,
                   uint64_t freed_ms)
{
    struct hak_span *spans = hak_heap.spans;
    uint32_t begin = page;
    uint32_t end = page + (uint32_t)npages;
    struct hak_span *left = NULL, *right = NULL;
    if (begin > range->first && hak_load_relaxed(&spans[begin - 1].state) == state) {
        left = &spans[spans[begin - 1].head];
        begin = left->head;
    }
    if (end < range->frontier && hak_load_relaxed(&spans[end].state) == state) {
        right = &spans[end];
        end += right->npages;
    }
    if (state == HAK_SPAN_DIRTY) {
        struct hak_span *big = left && (!right || left->npages >= right->npages) ? left : right;
        struct hak_span aged = {.older = 0};
        bool inherit = big && big->npages >= npages;
        if (inherit)
            freed_ms = big->freed_ms;
        if (left)
            dirty_remove(range, left);
        if (right)
            dirty_remove(range, right);
        if (left && (!inherit || big != left))
            age_remove(left);
        if (right && (!inherit || big != right))
            age_remove(right);
        if (inherit)
            aged = *big;
        struct hak_span *run = hak_range_set(begin, end - begin, state);
        run->freed_ms = freed_ms;
        if (inherit)
            age_replace(run, &aged);
        else
            age_append(run);
        dirty_insert(range, run);
        return;
    }
    if (left)
        hak_runs_remove(&range->clean, left);
    if (right)
        hak_runs_remove(&range->clean, right);
    if (end == range->frontier) {
        range->frontier = begin;
        return;
    }
    hak_runs_insert(&range->clean, hak_range_set(begin, end - begin, state));
}

/* Takes npages out of the free run, `front` pages behind its start. */
struct hak_span *hak_range_cut(struct hak_range *range, struct hak_span *run, size_t npages,
                               size_t front)
{
    uint32_t page = hak_span_page(run);
    size_t back = run->npages - front - npages;
    uint64_t freed_ms = run->freed_ms;
    unsigned state = run->state;
    run_remove(range, run);
    struct hak_span *span = hak_range_set(page + (uint32_t)front, npages, HAK_SPAN_BUSY);
    if (front > 0)
        hak_range_add(range, page, front, state, freed_ms);
    if (back > 0)
        hak_range_add(range, page + (uint32_t)(front + npages), back, state, freed_ms);
    span->zero = state == HAK_SPAN_CLEAN;
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

/* Takes npages behind the frontier; NULL: range full or commit refused. */
struct hak_span *hak_range_take_frontier(struct hak_range *range, size_t npages, size_t align_pages)
{
    size_t base_page = hak_heap.base >> HAK_PAGE_SHIFT;
    uint32_t old = range->frontier;
    size_t page = hak_round_up(base_page + old, align_pages) - base_page;
    if (npages > range->end || page > range->end - npages)
        return NULL;
    uint32_t end = (uint32_t)(page + npages);
    if (!commit_tables(range, end) || !commit_pages(range, end))
        return NULL;
    range->frontier = end;
    struct hak_span *span = hak_range_set((uint32_t)page, npages, HAK_SPAN_BUSY);
    if (page > old)
        hak_range_add(range, old, page - old, HAK_SPAN_CLEAN, 0);
    span->zero = true;
    return span;
}

/* Takes the oldest dirty run out of the heap if it was freed at or before until_ms. */
struct hak_span *hak_range_take_oldest(uint64_t until_ms)
{
    struct hak_span *run = &hak_heap.spans[oldest_dirty];
    if (!oldest_dirty || run->freed_ms > until_ms)
        return NULL;
    run_remove(hak_range_of(hak_span_page(run)), run);
    return hak_range_set(hak_span_page(run), run->npages, HAK_SPAN_BUSY);
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
    hak_range_set(hak_span_page(span), npages, cls ? HAK_SPAN_SLAB : HAK_SPAN_LARGE);
    if (cls) {
        for (size_t i = 1; i < npages; i++)
            span[i].head = hak_span_page(span);
        hak_range_set_class(span, cls);
    }
}

void hak_ranges_use(size_t npages)
{
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

void hak_ranges_stats(struct hak_heap_stats *out)
{
    out->committed = committed;
    out->commits = ncommits;
    out->dirty = dirty_pages << HAK_PAGE_SHIFT;
    out->clean = 0;
    for (unsigned i = 0; i < HAK_NRANGES; i++) {
        const struct hak_range *range = &hak_ranges[i];
        out->clean += (range->clean.npages + range->committed - range->frontier) << HAK_PAGE_SHIFT;
    }
}
