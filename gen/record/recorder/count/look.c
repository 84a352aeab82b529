/* look.c: see look.h. */
#include <string.h>
#include <time.h>

#include "count/aligned.h"
#include "lock.h"
#include "count/look.h"
#include "files/trace.h"

#define NS_PER_MS UINT64_C(1000000)

enum {
    FIRST_MOMENT_NS = 4000000,
    TRACE_TIME_NS = 1000000,
    LEAST_STEP = 64 << 10,
    LOOK_NS = 100000, /* between two looks at what threads share: they wait for its cache lines */
    LOOK_MOST = 64,   /* allocations of a thread between two looks at the time */
};

struct look_inherited look_inherited;
bool look_keeping;

static uint64_t started_ns;
static uint64_t next_moment_ns, next_trace_ns;

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 * NS_PER_MS + (uint64_t)now.tv_nsec;
}

void look_begin(struct record_file *file)
{
    started_ns = file->header.started_ns = clock_ns();
    file->header.moment_ns = FIRST_MOMENT_NS;
    next_moment_ns = next_trace_ns = 0;
}

/* ---- what all shards have in use ------------------------------------------------------------- */

/* Calls `act` for each bin with blocks in use; more may be freed than was seen to be allocated. */
static void for_each_live(const struct record_file *file,
                          void (*act)(void *to, unsigned bin, struct record_tally), void *to)
{
    unsigned n = shards_used(file);
    for (unsigned word = 0; word < RECORD_BITMAP; word++) {
        uint64_t used = look_inherited.used[word];
        for (unsigned s = 0; s < n; s++)
            used |= file->shards[s].used[word];
        for (; used; used &= used - 1) {
            unsigned i = 64 * word + (unsigned)__builtin_ctzl(used);
            struct record_tally sum = look_inherited.tallies[i];
            for (unsigned s = 0; s < n; s++) {
                const struct record_bin *bin = &file->shards[s].bins[i];
                sum.blocks += bin->allocs - bin->frees;
                sum.bytes += bin->bytes - bin->freed_bytes;
                sum.full += bin->full - bin->freed_full;
            }
            if ((int64_t)sum.blocks < 0 || (int64_t)sum.bytes < 0 || (int64_t)sum.full < 0)
                sum = (struct record_tally){0};
            act(to, i, sum);
        }
    }
}

static void copy_tally(void *to, unsigned bin, struct record_tally live)
{
    ((struct record_tally *)to)[bin] = live;
}

static void add_bytes(void *to, unsigned bin, struct record_tally live)
{
    (void)bin;
    *(uint64_t *)to += live.bytes;
}

void look_copy(const struct record_file *file, struct record_tally *to)
{
    for_each_live(file, copy_tally, to);
}

static void add_moment(struct record_file *file, uint64_t now)
{
    struct record_header *header = &file->header;
    if (header->moments == RECORD_MOMENTS) {
        for (unsigned i = 0; i < RECORD_MOMENTS / 2; i++)
            file->moments[i] = file->moments[2 * i];
        header->moments = RECORD_MOMENTS / 2;
        header->moment_ns *= 2;
    }
    struct record_moment *moment = &file->moments[header->moments];
    *moment = (struct record_moment){.ns = now};
    for_each_live(file, add_bytes, &moment->bytes);
    header->moments++;
    next_moment_ns = now + header->moment_ns;
}

/* ---- peaks ----------------------------------------------------------------------------------- */

static int64_t in_use_by_others(const struct record_file *file, const struct record_shard *shard)
{
    int64_t sum = (int64_t)look_inherited.bytes;
    for (unsigned s = 0; s < shards_used(file); s++) {
        if (&file->shards[s] != shard)
            sum += __atomic_load_n(&file->shards[s].live, __ATOMIC_RELAXED);
    }
    return sum;
}

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* How far a thread may go without a look at the others, in bytes. */
static int64_t step_of(const struct record_header *header, int64_t peak)
{
    int64_t threads = (int64_t)__atomic_load_n(&header->threads, __ATOMIC_RELAXED);
    if (threads <= 1)
        return INT64_MAX / 4;
    return most((peak >> 7) / threads, LEAST_STEP);
}

