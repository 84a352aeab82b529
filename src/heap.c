/* heap.c: reserves the address space, hands out spans and takes them back, purges; see heap.h. */
#include "heap.h"
#include "bits.h"
#include "mapping.h"
#include "os.h"
#include "ranges.h"
#include "report.h"

#define LEAST_RESERVE ((size_t)(HAK_LOOKUP_REGION ? 16 : 4) << 20)
#define HUGE_PAGE ((size_t)2 << 20)
#define LIVE_BYTES (HAK_PAGE_SIZE / HAK_QUANTUM / 8) /* of the table of live blocks, for a page */
/* Bytes that stay unwritable on both sides of the tables. */
#define TABLE_FENCE (HAK_GUARD ? HAK_PAGE_SIZE : (size_t)0)

/* A base of 2^63 makes p less it huge for every address a program can hold, so that before
 * initialisation each pointer counts as foreign. */
struct hak_heap hak_heap HAK_CACHE_ALIGNED = {
    .lookup_base = (uintptr_t)1 << 63, .base = (uintptr_t)1 << 63, .region_shift = 47};
struct hak_lock hak_heap_lock;
static uint64_t purged_bytes, purges; /* in total */

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

/* Reserves heap and tables of the given size, or nothing. */
static bool reserve(size_t size, struct hak_heap *heap)
{
    size_t npages = size >> HAK_PAGE_SHIFT;
    size_t spans_size = npages * sizeof *heap->spans;
    size_t bits_size = npages * HAK_BITS_PER_PAGE;
    size_t map_size = HAK_LOOKUP_MAP ? hak_round_up(npages, HAK_PAGE_SIZE) : 0;
    char *base = hak_os_reserve(size, size >= 64 * HUGE_PAGE ? HUGE_PAGE : HAK_PAGE_SIZE);
    size_t live_size = HAK_GUARD ? npages * LIVE_BYTES : 0;
    size_t tables_size = spans_size + bits_size + map_size + live_size;
    char *tables = base ? hak_os_reserve_readable(tables_size + 2 * TABLE_FENCE) : NULL;
    if (!tables) {
        if (base)
            hak_os_release(base, size);
        return false;
    }
    tables += TABLE_FENCE;
    heap->base = (uintptr_t)base;
    heap->reserve = size;
    heap->spans = (struct hak_span *)tables;
    heap->bits = tables + spans_size;
    heap->map = (uint8_t *)tables + spans_size + bits_size;
    heap->live = (uint64_t *)(heap->map + map_size);
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
    hak_ranges_init(size);
    if (HAK_LOOKUP_REGION && heap.region_shift < HAK_REGION_SHIFT)
        hak_report("address space is limited: %zu MiB for each size class instead of %zu; a class "
                   "that fills its range borrows from the larger ones",
                   ((size_t)1 << heap.region_shift) >> 20, ((size_t)1 << HAK_REGION_SHIFT) >> 20);
    if (HAK_ARENA_LOG)
        hak_report("arena init: %zu MiB reserved at %p", size >> 20, (void *)heap.base);
    hak_heap.bits = heap.bits;
    hak_heap.map = heap.map;
    hak_heap.live = heap.live;
    if (HAK_GUARD || HAK_RANDOM)
        hak_heap.secret = hak_os_random() | 1;
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

/* ---- spans --------------------------------------------------------------------------------- */

static void note_purge(uint32_t page, size_t npages)
{
    hak_mapping_reset(page, npages);
    purged_bytes += npages << HAK_PAGE_SHIFT;
    purges++;
}

/* Purges that run without the lock: meanwhile their pages are neither free nor in use.  `landed`
 * counts those that have ended; who is short of memory sleeps on it and is in `waiting`, which the
 * lock guards. */
static uint32_t under_way, landed, waiting;

static void begin_purge(void)
{
    hak_add_relaxed(&under_way, 1);
}

/* With the lock, once the pages are free again. */
static void end_purge(void)
{
    hak_add_relaxed(&under_way, -1u);
    hak_add_relaxed(&landed, 1);
    if (waiting > 0)
        hak_os_wake(&landed, INT32_MAX);
}

/* Lets those that are under way now come to an end; false: there are none.  The lock is not held
 * meanwhile.  Locks before it may be: a purge under way takes none of them. */
static bool await_purges(void)
{
    uint32_t before = hak_load_relaxed(&landed), until = before + hak_load_relaxed(&under_way);
    if (until == before)
        return false;
    waiting++;
    hak_lock_release(&hak_heap_lock);
    for (uint32_t now = before; (int32_t)(until - now) > 0; now = hak_load_relaxed(&landed))
        hak_os_wait(&landed, now, 0);
    hak_lock_acquire(&hak_heap_lock);
    waiting--;
    return true;
}

void hak_heap_forked(void)
{
    hak_store_relaxed(&under_way, 0);
    waiting = 0;
}

static size_t purge_all_locked(void);

/* From the free pages of the range, in the order in which they are cheapest; NULL: none fit. */
static struct hak_span *take(struct hak_range *range, size_t npages, size_t align_pages)
{
    struct hak_span *span = hak_range_take(range, HAK_SPAN_DIRTY, npages, align_pages);
    if (!span)
        span = hak_range_take(range, HAK_SPAN_CLEAN, npages, align_pages);
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
    if (!span && await_purges())
        span = take(range, npages, align_pages);
    /* Dirty and clean neighbours merge once the dirty ones are purged. */
    if (!span && purge_all_locked() > 0)
        span = take(range, npages, align_pages);
    if (span)
        hak_range_hand_out(span, cls);
    hak_lock_release(&hak_heap_lock);
    if (span && HAK_HUGE_PAGES == HAK_HUGE_PAGES_ADVISE && span->zero && !cls &&
        hak_span_bytes(span) >= (size_t)4 << 20)
        hak_os_advise_huge(hak_span_start(span), hak_span_bytes(span), true);
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

/* What is to be done with the memory of freed pages: it stays, it goes back to the system, it is
 * zero already. */
enum memory { KEEP, PURGE, ZERO };

/* Frees npages from `page` on, that the caller owns; false: they are dirty now. */
static bool free_pages(uint32_t page, size_t npages, enum memory memory)
{
    if (memory == PURGE)
        begin_purge();
    bool purged = memory == PURGE && hak_mapping_purge(page, npages) == 0;
    bool clean = memory == ZERO || purged;
    uint64_t now = clean ? 0 : hak_os_now_ms();
    hak_lock_acquire(&hak_heap_lock);
    hak_ranges_use(-npages);
    if (purged)
        note_purge(page, npages);
    hak_range_set(page, npages, HAK_SPAN_BUSY);
    hak_range_add(hak_range_of(page), page, npages, clean ? HAK_SPAN_CLEAN : HAK_SPAN_DIRTY, now);
    if (memory == PURGE)
        end_purge();
    hak_lock_release(&hak_heap_lock);
    return clean;
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
    hak_range_set(page, rest, HAK_SPAN_BUSY);
    hak_range_set(hak_span_page(span), npages, HAK_SPAN_LARGE);
    hak_lock_release(&hak_heap_lock);
    free_pages(page, rest, after_free);
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
    hak_range_add(hak_range_of(page), page, run->npages, purged ? HAK_SPAN_CLEAN : HAK_SPAN_DIRTY,
                  now);
    return bytes;
}

/* For want of memory: the lock stays held, so that no other thread takes what becomes free. */
static size_t purge_all_locked(void)
{
    size_t total = 0, bytes = 1;
    struct hak_span *run;
    while (bytes > 0 && (run = hak_range_take_oldest(UINT64_MAX)) != NULL) {
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
    while (bytes > 0 && (run = hak_range_take_oldest(until_ms)) != NULL) {
        /* The run is BUSY: nobody else touches it while the lock is not held. */
        begin_purge();
        hak_lock_release(&hak_heap_lock);
        bool purged = purge_run(run);
        hak_lock_acquire(&hak_heap_lock);
        bytes = give_back(run, purged, until_ms + 1);
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

void hak_heap_stats(struct hak_heap_stats *out)
{
    hak_lock_acquire(&hak_heap_lock);
    hak_ranges_stats(out);
    out->reserved = hak_heap.reserve;
    out->purged = purged_bytes;
    out->purges = purges;
    hak_lock_release(&hak_heap_lock);
}
