/* bigcache.c: see bigcache.h.  A kept span has the state CACHED in its first page only: its last
 * page, which the span's neighbours look at, still says LARGE. */
#include "bigcache.h"
#include "heap.h"
#include "os.h"
#include "span_list.h"

enum {
    NBINS = HAK_BIGCACHE_PAGES + 1,
    SAMPLE_FIRST = 8,    /* at first put looks at one of so many freed spans, */
    SAMPLE_LATER = 1024, /* and later on at one of so many */
    FIRST_FREES = 256,   /* freed spans after which it is later on */
    SAMPLE_PAGES = 4,    /* pages that it looks at */
    PAGE = 4096,         /* bytes of such a page: no system has shorter ones */
    LINE = 64,
    SPARSE = 64,    /* 256ths: a program that fills less of its blocks uses them in part */
    MOST_SHARE = 8, /* an eighth of what the program has in use may be resident here */
    FEW_PAGES = 8,  /* a shorter span is kept however full */
};

struct hak_lock hak_bigcache_lock;
static uint32_t bins[NBINS];  /* list of the spans of exactly so many pages */
static struct hak_queue kept; /* all of them, by age */
static struct hak_bigcache_stats stats;
static uint32_t puts;          /* accessed atomically, as is density */
static uint32_t density = 256; /* 256ths of freed spans touched, on average */

static void put_in(struct hak_span *span)
{
    hak_list_push(&bins[span->npages], span);
    hak_queue_append(&kept, span);
    hak_store_relaxed(&stats.bytes, stats.bytes + hak_span_bytes(span));
    hak_store_relaxed(&span->state, (uint8_t)HAK_SPAN_CACHED);
}

static void take_out(struct hak_span *span)
{
    hak_list_remove(&bins[span->npages], span);
    hak_queue_remove(&kept, span);
    hak_store_relaxed(&stats.bytes, stats.bytes - hak_span_bytes(span));
    hak_store_relaxed(&span->state, (uint8_t)HAK_SPAN_LARGE);
}

struct hak_span *hak_bigcache_take(size_t npages)
{
    struct hak_span *span = NULL;
    if (!HAK_BIGCACHE || npages >= NBINS)
        return NULL;
    size_t most = hak_min(npages + npages / 8, (size_t)NBINS - 1);
    hak_lock_acquire(&hak_bigcache_lock);
    for (size_t n = npages; n <= most && !span; n++) {
        if (bins[n])
            span = hak_span_at(bins[n]);
    }
    if (span) {
        take_out(span);
        stats.hits++;
    } else {
        stats.misses++;
    }
    hak_lock_release(&hak_bigcache_lock);
    if (span)
        span->zero = false;
    return span;
}

/* Takes out the oldest spans: until at most `budget` bytes are kept and none that was freed at or
 * before until_ms.  Returns the page number of the first; `next` links them. */
static uint32_t take_oldest(size_t budget, uint64_t until_ms)
{
    uint32_t list = 0;
    while (kept.oldest &&
           (stats.bytes > budget || hak_span_at(kept.oldest)->freed_ms <= until_ms)) {
        struct hak_span *span = hak_span_at(kept.oldest);
        take_out(span);
        stats.evictions++;
        span->next = list;
        list = hak_span_page(span);
    }
    return list;
}

/* Frees the spans to the heap; returns their bytes. */
static size_t free_list(uint32_t list)
{
    size_t bytes = 0;
    while (list) {
        struct hak_span *span = hak_span_at(list);
        list = span->next;
        bytes += hak_span_bytes(span);
        hak_heap_free(span);
    }
    return bytes;
}

/* Frees the spans to the heap, and their memory to the system; returns the bytes that went to the
 * system. */
static size_t purge_list(uint32_t list)
{
    size_t bytes = 0;
    while (list) {
        struct hak_span *span = hak_span_at(list);
        list = span->next;
        bytes += hak_heap_free_purged(span);
    }
    return bytes;
}

