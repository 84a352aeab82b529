/* excess.c: see excess.h.  All variables are accessed atomically; threads that race may do too much
 * or too little once. */
#include "excess.h"
#include "bigcache.h"
#include "heap.h"
#include "os.h"

enum {
    FEW_ALLOCATIONS = 16, /* bytes freed for each allocated make a run of frees */
    /* A time without excess, after which the allowance is the least. */
    CALM_MS = hak_max(8 * HAK_PURGE_DECAY_MS, 160),
};
#define LEAST_ALLOWANCE ((size_t)16 << 20)
#define MOST_ALLOWANCE ((size_t)1 << 30)
/* The most in a program with one thread, which keeps this much if it goes idle; less with a short
 * decay. */
#define MOST_ALONE hak_min(LEAST_ALLOWANCE + ((size_t)HAK_PURGE_DECAY_MS << 17), (size_t)64 << 20)

static size_t allowance = LEAST_ALLOWANCE;
/* The last time that excess was given back: when, how much, and hak_heap_fresh_bytes then. */
static uint64_t excess_ms;
static size_t excess_bytes, excess_fresh;

/* Bytes of heap pages that the program has. */
static size_t in_use(void)
{
    size_t used = hak_heap_used_bytes(), kept = hak_bigcache_bytes();
    return used > kept ? used - kept : 0;
}

/* Bytes that may be free. */
static size_t allowed(void)
{
    return hak_load_relaxed(&allowance) + in_use();
}

/* If half of what was given back was wanted again, the program goes on, and may keep more. */
static void adjust_allowance(uint64_t now)
{
    uint64_t since = now - hak_load_relaxed(&excess_ms);
    size_t wanted = hak_heap_fresh_bytes() - hak_load_relaxed(&excess_fresh);
    size_t given = hak_load_relaxed(&excess_bytes);
    size_t may = hak_load_relaxed(&allowance);
    if (since > CALM_MS)
        may = LEAST_ALLOWANCE;
    else if (given > 0 && wanted >= given / 2)
        may = may * 4;
    may = hak_min(may, hak_load_relaxed(&hak_process->has_threads) ? MOST_ALLOWANCE : MOST_ALONE);
    hak_store_relaxed(&allowance, may);
}

/* Bytes of heap pages that were freed while few were allocated.  A program that allocates as much
 * as it frees will want again what it frees. */
static size_t run_of_frees(void)
{
    static size_t run, last_handed, last_freed;
    size_t handed = hak_heap_handed_bytes(), freed = handed - in_use();
    size_t allocated = handed - hak_load_relaxed(&last_handed);
    ptrdiff_t more = (ptrdiff_t)(freed - hak_load_relaxed(&last_freed));
    if (more < 0) /* the bigcache hands out spans that count as freed */
        allocated += (size_t)-more;
    ptrdiff_t now =
        (ptrdiff_t)hak_load_relaxed(&run) + more - FEW_ALLOCATIONS * (ptrdiff_t)allocated;
    hak_store_relaxed(&run, (size_t)hak_max(now, (ptrdiff_t)0));
    hak_store_relaxed(&last_handed, handed);
    hak_store_relaxed(&last_freed, freed);
    return (size_t)hak_max(now, (ptrdiff_t)0);
}

static HAK_COLD void give_back(void)
{
    uint64_t now = hak_os_now_ms();
    adjust_allowance(now);
    size_t keep = allowed() / 4 * 3;
    if (hak_bigcache_resident() > keep / 2)
        hak_bigcache_shrink(SIZE_MAX);
    size_t bytes = hak_heap_purge(UINT64_MAX, keep - hak_bigcache_resident());
    hak_store_relaxed(&excess_ms, now);
    hak_store_relaxed(&excess_bytes, bytes);
    hak_store_relaxed(&excess_fresh, hak_heap_fresh_bytes());
}

void hak_excess_after_free(void)
{
    if (hak_unlikely(run_of_frees() > LEAST_ALLOWANCE &&
                     hak_heap_dirty_bytes() + hak_bigcache_resident() > allowed()))
        give_back();
}

void hak_excess_forget(void)
{
    hak_store_relaxed(&allowance, LEAST_ALLOWANCE);
    hak_store_relaxed(&excess_bytes, (size_t)0);
}
