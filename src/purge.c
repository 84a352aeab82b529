/* purge.c: see purge.h. */
#include "purge.h"
#include "bigcache.h"
#include "central.h"
#include "excess.h"
#include "heap.h"
#include "os.h"

enum {
    FREES_PER_LOOK = 64, /* calls of hak_purge_after_free between two looks at the clock */
    LEAST_SLEEP_MS = 10,
    PERIOD_MS = HAK_PURGE_DECAY_MS / 2 > LEAST_SLEEP_MS ? HAK_PURGE_DECAY_MS / 2 : LEAST_SLEEP_MS,
};
#define LEAST_BYTES ((size_t)1 << 20) /* free and resident, below which nothing is done */

static size_t resident_free_bytes(void)
{
    return hak_heap_dirty_bytes() + hak_bigcache_bytes();
}

/* Gives back everything that is older than the decay. */
static void pass(void)
{
    uint64_t now = hak_os_now_ms();
    uint64_t until = now > HAK_PURGE_DECAY_MS ? now - HAK_PURGE_DECAY_MS : 0;
    hak_bigcache_evict(until);
    hak_central_trim(false);
    hak_heap_purge(until, 0);
}

/* ---- by a thread --------------------------------------------------------------------------- */

/* hak_process->purge_thread, which the thread sleeps on.  A child of fork reads ABSENT. */
enum thread_state { ABSENT = 0, STARTING, RUNNING, ASLEEP, ENDING, REFUSED };

static bool become(enum thread_state from, enum thread_state to)
{
    return hak_cas_acquire(&hak_process->purge_thread, from, to);
}

static bool is_in(enum thread_state state)
{
    return hak_load_relaxed(&hak_process->purge_thread) == state;
}

static bool is_idle(void)
{
    return resident_free_bytes() < LEAST_BYTES;
}

/* Whether the program has one thread again; then forgets that there were more. */
static bool is_alone(void)
{
    if (hak_load_relaxed(&hak_process->nthreads) > 1)
        return false;
    hak_store_relaxed(&hak_process->has_threads, 0u);
    hak_fence(); /* pairs with the one in threads.c */
    if (hak_load_relaxed(&hak_process->nthreads) <= 1)
        return true;
    hak_store_relaxed(&hak_process->has_threads, 1u);
    return false;
}

static void *thread_main(void *unused)
{
    if (!become(STARTING, RUNNING))
        hak_store_relaxed(&hak_process->purge_thread, ENDING);
    while (!is_in(ENDING)) {
        hak_os_wait(&hak_process->purge_thread, RUNNING, PERIOD_MS);
        pass();
        if (!is_idle())
            continue;
        if (is_alone())
            break;
        if (!become(RUNNING, ASLEEP))
            continue;
        hak_fence(); /* pairs with those in hak_purge_after_free and threads.c: one side sees the
                        other */
        if ((!is_idle() || hak_load_relaxed(&hak_process->nthreads) <= 1) &&
            become(ASLEEP, RUNNING))
            continue;
        while (is_in(ASLEEP))
            hak_os_wait(&hak_process->purge_thread, ASLEEP, 0);
    }
    hak_store_relaxed(&hak_process->purge_thread, ABSENT);
    return unused;
}

/* Creating a thread allocates; these allocations find the state STARTING.  No thread is created
 * while a fork holds the locks: that would run code of others.  A refusal is final, so that no
 * other thread of the program pays for an attempt. */
void hak_purge_start_thread(void)
{
    if (hak_lock_reentrant || !become(ABSENT, STARTING))
        return;
    if (hak_os_start_thread(thread_main, "hakmem-purge") != 0)
        hak_store_relaxed(&hak_process->purge_thread, REFUSED);
}

/* Ends the purge thread.  A process whose main thread has ended lives on until its last thread
 * ends, and the purge thread must not be that last one. */
static void end_thread(void)
{
    for (;;) { /* tries again if the state changes meanwhile */
        uint32_t state = hak_load_relaxed(&hak_process->purge_thread);
        if (state != STARTING && state != RUNNING && state != ASLEEP)
            return;
        if (become(state, ENDING))
            break;
    }
    hak_os_wake(&hak_process->purge_thread, 1);
}

void hak_purge_after_thread(void)
{
    uint32_t left = hak_load_relaxed(&hak_process->nthreads);
    if (left == 0)
        end_thread();
    else if (left == 1 && become(ASLEEP, RUNNING))
        hak_os_wake(&hak_process->purge_thread, 1);
}

/* ---- by the threads that free memory ------------------------------------------------------- */

/* Accessed atomically; threads that race may do too much or too little once. */
static uint32_t frees;
static uint64_t next_look_ms;

static void pass_by_the_clock(void)
{
    if (HAK_PURGE_DECAY_MS > 0 && hak_add_relaxed(&frees, 1) % FREES_PER_LOOK != 0)
        return;
    uint64_t now = hak_os_now_ms();
    if (now < hak_load_relaxed(&next_look_ms))
        return;
    hak_store_relaxed(&next_look_ms, now + PERIOD_MS);
    pass();
}

void hak_purge_after_free(void)
{
    hak_excess_after_free();
    if (HAK_PURGE_THREAD && hak_load_relaxed(&hak_process->has_threads)) {
        hak_fence();
        if (is_in(RUNNING))
            return;
        if (is_in(ASLEEP)) {
            if (!is_idle() && become(ASLEEP, RUNNING))
                hak_os_wake(&hak_process->purge_thread, 1);
            return;
        }
    }
    pass_by_the_clock();
}

/* ---- all of it ----------------------------------------------------------------------------- */

size_t hak_purge_all(void)
{
    size_t bytes = hak_bigcache_evict(UINT64_MAX);
    hak_central_trim(true);
    return bytes + hak_heap_purge(UINT64_MAX, 0);
}

bool hak_purge_reclaim(void)
{
    hak_excess_forget();
    return hak_bigcache_shrink(SIZE_MAX) + hak_central_trim(true) > 0;
}