/* Whether something was written to a page.  A page full of zeros counts as untouched. */
static bool is_touched(const char *page)
{
    uint64_t bits = 0;
    for (int i = 0; i < PAGE / LINE && bits == 0; i++)
        bits = *(const uint64_t *)(page + (size_t)i * LINE);
    return bits != 0;
}

/* Now and then looks at some pages of a freed span, to learn how much of it was touched.  An
 * untouched page costs a short page fault and no memory.  Which spans and pages are looked at is
 * left to chance, since programs do things in turns. */
static void sample(const struct hak_span *span)
{
    uint32_t n = hak_add_relaxed(&puts, 1);
    if (hak_mix(n) % (n < FIRST_FREES ? SAMPLE_FIRST : SAMPLE_LATER) != 0)
        return;
    size_t pages = hak_span_bytes(span) / PAGE / SAMPLE_PAGES; /* of which one is looked at */
    uint32_t touched = 0;
    for (uint64_t i = 0; i < SAMPLE_PAGES; i++) {
        size_t page = i * pages + hak_mix((uint64_t)n << 8 | i) % pages;
        touched += is_touched(hak_span_start(span) + page * PAGE);
    }
    uint32_t old = hak_load_relaxed(&density);
    hak_store_relaxed(&density, old - old / 4 + touched * 64 / SAMPLE_PAGES);
}

static bool is_sparse(void)
{
    return hak_load_relaxed(&density) <= SPARSE;
}

size_t hak_bigcache_resident(void)
{
    return hak_bigcache_bytes() / 256 * hak_load_relaxed(&density);
}

bool hak_bigcache_is_light(void)
{
    return is_sparse() &&
           hak_bigcache_resident() * MOST_SHARE + hak_bigcache_bytes() <= hak_heap_used_bytes();
}

/* Whether the span is one to keep. */
static bool is_wanted(struct hak_span *span)
{
    if (!HAK_BIGCACHE || span->npages >= NBINS || hak_span_bytes(span) > HAK_BIGCACHE_BYTES)
        return false;
    sample(span);
    return span->npages < FEW_PAGES || is_sparse();
}

void hak_bigcache_put(struct hak_span *span)
{
    size_t bytes = hak_span_bytes(span);
    if (!is_wanted(span)) {
        hak_heap_free(span);
        return;
    }
    span->freed_ms = hak_os_now_ms();
    hak_lock_acquire(&hak_bigcache_lock);
    uint32_t evicted = take_oldest(HAK_BIGCACHE_BYTES - bytes, 0);
    put_in(span);
    hak_lock_release(&hak_bigcache_lock);
    free_list(evicted);
}

size_t hak_bigcache_evict(uint64_t until_ms)
{
    hak_lock_acquire(&hak_bigcache_lock);
    uint32_t evicted = take_oldest(SIZE_MAX, until_ms);
    hak_lock_release(&hak_bigcache_lock);
    return purge_list(evicted);
}

size_t hak_bigcache_shrink(size_t bytes)
{
    if (hak_bigcache_bytes() == 0)
        return 0;
    hak_lock_acquire(&hak_bigcache_lock);
    uint32_t evicted = take_oldest(stats.bytes - hak_min(bytes, stats.bytes), 0);
    hak_lock_release(&hak_bigcache_lock);
    return free_list(evicted);
}

size_t hak_bigcache_bytes(void)
{
    return hak_load_relaxed(&stats.bytes);
}

void hak_bigcache_abandon(void)
{
    for (unsigned i = 0; i < NBINS; i++)
        bins[i] = 0;
    kept = (struct hak_queue){0, 0};
    stats.bytes = 0;
}

void hak_bigcache_stats(struct hak_bigcache_stats *out)
{
    hak_lock_acquire(&hak_bigcache_lock);
    *out = stats;
    hak_lock_release(&hak_bigcache_lock);
}
