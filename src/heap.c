/* heap.c: finds a place for the heap, hands out spans and takes them back, purges; see heap.h. */
#include "heap.h"
#include "bits.h"
#include "mapping.h"
#include "os.h"
#include "ranges.h"
#include "report.h"

static uint64_t purged_bytes, purges; /* in total */

/* ---- start --------------------------------------------------------------------------------- */

static bool init_locked(void)
{
    struct hak_space space;
    if (!hak_space_find((size_t)1 << HAK_RESERVE_SHIFT, &space))
        return false;
    hak_process_init();
    hak_heap.size = space.size;
    hak_heap.region_shift = hak_log2(space.size) - 7;
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
    /* With regions the class follows from the address alone; `limit` then only tells ours from
     * foreign, and hak_span_find looks further. */
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

static void note_purge(uint32_t page, size_t npages)
{
    hak_mapping_reset(page, npages);
    purged_bytes += npages << HAK_PAGE_SHIFT;
    purges++;
}

enum {
    MOST_HOLES = 8192, /* each makes one mapping two; the usual limit is 65530 mappings */
    LONG_RUN = 16,     /* pages that are worth unmapping also where that makes other threads wait */
    MOST_WAITS = 16,   /* for purges that are under way while memory is short */
    WAIT_MS = 100,
    READABLE = HAK_LOOKUP_HEADER ? (16 << 20) >> HAK_PAGE_SHIFT : 0, /* pages: see stays */
};

static int renew(uint32_t page, size_t npages)
{
    return hak_os_renew(hak_span_start(hak_span_at(page)), npages << HAK_PAGE_SHIFT);
}

/* Whether pages that go back to the system stay mapped.  With the header lookup free reads the byte
 * before any pointer into the heap: for the sake of a message for an invalid one, some stay. */
static bool stays(size_t npages, bool has_threads)
{
    return (has_threads && npages < LONG_RUN) || hak_ranges_holes() >= MOST_HOLES ||
           (HAK_LOOKUP_HEADER && hak_ranges_clean() + npages <= READABLE);
}

/* Gives the memory of pages that the caller owns back to the system.  Returns the state that they
 * are in now, DIRTY if the system refused.  The lock may be held or not. */
static unsigned give_to_system(uint32_t page, size_t npages)
{
    bool has_threads = hak_load_relaxed(&hak_process->has_threads);
    if (stays(npages, has_threads) &&
        (has_threads ? hak_mapping_purge(page, npages) : renew(page, npages)) == 0)
        return HAK_SPAN_CLEAN;
    return hak_range_leave(page, npages) ? HAK_SPAN_AWAY : HAK_SPAN_DIRTY;
}

static __thread bool purging; /* the thread is */

bool hak_heap_is_purging(void)
{
    return purging;
}

/* Purges that run without the lock are counted in hak_process: meanwhile their pages are neither
 * free nor in use.  Threads that are short of memory sleep on `landed`, which counts those that
 * have ended; `waiting` counts these threads. */
static void begin_purge(void)
{
    purging = true;
    hak_add_relaxed(&hak_process->under_way, 1);
}

/* With the lock, once the pages are free again.  In a child that a signal handler made meanwhile
 * nothing is under way. */
static void end_purge(void)
{
    purging = false;
    if (hak_load_relaxed(&hak_process->under_way) > 0)
        hak_add_relaxed(&hak_process->under_way, -1u);
    hak_add_relaxed(&hak_process->landed, 1);
    if (hak_process->waiting > 0)
        hak_os_wake(&hak_process->landed, INT32_MAX);
}

/* Lets as many come to an end as are under way now; false: there are none.  The lock is not held
 * meanwhile.  Locks before it may be: a purge under way takes none of them.  A thread that is
 * inside of fork cannot wait: it keeps the lock.  In a child that a signal handler made meanwhile
 * nobody wakes it. */
static bool await_purges(void)
{
    uint32_t before = hak_load_relaxed(&hak_process->landed);
    uint32_t until = before + hak_load_relaxed(&hak_process->under_way);
    if (until == before || hak_lock_reentrant)
        return false;
    hak_process->waiting++;
    hak_lock_release(&hak_heap_lock);
    for (uint32_t now = before;
         (int32_t)(until - now) > 0 && hak_load_relaxed(&hak_process->under_way) > 0;
         now = hak_load_relaxed(&hak_process->landed))
        hak_os_wait(&hak_process->landed, now, WAIT_MS);
    hak_lock_acquire(&hak_heap_lock);
    if (hak_process->waiting > 0)
        hak_process->waiting--;
    return true;
}

void hak_heap_abandon(void)
{
    hak_ranges_abandon();
    hak_bits_abandon();
}

static size_t leave_all_locked(void);

/* From the free pages of the range, in the order in which they are cheapest; NULL: none fit. */
static struct hak_span *take(struct hak_range *range, size_t npages, size_t align_pages)
{
    struct hak_span *span = hak_range_take(range, HAK_SPAN_DIRTY, npages, align_pages);
    if (!span)
        span = hak_range_take(range, HAK_SPAN_CLEAN, npages, align_pages);
    if (!span)
        span = hak_range_take(range, HAK_SPAN_AWAY, npages, align_pages);
    return span ? span : hak_range_take_frontier(range, npages, align_pages);
}

struct hak_span *hak_heap_alloc(size_t npages, size_t align, unsigned cls)
{
    struct hak_range *range = &hak_ranges[HAK_LOOKUP_REGION ? cls : 0];
    size_t align_pages = align >> HAK_PAGE_SHIFT;
    if (npages > range->end - range->first || align_pages > range->end - range->first)
        return NULL;
    hak_lock_acquire(&hak_heap_lock);
    struct hak_span *span = take(range, npages, align_pages);
    for (int i = 0; !span && i < MOST_WAITS && await_purges(); i++)
        span = take(range, npages, align_pages);
    /* Free neighbours merge once all are away, and what a limit of the process's address space
     * allows is there for the frontier. */
    if (!span && leave_all_locked() > 0)
        span = take(range, npages, align_pages);
    if (span)
        hak_range_hand_out(span, cls);
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
    struct hak_span *span = hak_range_take(range, HAK_SPAN_DIRTY, npages, 1);
    if (span)
        hak_range_hand_out(span, 0);
    hak_lock_release(&hak_heap_lock);
    return span;
}

/* Pages that cannot be accessed: the state in which they can be used, BUSY if the system refused.
 */
static unsigned open_again(uint32_t page, size_t npages)
{
    if (hak_range_leave(page, npages))
        return HAK_SPAN_AWAY;
    return renew(page, npages) == 0 ? HAK_SPAN_CLEAN : HAK_SPAN_BUSY;
}

/* What is to be done with the memory of freed pages: it stays, it goes back to the system, it is
 * zero already, it cannot be accessed and has to be unmapped. */
enum memory { KEEP, PURGE, ZERO, CLOSED };

/* Frees npages from `page` on, that the caller owns; false: they are dirty now. */
static bool free_pages(uint32_t page, size_t npages, enum memory memory)
{
    unsigned state = memory == ZERO ? HAK_SPAN_CLEAN : HAK_SPAN_DIRTY;
    if (memory == PURGE || memory == CLOSED) {
        begin_purge();
        state = memory == PURGE ? give_to_system(page, npages) : open_again(page, npages);
    }
    uint64_t now = state == HAK_SPAN_DIRTY ? hak_os_now_ms() : 0;
    hak_lock_acquire(&hak_heap_lock);
    hak_ranges_use(-npages);
    if (memory != KEEP && memory != ZERO && state != HAK_SPAN_DIRTY)
        note_purge(page, npages);
    hak_span_set(page, npages, HAK_SPAN_BUSY);
    if (state != HAK_SPAN_BUSY)
        hak_range_add(hak_range_of(page), page, npages, state, now);
    if (memory == PURGE || memory == CLOSED)
        end_purge();
    hak_lock_release(&hak_heap_lock);
    return state != HAK_SPAN_DIRTY;
}

static const enum memory after_free = HAK_PURGE_DECAY_MS == 0 ? PURGE : KEEP;

void hak_heap_free(struct hak_span *span)
{
    if (span->cls)
        hak_range_set_class(span, 0);
    free_pages(hak_span_page(span), span->npages, after_free);
}

void hak_heap_free_clean(struct hak_span *span)
{
    free_pages(hak_span_page(span), span->npages, ZERO);
}

void hak_heap_free_closed(struct hak_span *span)
{
    free_pages(hak_span_page(span), span->npages, CLOSED);
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
    hak_span_set(page, rest, HAK_SPAN_BUSY);
    hak_span_set(hak_span_page(span), npages, HAK_SPAN_LARGE);
    hak_lock_release(&hak_heap_lock);
    free_pages(page, rest, after_free);
}

/* ---- purge --------------------------------------------------------------------------------- */

/* Returns a run from take_oldest, in the state that give_to_system left it in; the bytes given
 * back. */
static size_t put_back(struct hak_span *run, unsigned state, uint64_t now)
{
    uint32_t page = hak_span_page(run);
    size_t bytes = state != HAK_SPAN_DIRTY ? hak_span_bytes(run) : 0;
    if (bytes > 0)
        note_purge(page, run->npages);
    hak_range_add(hak_range_of(page), page, run->npages, state, now);
    return bytes;
}

/* For want of memory or address space: the lock stays held, so that no other thread takes what
 * becomes free. */
static size_t leave_all_locked(void)
{
    size_t total = hak_ranges_leave_clean(), bytes = 1;
    struct hak_span *run;
    while (bytes > 0 && (run = hak_range_take_oldest(UINT64_MAX)) != NULL) {
        bool left = hak_range_leave(hak_span_page(run), run->npages);
        bytes = put_back(run, left ? HAK_SPAN_AWAY : HAK_SPAN_DIRTY, run->freed_ms);
        total += bytes;
    }
    return total;
}

size_t hak_heap_purge(uint64_t until_ms, size_t keep)
{
    size_t total = 0, bytes = 1;
    struct hak_span *run;
    if (!hak_heap_ready())
        return 0;
    hak_lock_acquire(&hak_heap_lock);
    while (bytes > 0 && hak_heap_dirty_bytes() > keep &&
           (run = hak_range_take_oldest(until_ms)) != NULL) {
        /* The run is BUSY: nobody else touches it while the lock is not held. */
        begin_purge();
        hak_lock_release(&hak_heap_lock);
        unsigned state = give_to_system(hak_span_page(run), run->npages);
        hak_lock_acquire(&hak_heap_lock);
        bytes = put_back(run, state, until_ms + 1);
        end_purge();
        total += bytes;
    }
    hak_lock_release(&hak_heap_lock);
    return total;
}

size_t hak_heap_dirty_bytes(void)
{
    return hak_ranges_dirty() << HAK_PAGE_SHIFT;
}

size_t hak_heap_used_bytes(void)
{
    return hak_ranges_used() << HAK_PAGE_SHIFT;
}

size_t hak_heap_handed_bytes(void)
{
    return hak_ranges_handed() << HAK_PAGE_SHIFT;
}

size_t hak_heap_fresh_bytes(void)
{
    return hak_ranges_fresh() << HAK_PAGE_SHIFT;
}

void hak_heap_stats(struct hak_heap_stats *out)
{
    hak_lock_acquire(&hak_heap_lock);
    *out = (struct hak_heap_stats){
        .mapped = hak_ranges_mapped(),
        .dirty = hak_heap_dirty_bytes(),
        .clean = hak_ranges_clean() << HAK_PAGE_SHIFT,
        .purged = purged_bytes,
        .claims = hak_ranges_claims(),
        .purges = purges,
    };
    hak_lock_release(&hak_heap_lock);
}