/* What the thread has to know to see a rise above the peak, or a fall below one not yet kept. */
static void set_bounds(struct record_shard *shard, int64_t peak, int64_t step)
{
    const struct record_header *header = &record_self->file->header;
    int64_t kept = (int64_t)__atomic_load_n(&header->kept_peak, __ATOMIC_RELAXED);
    int64_t rise = peak - shard->others, fall = rise - (peak >> RECORD_NEAR_LOG);
    shard->upper = rise < shard->live + step ? rise : shard->live + step;
    shard->lower = shard->live - step;
    if (peak > kept + (kept >> RECORD_NEAR_LOG))
        shard->lower = most(shard->lower, fall);
}

/* Takes into account what the other threads did. */
void look_at_others(struct record_shard *shard)
{
    struct record_header *header = &record_self->file->header;
    int64_t others = in_use_by_others(record_self->file, shard);
    int64_t now = shard->live + others;
    if (others == shard->others)
        now = most(now, shard->high + others);
    if (now > 0)
        raise_to(&header->peak, (uint64_t)now);
    int64_t peak = (int64_t)__atomic_load_n(&header->peak, __ATOMIC_RELAXED);
    shard->others = others;
    shard->high = shard->live;
    set_bounds(shard, peak, step_of(header, peak));
}

void look_rising(struct record_shard *shard)
{
    const struct record_header *header = &record_self->file->header;
    if (__atomic_load_n(&header->threads, __ATOMIC_RELAXED) > 1) {
        look_at_others(shard);
        return;
    }
    shard->high = shard->live;
    set_bounds(shard, shard->high + shard->others, INT64_MAX / 4);
}

void look_falling(struct record_shard *shard, size_t size)
{
    struct record_file *file = record_self->file;
    look_at_others(shard);
    int64_t peak = (int64_t)__atomic_load_n(&file->header.peak, __ATOMIC_RELAXED);
    int64_t kept = (int64_t)__atomic_load_n(&file->header.kept_peak, __ATOMIC_RELAXED);
    bool falls = shard->live + shard->others - (int64_t)size < peak - (peak >> RECORD_NEAR_LOG);
    if (!falls || peak <= kept + (kept >> RECORD_NEAR_LOG) || !try_lock(&look_keeping))
        return;
    uint64_t slot = file->header.kept == TALLY_KEPT_A ? TALLY_KEPT_B : TALLY_KEPT_A;
    look_copy(file, file->tallies[slot]);
    aligned_keep(file, (unsigned)slot);
    __atomic_store_n(&file->header.kept, slot, __ATOMIC_RELEASE);
    __atomic_store_n(&file->header.kept_peak, (uint64_t)peak, __ATOMIC_RELAXED);
    unlock(&look_keeping);
    look_at_others(shard);
}

/* ---- time ------------------------------------------------------------------------------------ */

/* Notes the time since the start; whether nobody noted any for a millisecond or more. */
static bool note_time(struct record_header *header, uint64_t now)
{
    uint64_t last = __atomic_exchange_n(&header->last_ns, now, __ATOMIC_RELAXED);
    return now > last && now - last >= NS_PER_MS;
}

/* Looks become rare when calls are frequent, and follow each other after a pause, so that a rare
 * call is noted at its time. */
void look_up(struct record_shard *shard)
{
    struct record_file *file = record_self->file;
    uint64_t now = clock_ns() - started_ns;
    bool soon = now - record_thread.looked_ns < LOOK_NS;
    if (!soon && note_time(&file->header, now))
        shard->interval = 1;
    else if (shard->interval < LOOK_MOST)
        shard->interval *= 2;
    shard->look_at = shard->clock + shard->interval;
    if (soon)
        return;
    record_thread.looked_ns = now;
    look_at_others(shard);
    if (now >= next_moment_ns && try_lock(&look_keeping)) {
        add_moment(file, now);
        unlock(&look_keeping);
    }
    if (shard->traced && now >= next_trace_ns) {
        next_trace_ns = now + TRACE_TIME_NS;
        trace_time(shard, now);
    }
}

void look_last(void)
{
    struct record_file *file = record_self->file;
    uint64_t now = clock_ns() - started_ns;
    note_time(&file->header, now);
    file->header.complete = 1;
    if (try_lock(&look_keeping)) {
        add_moment(file, now);
        unlock(&look_keeping);
    }
}
