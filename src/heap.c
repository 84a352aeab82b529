/* heap.c: reserves the address space, commits it in steps, and cuts it into spans.
 * hak_heap_lock guards everything below but the fields of spans in use; see heap.h. */
#include "heap.h"
#include "mapping.h"
#include "os.h"
#include "report.h"
#include "runs.h"

enum {
    NRANGES = HAK_LOOKUP_REGION ? HAK_NCLASSES + 1 : 1,
    TABLE_STEP = 1024, /* pages whose table entries are committed at a time */
    LEAST_FEED = 16,   /* pages worth two calls to the system */
};
#define LEAST_RESERVE ((size_t)(HAK_LOOKUP_REGION ? 16 : 4) << 20)
#define HUGE_PAGE ((size_t)2 << 20)
#define MOST_COMMIT_STEP ((size_t)64 << 20)

/* Part of the address space with a frontier of its own.  Index 0 serves large blocks and, but for
 * the region lookup, slabs of every class; index c the slabs of class c. */
struct range {
    uint32_t first; /* pages [first, end) */
    uint32_t end;
    uint32_t frontier;  /* spans tile [first, frontier) */
    uint32_t committed; /* pages below are committed */
    uint32_t tabled;    /* table entries of pages below are committed */
    struct hak_runs clean;
    struct hak_runs dirty;
};

/* A base of 2^63 makes p less it huge for every address a program can hold, so that before
 * initialisation each pointer counts as foreign. */
struct hak_heap hak_heap HAK_CACHE_ALIGNED = {
    .lookup_base = (uintptr_t)1 << 63, .base = (uintptr_t)1 << 63, .region_shift = 47};
struct hak_lock hak_heap_lock;
static struct range ranges[NRANGES];
static uint32_t oldest_dirty; /* page numbers; dirty runs linked by hak_span.newer and older */
static uint32_t newest_dirty;
static size_t dirty_pages; /* in all dirty runs */
static size_t used_pages;  /* in spans that were handed out */
static struct hak_heap_stats stats;

/* ---- reservation --------------------------------------------------------------------------- */

/* Bytes to reserve: what the profile wants, or what a limited address space allows next to
 * thread stacks and libraries, in a size that the ranges divide. */
static size_t reserve_size(void)
{
    size_t want = (size_t)1 << HAK_RESERVE_SHIFT;
    size_t left = hak_os_address_space_left();
    if (left != SIZE_MAX && left / 4 * 3 < want)
        want = left / 4 * 3;
    if (HAK_LOOKUP_REGION)
        return (size_t)1 << hak_log2(hak_max(want, LEAST_RESERVE));
    return hak_round_down(hak_max(want, LEAST_RESERVE), HAK_PAGE_SIZE);
}

