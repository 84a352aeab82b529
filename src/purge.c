/* purge.c: see purge.h. */
#include "purge.h"
#include "atomic.h"
#include "bigcache.h"
#include "central.h"
#include "heap.h"
#include "os.h"

enum {
    FREES_PER_LOOK = 64, /* calls of hak_purge_after_free between two looks at the clock */
    LEAST_SLEEP_MS = 10,
};
#define LEAST_BYTES ((size_t)1 << 20) /* free and resident, below which nothing is done */

enum thread_state { ABSENT = 0, STARTING, RUNNING, ASLEEP, REFUSED };

static uint32_t thread_state; /* enum thread_state; the word that the thread sleeps on */
static uint32_t frees;
static uint64_t next_look_ms;

static size_t resident_free_bytes(void)
{
    return hak_heap_dirty_bytes() + hak_bigcache_bytes();
}

/* One pass over everything that is older than the decay. */
static void pass(void)
{
    uint64_t now = hak_os_now_ms();
    uint64_t until = now > HAK_PURGE_DECAY_MS ? now - HAK_PURGE_DECAY_MS : 0;
    hak_bigcache_evict(until);
    hak_central_trim(false);
    hak_heap_purge(until);
}

static void *thread_main(void *unused)
{
    hak_store_relaxed(&thread_state, RUNNING);
    for (;;) {
        hak_os_sleep_ms(hak_max(HAK_PURGE_DECAY_MS / 2, LEAST_SLEEP_MS));
        pass();
        if (resident_free_bytes() >= LEAST_BYTES)
            continue;
        hak_store_relaxed(&thread_state, ASLEEP);
        hak_fence(); /* against the one in hak_purge_after_free: one of the two sees the other */
        if (resident_free_bytes() >= LEAST_BYTES && hak_cas_acquire(&thread_state, ASLEEP, RUNNING))
            continue;
        while (hak_load_relaxed(&thread_state) == ASLEEP)
            hak_os_wait(&thread_state, ASLEEP, 0);
    }
    return unused;
}

void hak_purge_after_alloc(void)
{
    if (!HAK_PURGE_THREAD || hak_load_relaxed(&thread_state) != ABSENT ||
        hak_heap_used_bytes() < HAK_PURGE_THREAD_HEAP)
        return;
    /* Creating a thread allocates; those calls find STARTING here.  A refusal is final, so that
     * no further allocation pays for the attempt. */
    if (hak_cas_acquire(&thread_state, ABSENT, STARTING) && hak_os_start_thread(thread_main) != 0)
        hak_store_relaxed(&thread_state, REFUSED);
}

static void pass_by_the_clock(void)
{
    if (HAK_PURGE_DECAY_MS > 0 && hak_add_relaxed(&frees, 1) % FREES_PER_LOOK != 0)
        return;
    uint64_t now = hak_os_now_ms();
    if (now < hak_load_relaxed(&next_look_ms))
        return;
    hak_store_relaxed(&next_look_ms, now + hak_max(HAK_PURGE_DECAY_MS / 2, LEAST_SLEEP_MS));
    pass();
}

void hak_purge_after_free(void)
{
    hak_fence();
    uint32_t state = hak_load_relaxed(&thread_state);
    if (!HAK_PURGE_THREAD || state == ABSENT || state == REFUSED) {
        pass_by_the_clock();
    } else if (state == ASLEEP && resident_free_bytes() >= LEAST_BYTES &&
               hak_cas_acquire(&thread_state, ASLEEP, RUNNING)) {
        hak_os_wake(&thread_state, 1);
    }
}

size_t hak_purge_all(void)
{
    size_t bytes = hak_bigcache_evict(UINT64_MAX);
    hak_central_trim(true);
    return bytes + hak_heap_purge(UINT64_MAX);
}

bool hak_purge_reclaim(void)
{
    return hak_bigcache_shrink(SIZE_MAX) + hak_central_trim(true) > 0;
}

void hak_purge_forked(void)
{
    hak_store_relaxed(&thread_state, ABSENT);
}
