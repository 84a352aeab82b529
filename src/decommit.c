/* decommit.c: see decommit.h.  Purges under way are counted in hak_process: threads that are short
 * of memory sleep on `landed`, which counts those that have ended; `waiting` counts these threads.
 */
#include "decommit.h"
#include "mapping.h"
#include "os.h"
#include "ranges.h"

enum {
    MOST_HOLES = 8192, /* away runs: each makes one mapping two; the usual limit is 65530 */
    LONG_RUN = 16,     /* pages that are worth unmapping also where that makes other threads wait */
    WAIT_MS = 100,
    READABLE = HAK_LOOKUP_HEADER ? (16 << 20) >> HAK_PAGE_SHIFT : 0, /* pages: see stays */
};

static __thread bool under_way; /* of this thread */

static int renew(uint32_t page, size_t npages)
{
    return hak_os_renew(hak_page_address(page), npages << HAK_PAGE_SHIFT);
}

/* Whether pages that go back to the system stay mapped.  With the header lookup free reads the byte
 * before any pointer into the heap.  Some pages stay, so that an invalid pointer there ends in a
 * message and not in a crash. */
static bool stays(size_t npages, bool has_threads)
{
    return (has_threads && npages < LONG_RUN) ||
           hak_load_relaxed(&hak_page_counts.holes) >= MOST_HOLES ||
           (HAK_LOOKUP_HEADER && hak_ranges_clean() + npages <= READABLE);
}

unsigned hak_decommit(uint32_t page, size_t npages)
{
    bool has_threads = hak_load_relaxed(&hak_process->has_threads);
    if (stays(npages, has_threads) &&
        (has_threads ? hak_mapping_purge(page, npages) : renew(page, npages)) == 0)
        return HAK_SPAN_CLEAN;
    return hak_range_leave(page, npages) ? HAK_SPAN_AWAY : HAK_SPAN_DIRTY;
}

unsigned hak_decommit_closed(uint32_t page, size_t npages)
{
    if (hak_range_leave(page, npages))
        return HAK_SPAN_AWAY;
    return renew(page, npages) == 0 ? HAK_SPAN_CLEAN : HAK_SPAN_BUSY;
}

void hak_decommit_note(uint32_t page, size_t npages)
{
    hak_mapping_reset(page, npages);
    hak_page_counts.purged += npages;
    hak_page_counts.purges++;
}

bool hak_decommit_is_under_way(void)
{
    return under_way;
}

void hak_decommit_begin(void)
{
    under_way = true;
    hak_add_relaxed(&hak_process->under_way, 1);
}

/* In a child that a signal handler made meanwhile nothing is under way. */
void hak_decommit_end(void)
{
    under_way = false;
    if (hak_load_relaxed(&hak_process->under_way) > 0)
        hak_add_relaxed(&hak_process->under_way, -1u);
    hak_add_relaxed(&hak_process->landed, 1);
    if (hak_process->waiting > 0)
        hak_os_wake(&hak_process->landed, INT32_MAX);
}

/* A thread that is inside of fork cannot wait: it keeps the lock.  In a child that a signal handler
 * made meanwhile nobody wakes it. */
bool hak_decommit_await(void)
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