static void set_ranges(size_t reserve)
{
    uint32_t npages = (uint32_t)(reserve >> HAK_PAGE_SHIFT);
    uint32_t region_pages = (uint32_t)1 << (hak_heap.region_shift - HAK_PAGE_SHIFT);
    for (unsigned i = 0; i < NRANGES; i++) {
        struct range *range = &ranges[i];
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

/* Reserves heap and tables of the given size, or nothing. */
static bool reserve(size_t size, struct hak_heap *heap)
{
    size_t npages = size >> HAK_PAGE_SHIFT;
    size_t spans_size = npages * sizeof *heap->spans;
    size_t bits_size = npages * sizeof *heap->bits;
    size_t map_size = HAK_LOOKUP_MAP ? hak_round_up(npages, HAK_PAGE_SIZE) : 0;
    char *base = hak_os_reserve(size, size >= 64 * HUGE_PAGE ? HUGE_PAGE : HAK_PAGE_SIZE);
    char *tables = base ? hak_os_reserve_readable(spans_size + bits_size + map_size) : NULL;
    if (!tables) {
        if (base)
            hak_os_release(base, size);
        return false;
    }
    heap->base = (uintptr_t)base;
    heap->reserve = size;
    heap->spans = (struct hak_span *)tables;
    heap->bits = (uint64_t(*)[HAK_MAX_BLOCKS / 64])(tables + spans_size);
    heap->map = (uint8_t *)tables + spans_size + bits_size;
    heap->region_shift = hak_log2(size) - 7;
    if (HAK_HUGE_PAGES != HAK_HUGE_PAGES_SYSTEM)
        hak_os_advise_huge(base, size, false);
    return true;
}

static bool init_locked(void)
{
    struct hak_heap heap = hak_heap;
    size_t size = reserve_size();
    while (!reserve(size, &heap)) {
        size = hak_round_down(size / 2, HAK_PAGE_SIZE);
        if (size < LEAST_RESERVE)
            return false;
    }
    hak_heap.region_shift = heap.region_shift;
    set_ranges(size);
    if (HAK_LOOKUP_REGION && heap.region_shift < HAK_REGION_SHIFT)
        hak_report("address space is limited: %zu MiB for each size class instead of %zu; a class "
                   "that fills its range borrows from the larger ones",
                   ((size_t)1 << heap.region_shift) >> 20, ((size_t)1 << HAK_REGION_SHIFT) >> 20);
    if (HAK_ARENA_LOG)
        hak_report("arena init: %zu MiB reserved at %p", size >> 20, (void *)heap.base);
    hak_heap.bits = heap.bits;
    hak_heap.map = heap.map;
    hak_heap.reserve = size;
    /* With regions the class follows from the address alone; `limit` then only tells ours from
     * foreign.  The table of descriptors is readable over the whole reservation. */
    hak_store_relaxed(&hak_heap.limit, HAK_LOOKUP_REGION ? size : 0);
    hak_heap.base = heap.base;
    hak_store_relaxed(&hak_heap.lookup_base, heap.base + HAK_HEADER_BYTES);
    hak_store_release(&hak_heap.spans, heap.spans);
    return true;
}

bool hak_heap_init(void)
{
    if (hak_heap_ready())
        return true;
    hak_lock_acquire(&hak_heap_lock);
    bool ready = hak_heap_ready() || init_locked();
    hak_lock_release(&hak_heap_lock);
    return ready;
}

/* ---- commit -------------------------------------------------------------------------------- */

static bool commit(char *from, char *to)
{
    size_t os_page = hak_os_page_size();
    from = (char *)hak_round_down((uintptr_t)from, os_page);
    to = (char *)hak_round_up((uintptr_t)to, os_page);
    stats.commits++;
    return hak_os_commit(from, (size_t)(to - from)) == 0;
}

/* Makes the table entries of pages below `end` writable. */
static bool commit_tables(struct range *range, uint32_t end)
{
    uint32_t from = range->tabled;
    uint32_t to = (uint32_t)hak_min((size_t)range->end, hak_round_up(end, TABLE_STEP));
    if (end <= from)
        return true;
    if (!commit((char *)&hak_heap.spans[from], (char *)&hak_heap.spans[to]) ||
        !commit((char *)&hak_heap.bits[from], (char *)&hak_heap.bits[to]) ||
        (HAK_LOOKUP_MAP && !commit((char *)&hak_heap.map[from], (char *)&hak_heap.map[to])))
        return false;
    range->tabled = to;
    return true;
}

static bool commit_pages(struct range *range, uint32_t end)
{
    char *base = (char *)hak_heap.base;
    size_t from = range->committed;
    if (end <= from)
        return true;
    size_t used = (from - range->first) << HAK_PAGE_SHIFT;
    size_t step = hak_min(hak_max((size_t)HAK_COMMIT_STEP, used / 8), MOST_COMMIT_STEP);
    size_t to = hak_max((size_t)end, from + (step >> HAK_PAGE_SHIFT));
    to = hak_min(to, (size_t)range->end);
    if (!commit(base + (from << HAK_PAGE_SHIFT), base + (to << HAK_PAGE_SHIFT))) {
        to = end;
        if (!commit(base + (from << HAK_PAGE_SHIFT), base + (to << HAK_PAGE_SHIFT)))
            return false;
    }
    range->committed = (uint32_t)to;
    stats.committed += (to - from) << HAK_PAGE_SHIFT;
    if (!HAK_LOOKUP_REGION)
        hak_store_relaxed(&hak_heap.limit, to << HAK_PAGE_SHIFT);
    return true;
}

/* ---- runs ---------------------------------------------------------------------------------- */

static struct range *range_of(uint32_t page)
{
    if (!HAK_LOOKUP_REGION)
        return &ranges[0];
    uint32_t index = page >> (hak_heap.region_shift - HAK_PAGE_SHIFT);
    return &ranges[index < HAK_NCLASSES ? index + 1 : 0];
}

static struct hak_runs *runs_of(struct range *range, unsigned state)
{
    return state == HAK_SPAN_DIRTY ? &range->dirty : &range->clean;
}

/* Makes [page, page + npages) one span: its first and last descriptor say so. */
static struct hak_span *set_span(uint32_t page, size_t npages, unsigned state)
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

static void dirty_insert(struct range *range, struct hak_span *run)
{
    hak_runs_insert(&range->dirty, run);
    hak_store_relaxed(&dirty_pages, dirty_pages + run->npages);
}

static void dirty_remove(struct range *range, struct hak_span *run)
{
    hak_runs_remove(&range->dirty, run);
    hak_store_relaxed(&dirty_pages, dirty_pages - run->npages);
}

static void run_remove(struct range *range, struct hak_span *run)
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
static void run_add(struct range *range, uint32_t page, size_t npages, unsigned state,
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
        struct hak_span *run = set_span(begin, end - begin, state);
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
    hak_runs_insert(&range->clean, set_span(begin, end - begin, state));
}

/* Takes npages out of the free run, `front` pages behind its start. */
static struct hak_span *cut_run(struct range *range, struct hak_span *run, size_t npages,
                                size_t front)
{
    uint32_t page = hak_span_page(run);
    size_t back = run->npages - front - npages;
    uint64_t freed_ms = run->freed_ms;
    unsigned state = run->state;
    run_remove(range, run);
    struct hak_span *span = set_span(page + (uint32_t)front, npages, HAK_SPAN_BUSY);
    if (front > 0)
        run_add(range, page, front, state, freed_ms);
    if (back > 0)
        run_add(range, page + (uint32_t)(front + npages), back, state, freed_ms);
    span->zero = state == HAK_SPAN_CLEAN;
    return span;
}

/* Takes npages aligned to align_pages out of a free run of the given state; NULL: none fits. */
static struct hak_span *take_run(struct range *range, unsigned state, size_t npages,
                                 size_t align_pages)
{
    struct hak_span *run = hak_runs_find(runs_of(range, state), npages + align_pages - 1);
    if (!run)
        return NULL;
    size_t page = (hak_heap.base >> HAK_PAGE_SHIFT) + hak_span_page(run);
    return cut_run(range, run, npages, hak_round_up(page, align_pages) - page);
}

/* Takes npages behind the frontier; NULL: range full or commit refused. */
static struct hak_span *take_frontier(struct range *range, size_t npages, size_t align_pages)
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
    struct hak_span *span = set_span((uint32_t)page, npages, HAK_SPAN_BUSY);
    if (page > old)
        run_add(range, old, page - old, HAK_SPAN_CLEAN, 0);
    span->zero = true;
    return span;
}

/* ---- spans --------------------------------------------------------------------------------- */

static void set_class(const struct hak_span *span, unsigned cls)
{
    if (HAK_LOOKUP_MAP) {
        for (size_t i = 0, page = hak_span_page(span); i < span->npages; i++)
            hak_store_relaxed(&hak_heap.map[page + i], (uint8_t)cls);
    }
}

static void note_purge(uint32_t page, size_t npages)
{
    hak_mapping_reset(page, npages);
    stats.purged += npages << HAK_PAGE_SHIFT;
    stats.purges++;
}

static size_t purge_all_locked(void);

/* Turns a BUSY span into a SLAB, with a class, or a LARGE one. */
static void hand_out(struct hak_span *span, unsigned cls)
{
    size_t npages = span->npages;
    hak_store_relaxed(&used_pages, used_pages + npages);
    span->cls = (uint8_t)cls;
    set_span(hak_span_page(span), npages, cls ? HAK_SPAN_SLAB : HAK_SPAN_LARGE);
    if (cls) {
        for (size_t i = 1; i < npages; i++)
            span[i].head = hak_span_page(span);
        set_class(span, cls);
    }
}

struct hak_span *hak_heap_alloc(size_t npages, size_t align, unsigned cls)
{
    struct range *range = &ranges[HAK_LOOKUP_REGION ? cls : 0];
    size_t align_pages = align >> HAK_PAGE_SHIFT;
    if (npages > range->end - range->first || align_pages > range->end - range->first)
        return NULL;
    hak_lock_acquire(&hak_heap_lock);
    struct hak_span *span = take_run(range, HAK_SPAN_DIRTY, npages, align_pages);
    if (!span)
        span = take_run(range, HAK_SPAN_CLEAN, npages, align_pages);
    if (!span)
        span = take_frontier(range, npages, align_pages);
    /* Dirty and clean neighbours merge once the dirty ones are purged. */
    if (!span && purge_all_locked() > 0) {
        span = take_run(range, HAK_SPAN_CLEAN, npages, align_pages);
        if (!span)
            span = take_frontier(range, npages, align_pages);
    }
    if (span)
        hand_out(span, cls);
    hak_lock_release(&hak_heap_lock);
    if (span && HAK_HUGE_PAGES == HAK_HUGE_PAGES_ADVISE && span->zero && !cls &&
        hak_span_bytes(span) >= (size_t)4 << 20)
        hak_os_advise_huge(hak_span_start(span), hak_span_bytes(span), true);
    return span;
}

struct hak_span *hak_heap_try_dirty(size_t npages)
{
    struct range *range = &ranges[0];
    if (hak_heap_dirty_bytes() >> HAK_PAGE_SHIFT < npages)
        return NULL;
    hak_lock_acquire(&hak_heap_lock);
    struct hak_span *span = take_run(range, HAK_SPAN_DIRTY, npages, 1);
    if (span)
        hand_out(span, 0);
    hak_lock_release(&hak_heap_lock);
    return span;
}

struct hak_span *hak_heap_alloc_growing(size_t npages)
{
    struct range *range = &ranges[0];
    struct hak_span *span = NULL;
    if (npages > range->end - range->first)
        return NULL;
    hak_lock_acquire(&hak_heap_lock);
    struct hak_span *dirty = hak_runs_longest(&range->dirty);
    struct hak_span *clean = hak_runs_longest(&range->clean);
    if (dirty && dirty->npages >= npages + npages / 2)
        span = cut_run(range, dirty, npages, 0);
    else if (clean && clean->npages >= npages * 4)
        span = cut_run(range, clean, npages, 0);
    else
        span = take_frontier(range, npages, 1);
    if (span)
        hand_out(span, 0);
    hak_lock_release(&hak_heap_lock);
    return span ? span : hak_heap_alloc(npages, HAK_PAGE_SIZE, 0);
}

/* What is to be done with the memory of freed pages: it stays, it goes back to the system, it is
 * zero already. */
enum memory { KEEP, PURGE, ZERO };

/* Frees npages from `page` on, that the caller owns; false: they are dirty now. */
static bool free_pages(uint32_t page, size_t npages, enum memory memory)
{
    bool purged = memory == PURGE && hak_mapping_purge(page, npages) == 0;
    bool clean = memory == ZERO || purged;
    uint64_t now = clean ? 0 : hak_os_now_ms();
    hak_lock_acquire(&hak_heap_lock);
    hak_store_relaxed(&used_pages, used_pages - npages);
    if (purged)
        note_purge(page, npages);
    set_span(page, npages, HAK_SPAN_BUSY);
    run_add(range_of(page), page, npages, clean ? HAK_SPAN_CLEAN : HAK_SPAN_DIRTY, now);
    hak_lock_release(&hak_heap_lock);
    return clean;
}

static const enum memory after_free = HAK_PURGE_DECAY_MS == 0 ? PURGE : KEEP;

void hak_heap_free(struct hak_span *span)
{
    if (span->cls)
        set_class(span, 0);
    free_pages(hak_span_page(span), span->npages, after_free);
}

void hak_heap_free_clean(struct hak_span *span)
{
    free_pages(hak_span_page(span), span->npages, ZERO);
}

size_t hak_heap_free_purged(struct hak_span *span)
{
    size_t bytes = hak_span_bytes(span);
    return free_pages(hak_span_page(span), span->npages, PURGE) ? bytes : 0;
}

void hak_heap_trim(struct hak_span *span, size_t npages)
{
    size_t rest = span->npages - npages;
    uint32_t page = hak_span_page(span) + (uint32_t)npages;
    if (rest == 0)
        return;
    hak_lock_acquire(&hak_heap_lock);
    set_span(page, rest, HAK_SPAN_BUSY);
    set_span(hak_span_page(span), npages, HAK_SPAN_LARGE);
    hak_lock_release(&hak_heap_lock);
    free_pages(page, rest, after_free);
}

/* Whether npages from `page` on are free or lie behind the frontier. */
static bool all_free(const struct range *range, uint32_t page, size_t npages)
{
    uint32_t end = page + (uint32_t)npages;
    if (npages > range->end || page > range->end - npages)
        return false;
    while (page < end && page < range->frontier) {
        const struct hak_span *run = &hak_heap.spans[page];
        unsigned state = hak_load_relaxed(&run->state);
        if (state != HAK_SPAN_CLEAN && state != HAK_SPAN_DIRTY)
            return false;
        page += run->npages;
    }
    return true;
}

/* Takes npages from `page` on, which are all_free; returns how many: fewer if commit is refused. */
static size_t take_at(struct range *range, uint32_t page, size_t npages)
{
    size_t taken = 0;
    while (taken < npages) {
        uint32_t at = page + (uint32_t)taken;
        if (at == range->frontier)
            return take_frontier(range, npages - taken, 1) ? npages : taken;
        struct hak_span *run = &hak_heap.spans[at];
        size_t n = hak_min(npages - taken, (size_t)run->npages);
        cut_run(range, run, n, 0);
        taken += n;
    }
    return taken;
}

bool hak_heap_extend(struct hak_span *span, size_t npages)
{
    struct range *range = &ranges[0];
    uint32_t end = hak_span_page(span) + span->npages;
    size_t more = npages - span->npages;
    size_t taken = 0;
    hak_lock_acquire(&hak_heap_lock);
    if (all_free(range, end, more))
        taken = take_at(range, end, more);
    if (taken == more) {
        hak_store_relaxed(&used_pages, used_pages + more);
        /* No longer the span's last page: nothing may be found from it. */
        hak_store_relaxed(&hak_heap.spans[end - 1].state, (uint8_t)HAK_SPAN_BUSY);
        set_span(hak_span_page(span), npages, HAK_SPAN_LARGE);
    } else if (taken > 0) {
        set_span(end, taken, HAK_SPAN_BUSY);
        run_add(range, end, taken, HAK_SPAN_DIRTY, hak_os_now_ms());
    }
    hak_lock_release(&hak_heap_lock);
    return taken == more;
}

/* Frees the first n pages of a BUSY span to one state, the others to another. */
static void free_parts(struct range *range, const struct hak_span *span, size_t n, unsigned first,
                       unsigned rest)
{
    uint32_t page = hak_span_page(span), second = page + (uint32_t)n;
    size_t more = span->npages - n;
    uint64_t now = hak_os_now_ms();
    if (n > 0)
        set_span(page, n, HAK_SPAN_BUSY);
    if (more > 0)
        set_span(second, more, HAK_SPAN_BUSY);
    if (n > 0)
        run_add(range, page, n, first, now);
    if (more > 0 && rest != HAK_SPAN_BUSY)
        run_add(range, second, more, rest, now);
}

/* Takes up to npages clean ones from `page` on; NULL: there are less than LEAST_FEED. */
static struct hak_span *take_clean_at(struct range *range, uint32_t page, size_t npages)
{
    if (page == range->frontier)
        return take_frontier(range, npages, 1);
    struct hak_span *run = &hak_heap.spans[page];
    if (hak_load_relaxed(&run->state) != HAK_SPAN_CLEAN || run->npages < LEAST_FEED)
        return NULL;
    return cut_run(range, run, hak_min(npages, (size_t)run->npages), 0);
}

/* Takes up to npages out of the longest dirty run; NULL: that is shorter than LEAST_FEED. */
static struct hak_span *take_dirty(struct range *range, size_t npages)
{
    struct hak_span *run = hak_runs_longest(&range->dirty);
    if (!run || run->npages < LEAST_FEED)
        return NULL;
    return cut_run(range, run, hak_min(npages, (size_t)run->npages), 0);
}

/* Moves dirty pages from anywhere to the clean ones from `to` on, which the caller owns.  Returns
 * how many of these are dirty now, from the first on; *lost is as hak_mapping_move says. */
static size_t move_dirty(struct range *range, uint32_t to, size_t npages, bool *lost)
{
    size_t done = 0;
    *lost = false;
    while (done < npages && !*lost) {
        hak_lock_acquire(&hak_heap_lock);
        struct hak_span *from = take_dirty(range, npages - done);
        hak_lock_release(&hak_heap_lock);
        if (!from)
            break;
        uint32_t page = hak_span_page(from);
        size_t n = from->npages;
        size_t moved = hak_mapping_move(to + (uint32_t)done, page, n, lost);
        hak_lock_acquire(&hak_heap_lock);
        free_parts(range, from, moved, HAK_SPAN_CLEAN, HAK_SPAN_DIRTY);
        hak_lock_release(&hak_heap_lock);
        done += moved;
        if (moved < n)
            break;
    }
    return done;
}

void hak_heap_feed(struct hak_span *span, size_t npages)
{
    struct range *range = &ranges[0];
    uint32_t end = hak_span_page(span) + span->npages;
    size_t want = npages - span->npages, have = 0;
    struct hak_span *to = NULL;
    bool lost;
    hak_lock_acquire(&hak_heap_lock);
    if (end < range->frontier && hak_load_relaxed(&hak_heap.spans[end].state) == HAK_SPAN_DIRTY)
        have = hak_heap.spans[end].npages;
    size_t ahead = hak_max(want, npages / 4);
    size_t there = range->dirty.npages - have;
    if (have < want && there >= LEAST_FEED)
        to = take_clean_at(range, end + (uint32_t)have, hak_min(ahead - have, there));
    hak_lock_release(&hak_heap_lock);
    if (!to)
        return;
    size_t moved = move_dirty(range, hak_span_page(to), to->npages, &lost);
    hak_lock_acquire(&hak_heap_lock);
    free_parts(range, to, moved, HAK_SPAN_DIRTY, lost ? HAK_SPAN_BUSY : HAK_SPAN_CLEAN);
    hak_lock_release(&hak_heap_lock);
}

size_t hak_heap_fill(struct hak_span *span, size_t first, bool *lost)
{
    uint32_t page = hak_span_page(span) + (uint32_t)first;
    return move_dirty(&ranges[0], page, span->npages - first, lost);
}

struct hak_span *hak_span_find(const void *p)
{
    if (!hak_heap_ready() || !hak_heap_contains(p))
        return NULL;
    size_t page = hak_page_of(p);
    uint32_t head = hak_heap.spans[page].head;
    if (head == 0 || head > page)
        return NULL;
    /* The page may be an inner one, whose `head` is of a former span; then that span's first page
     * is an inner or a last one now, and if it holds a state, its own `head` is another page. */
    struct hak_span *span = &hak_heap.spans[head];
    unsigned state = hak_load_relaxed(&span->state);
    if ((state != HAK_SPAN_SLAB && state != HAK_SPAN_LARGE) || span->head != head ||
        page - head >= span->npages)
        return NULL;
    return span;
}

void hak_span_note(struct hak_span *span, const void *p)
{
    hak_heap.spans[hak_page_of(p)].head = hak_span_page(span);
}

/* ---- purge --------------------------------------------------------------------------------- */

/* Takes the oldest dirty run out of the heap if it was freed at or before until_ms. */
static struct hak_span *take_oldest(uint64_t until_ms)
{
    struct hak_span *run = &hak_heap.spans[oldest_dirty];
    if (!oldest_dirty || run->freed_ms > until_ms)
        return NULL;
    run_remove(range_of(hak_span_page(run)), run);
    return set_span(hak_span_page(run), run->npages, HAK_SPAN_BUSY);
}

static bool purge_run(const struct hak_span *run)
{
    return hak_mapping_purge(hak_span_page(run), run->npages) == 0;
}

/* Returns a run from take_oldest, purged or not; the bytes given back. */
static size_t give_back(struct hak_span *run, bool purged, uint64_t now)
{
    uint32_t page = hak_span_page(run);
    size_t bytes = purged ? hak_span_bytes(run) : 0;
    if (purged)
        note_purge(page, run->npages);
    run_add(range_of(page), page, run->npages, purged ? HAK_SPAN_CLEAN : HAK_SPAN_DIRTY, now);
    return bytes;
}

/* For want of memory: the lock stays held, so that no other thread takes what becomes free. */
static size_t purge_all_locked(void)
{
    size_t total = 0, bytes = 1;
    struct hak_span *run;
    while (bytes > 0 && (run = take_oldest(UINT64_MAX)) != NULL) {
        bytes = give_back(run, purge_run(run), run->freed_ms);
        total += bytes;
    }
    return total;
}

size_t hak_heap_purge(uint64_t until_ms)
{
    size_t total = 0, bytes = 1;
    struct hak_span *run;
    if (!hak_heap_ready())
        return 0;
    hak_lock_acquire(&hak_heap_lock);
    while (bytes > 0 && (run = take_oldest(until_ms)) != NULL) {
        /* The run is BUSY: nobody else touches it while the lock is not held. */
        hak_lock_release(&hak_heap_lock);
        bool purged = purge_run(run);
        hak_lock_acquire(&hak_heap_lock);
        bytes = give_back(run, purged, until_ms + 1);
        total += bytes;
    }
    hak_lock_release(&hak_heap_lock);
    return total;
}

size_t hak_heap_dirty_bytes(void)
{
    return hak_load_relaxed(&dirty_pages) << HAK_PAGE_SHIFT;
}

size_t hak_heap_used_bytes(void)
{
    return hak_load_relaxed(&used_pages) << HAK_PAGE_SHIFT;
}

void hak_heap_stats(struct hak_heap_stats *out)
{
    hak_lock_acquire(&hak_heap_lock);
    *out = stats;
    out->reserved = hak_heap.reserve;
    out->dirty = dirty_pages << HAK_PAGE_SHIFT;
    out->clean = 0;
    for (unsigned i = 0; i < NRANGES; i++) {
        const struct range *range = &ranges[i];
        out->clean += (range->clean.npages + range->committed - range->frontier) << HAK_PAGE_SHIFT;
    }
    hak_lock_release(&hak_heap_lock);
}
