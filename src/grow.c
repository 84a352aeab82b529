/* grow.c: see grow.h. */
#include "grow.h"
#include "heap.h"
#include "mapping.h"
#include "os.h"
#include "pages.h"

enum { LEAST_FEED = 16 }; /* pages worth two calls to the system */

struct hak_span *hak_grow_alloc(size_t npages)
{
    struct hak_range *range = &hak_ranges[0];
    struct hak_span *span = NULL;
    if (npages > range->end - range->first)
        return NULL;
    hak_lock_acquire(&hak_heap_lock);
    struct hak_span *dirty = hak_runs_longest(&range->dirty);
    struct hak_span *clean = hak_runs_longest(&range->clean);
    struct hak_span *away = hak_runs_longest(&range->away);
    if (dirty && dirty->npages >= npages + npages / 2)
        span = hak_pages_cut(range, dirty, npages, 0);
    else if (clean && clean->npages >= npages * 4)
        span = hak_pages_cut(range, clean, npages, 0);
    else if (away && away->npages >= npages * 4)
        span = hak_pages_cut(range, away, npages, 0);
    else
        span = hak_pages_take_frontier(range, npages, 1);
    if (span)
        hak_pages_hand_out(span, 0);
    hak_lock_release(&hak_heap_lock);
    return span ? span : hak_heap_alloc(npages, HAK_PAGE_SIZE, 0);
}

/* Whether npages from `page` on are free or lie behind the frontier.  Pages before the range's
 * first one were given up, whatever their descriptors say. */
static bool all_free(const struct hak_range *range, uint32_t page, size_t npages)
{
    uint32_t end = page + (uint32_t)npages;
    if (page < range->first || npages > range->end || page > range->end - npages)
        return false;
    while (page < end && page < range->frontier) {
        const struct hak_span *run = hak_span_at(page);
        unsigned state = hak_load_relaxed(&run->state);
        if (state != HAK_SPAN_CLEAN && state != HAK_SPAN_DIRTY && state != HAK_SPAN_AWAY)
            return false;
        page += run->npages;
    }
    return true;
}

/* Takes npages from `page` on, which are all_free; returns how many: fewer if mapping is refused.
 */
static size_t take_at(struct hak_range *range, uint32_t page, size_t npages)
{
    size_t taken = 0;
    while (taken < npages) {
        uint32_t at = page + (uint32_t)taken;
        if (at == range->frontier)
            return hak_pages_take_frontier_at(range, npages - taken) ? npages : taken;
        struct hak_span *run = hak_span_at(at);
        size_t n = hak_min(npages - taken, (size_t)run->npages);
        if (!hak_pages_cut(range, run, n, 0))
            return taken;
        taken += n;
    }
    return taken;
}

bool hak_grow_extend(struct hak_span *span, size_t npages)
{
    struct hak_range *range = &hak_ranges[0];
    uint32_t end = hak_span_page(span) + span->npages;
    size_t more = npages - span->npages;
    size_t taken = 0;
    hak_lock_acquire(&hak_heap_lock);
    if (all_free(range, end, more))
        taken = take_at(range, end, more);
    if (taken == more) {
        hak_pages_use(more);
        /* This page is no longer the span's last: no neighbour may find a state here. */
        hak_store_relaxed(&hak_span_at(end - 1)->state, (uint8_t)HAK_SPAN_BUSY);
        hak_span_set(hak_span_page(span), npages, HAK_SPAN_LARGE);
    } else if (taken > 0) {
        hak_span_set(end, taken, HAK_SPAN_BUSY);
        hak_pages_add(range, end, taken, HAK_SPAN_DIRTY, hak_os_now_ms());
    }
    hak_lock_release(&hak_heap_lock);
    return taken == more;
}

/* Frees a BUSY span: its first n pages get the state `first`, the others `rest`.  BUSY pages stay
 * out of use for good. */
static void free_parts(struct hak_range *range, const struct hak_span *span, size_t n,
                       unsigned first, unsigned rest)
{
    uint32_t page = hak_span_page(span), second = page + (uint32_t)n;
    size_t more = span->npages - n;
    uint64_t now = hak_os_now_ms();
    if (n > 0)
        hak_span_set(page, n, HAK_SPAN_BUSY);
    if (more > 0)
        hak_span_set(second, more, HAK_SPAN_BUSY);
    if (n > 0)
        hak_pages_add(range, page, n, first, now);
    if (more > 0 && rest != HAK_SPAN_BUSY)
        hak_pages_add(range, second, more, rest, now);
}

/* Takes up to npages from `page` on that are clean or away; NULL: there are fewer than LEAST_FEED.
 */
static struct hak_span *take_clean_at(struct hak_range *range, uint32_t page, size_t npages)
{
    if (page == range->frontier)
        return hak_pages_take_frontier_at(range, npages);
    if (page < range->first)
        return NULL;
    struct hak_span *run = hak_span_at(page);
    unsigned state = hak_load_relaxed(&run->state);
    if ((state != HAK_SPAN_CLEAN && state != HAK_SPAN_AWAY) || run->npages < LEAST_FEED)
        return NULL;
    return hak_pages_cut(range, run, hak_min(npages, (size_t)run->npages), 0);
}

/* Takes up to npages out of the longest dirty run; NULL: that is shorter than LEAST_FEED. */
static struct hak_span *take_dirty(struct hak_range *range, size_t npages)
{
    struct hak_span *run = hak_runs_longest(&range->dirty);
    if (!run || run->npages < LEAST_FEED)
        return NULL;
    return hak_pages_cut(range, run, hak_min(npages, (size_t)run->npages), 0);
}

/* Moves dirty pages from anywhere to the clean ones from `to` on, which the caller owns.  Returns
 * how many of these are dirty now, from the first on; *lost is as hak_mapping_move says. */
static size_t move_dirty(struct hak_range *range, uint32_t to, size_t npages, bool *lost)
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

void hak_grow_feed(struct hak_span *span, size_t npages)
{
    struct hak_range *range = &hak_ranges[0];
    uint32_t end = hak_span_page(span) + span->npages;
    size_t want = npages - span->npages, have = 0;
    struct hak_span *to = NULL;
    bool lost;
    hak_lock_acquire(&hak_heap_lock);
    if (end >= range->first && end < range->frontier &&
        hak_load_relaxed(&hak_span_at(end)->state) == HAK_SPAN_DIRTY)
        have = hak_span_at(end)->npages;
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

size_t hak_grow_fill(struct hak_span *span, size_t first, bool *lost)
{
    uint32_t page = hak_span_page(span) + (uint32_t)first;
    return move_dirty(&hak_ranges[0], page, span->npages - first, lost);
}
