/* heap.c: finds a place for the heap, hands out spans and takes them back, purges; see heap.h. */
#include "heap.h"
#include "bits.h"
#include "decommit.h"
#include "os.h"
#include "pages.h"
#include "report.h"

enum { MOST_WAITS = 16 }; /* for purges that are under way while memory is short */

/* ---- start --------------------------------------------------------------------------------- */

static bool init_locked(void)
{
    struct hak_space space;
    if (!hak_space_find((size_t)1 << HAK_RESERVE_SHIFT, &space))
        return false;
    hak_process_init();
    hak_heap.size = space.size;
    hak_heap.region_shift = hak_log2(space.size) - (HAK_RESERVE_SHIFT - HAK_REGION_SHIFT);
    hak_ranges_init(space.size);
    if (HAK_LOOKUP_REGION && hak_heap.region_shift < HAK_REGION_SHIFT)
        hak_report("address space is small: %zu MiB for each size class instead of %zu; a class "
                   "that fills its range borrows from the larger ones",
                   ((size_t)1 << hak_heap.region_shift) >> 20,
                   ((size_t)1 << HAK_REGION_SHIFT) >> 20);
    if (HAK_ARENA_LOG)
        hak_report("arena init: heap at %p", (void *)space.heap);
    hak_heap.bits = space.bits;
    hak_heap.map = (uint8_t *)space.map;
    hak_heap.live = (uint64_t *)space.live;
    hak_heap.caches = space.caches;
    if (HAK_GUARD || HAK_RANDOM)
        hak_heap.secret = hak_os_random() | 1;
    /* With the region lookup the class follows from the address alone.  There `limit` is the whole
     * range, and hak_span_find checks whether the page is in use. */
    hak_store_relaxed(&hak_heap.limit, HAK_LOOKUP_REGION ? space.size : 0);
    hak_heap.base = space.heap;
    hak_store_relaxed(&hak_heap.lookup_base, space.heap + HAK_HEADER_BYTES);
    hak_store_release(&hak_heap.spans, (struct hak_span *)space.spans);
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

/* ---- spans --------------------------------------------------------------------------------- */

void hak_heap_abandon(void)
{
    hak_pages_abandon();
    hak_bits_abandon();
}

/* Makes a run from hak_pages_take_oldest, in the state that hak_decommit left it in, a free run
 * again; returns the bytes that went back to the system. */
static size_t put_back(struct hak_span *run, unsigned state, uint64_t now)
{
    uint32_t page = hak_span_page(run);
    size_t bytes = state != HAK_SPAN_DIRTY ? hak_span_bytes(run) : 0;
    if (bytes > 0)
        hak_decommit_note(page, run->npages);
    hak_pages_add(hak_range_of(page), page, run->npages, state, now);
    return bytes;
}

/* Makes all free runs away, for want of memory or address space; returns their bytes.  The lock
 * stays held, so that no other thread takes what becomes free. */
static size_t leave_all_locked(void)
{
    size_t total = hak_pages_leave_clean(), bytes = 1;
    struct hak_span *run;
    while (bytes > 0 && (run = hak_pages_take_oldest(UINT64_MAX)) != NULL) {
        bool left = hak_range_leave(hak_span_page(run), run->npages);
        bytes = put_back(run, left ? HAK_SPAN_AWAY : HAK_SPAN_DIRTY, run->freed_ms);
        total += bytes;
    }
    return total;
}

/* Takes free pages of the range, the cheapest kind first; NULL: none fit. */
static struct hak_span *take(struct hak_range *range, size_t npages, size_t align_pages)
{
    struct hak_span *span = hak_pages_take(range, HAK_SPAN_DIRTY, npages, align_pages);
    if (!span)
        span = hak_pages_take(range, HAK_SPAN_CLEAN, npages, align_pages);
    if (!span)
        span = hak_pages_take(range, HAK_SPAN_AWAY, npages, align_pages);
    return span ? span : hak_pages_take_frontier(range, npages, align_pages);
}

struct hak_span *hak_heap_alloc(size_t npages, size_t align, unsigned cls)
{
    struct hak_range *range = &hak_ranges[HAK_LOOKUP_REGION ? cls : 0];
    size_t align_pages = align >> HAK_PAGE_SHIFT;
    if (npages > range->end - range->first || align_pages > range->end - range->first)
        return NULL;
    hak_lock_acquire(&hak_heap_lock);
    struct hak_span *span = take(range, npages, align_pages);
    for (int i = 0; !span && i < MOST_WAITS && hak_decommit_await(); i++)
        span = take(range, npages, align_pages);
    /* Once all free runs are away, neighbours merge; and if the process's address space is limited,
     * the frontier has room again. */
    if (!span && leave_all_locked() > 0)
        span = take(range, npages, align_pages);
    if (span)
        hak_pages_hand_out(span, cls);
    hak_lock_release(&hak_heap_lock);
    if (span && HAK_HUGE_PAGES == HAK_HUGE_PAGES_ADVISE && span->zero && !cls &&
        hak_span_bytes(span) >= (size_t)4 << 20)
        hak_os_advise_huge(hak_span_start(span), hak_span_bytes(span));
    return span;
}

struct hak_span *hak_heap_try_dirty(size_t npages)
{
    struct hak_range *range = &hak_ranges[0];
    if (hak_heap_dirty_bytes() >> HAK_PAGE_SHIFT < npages)
        return NULL;
    hak_lock_acquire(&hak_heap_lock);
    struct hak_span *span = hak_pages_take(range, HAK_SPAN_DIRTY, npages, 1);
    if (span)
        hak_pages_hand_out(span, 0);
    hak_lock_release(&hak_heap_lock);
    return span;
}

/* Makes pages that were in use a free run of the state.  BUSY: the pages are out of use for good.
 */
static void add_locked(uint32_t page, size_t npages, unsigned state, uint64_t now)
{
    hak_pages_use(-npages);
    hak_span_set(page, npages, HAK_SPAN_BUSY);
    if (state != HAK_SPAN_BUSY)
        hak_pages_add(hak_range_of(page), page, npages, state, now);
}

/* Frees pages that the caller owns and whose memory stays as it is: DIRTY or CLEAN. */
static void free_pages(uint32_t page, size_t npages, unsigned state)
{
    uint64_t now = state == HAK_SPAN_DIRTY ? hak_os_now_ms() : 0;
    hak_lock_acquire(&hak_heap_lock);
    add_locked(page, npages, state, now);
    hak_lock_release(&hak_heap_lock);
}

/* Frees pages that the caller owns after `decommit` has given their memory to the system; false:
 * the system refused, and the pages are dirty. */
static bool purge_pages(uint32_t page, size_t npages, unsigned (*decommit)(uint32_t, size_t))
{
    hak_decommit_begin();
    unsigned state = decommit(page, npages);
    uint64_t now = state == HAK_SPAN_DIRTY ? hak_os_now_ms() : 0;
    hak_lock_acquire(&hak_heap_lock);
    if (state != HAK_SPAN_DIRTY)
        hak_decommit_note(page, npages);
    add_locked(page, npages, state, now);
    hak_decommit_end();
    hak_lock_release(&hak_heap_lock);
    return state != HAK_SPAN_DIRTY;
}

static void free_dirty(uint32_t page, size_t npages)
{
    if (HAK_PURGE_DECAY_MS == 0)
        purge_pages(page, npages, hak_decommit);
    else
        free_pages(page, npages, HAK_SPAN_DIRTY);
}

void hak_heap_free(struct hak_span *span)
{
    if (span->cls)
        hak_pages_set_class(span, 0);
    free_dirty(hak_span_page(span), span->npages);
}

void hak_heap_free_clean(struct hak_span *span)
{
    free_pages(hak_span_page(span), span->npages, HAK_SPAN_CLEAN);
}

void hak_heap_free_closed(struct hak_span *span)
{
    purge_pages(hak_span_page(span), span->npages, hak_decommit_closed);
}

size_t hak_heap_free_purged(struct hak_span *span)
{
    size_t bytes = hak_span_bytes(span);
    return purge_pages(hak_span_page(span), span->npages, hak_decommit) ? bytes : 0;
}

void hak_heap_trim(struct hak_span *span, size_t npages)
{
    size_t rest = span->npages - npages;
    uint32_t page = hak_span_page(span) + (uint32_t)npages;
    if (rest == 0)
        return;
    hak_lock_acquire(&hak_heap_lock);
    hak_span_set(page, rest, HAK_SPAN_BUSY);
    hak_span_set(hak_span_page(span), npages, HAK_SPAN_LARGE);
    hak_lock_release(&hak_heap_lock);
    free_dirty(page, rest);
}

/* ---- purge, counts ------------------------------------------------------------------------- */

size_t hak_heap_purge(uint64_t until_ms, size_t keep)
{
    size_t total = 0, bytes = 1;
    struct hak_span *run;
    if (!hak_heap_ready())
        return 0;
    hak_lock_acquire(&hak_heap_lock);
    while (bytes > 0 && hak_heap_dirty_bytes() > keep &&
           (run = hak_pages_take_oldest(until_ms)) != NULL) {
        /* The run is BUSY: nobody else touches it while the lock is not held. */
        hak_decommit_begin();
        hak_lock_release(&hak_heap_lock);
        unsigned state = hak_decommit(hak_span_page(run), run->npages);
        hak_lock_acquire(&hak_heap_lock);
        bytes = put_back(run, state, until_ms + 1);
        hak_decommit_end();
        total += bytes;
    }
    hak_lock_release(&hak_heap_lock);
    return total;
}

size_t hak_heap_dirty_bytes(void)
{
    return hak_load_relaxed(&hak_page_counts.dirty) << HAK_PAGE_SHIFT;
}

size_t hak_heap_used_bytes(void)
{
    return hak_load_relaxed(&hak_page_counts.used) << HAK_PAGE_SHIFT;
}

size_t hak_heap_handed_bytes(void)
{
    return hak_load_relaxed(&hak_page_counts.handed) << HAK_PAGE_SHIFT;
}

size_t hak_heap_fresh_bytes(void)
{
    return hak_load_relaxed(&hak_page_counts.fresh) << HAK_PAGE_SHIFT;
}

void hak_heap_stats(struct hak_heap_stats *out)
{
    hak_lock_acquire(&hak_heap_lock);
    *out = (struct hak_heap_stats){
        .mapped = hak_page_counts.mapped << HAK_PAGE_SHIFT,
        .dirty = hak_heap_dirty_bytes(),
        .clean = hak_ranges_clean() << HAK_PAGE_SHIFT,
        .purged = hak_page_counts.purged << HAK_PAGE_SHIFT,
        .claims = hak_page_counts.claims,
        .purges = hak_page_counts.purges,
    };
    hak_lock_release(&hak_heap_lock);
}
