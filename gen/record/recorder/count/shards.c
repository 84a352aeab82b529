/* shards.c: see shards.h. */
#include <pthread.h>

#include "count/block.h"
#include "lock.h"
#include "count/look.h"
#include "count/shards.h"
#include "files/trace.h"

static pthread_key_t key;
static bool sharing;   /* the lock of shard 0 */
static uint64_t taken; /* a bit for each */

static void free_shard(void *unused)
{
    (void)unused;
    struct record_shard *shard = record_thread.shard;
    record_thread.shares = true; /* for what later destructors do */
    record_thread.shard = NULL;
    if (!record_self->file || !record_thread.number)
        return;
    __atomic_fetch_sub(&record_self->file->header.threads, 1, __ATOMIC_RELAXED);
    if (shard)
        __atomic_fetch_and(&taken, ~((uint64_t)1 << shard->number), __ATOMIC_RELEASE);
}

/* The lowest one that is free; NULL: there is none. */
static struct record_shard *take_free_shard(struct record_file *file)
{
    uint64_t seen = __atomic_load_n(&taken, __ATOMIC_RELAXED);
    while (~seen) {
        unsigned i = (unsigned)__builtin_ctzl(~seen);
        if (__atomic_compare_exchange_n(&taken, &seen, seen | (uint64_t)1 << i, true,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            raise_to(&file->header.shards_used, i + 1);
            file->shards[i].number = i;
            file->shards[i].stamp = stamp_of(i, HEADER_SHIFT);
            return &file->shards[i];
        }
    }
    return NULL;
}

/* The first call of a thread. */
static void begin_thread(struct record_file *file)
{
    struct record_header *header = &file->header;
    record_thread.number = __atomic_add_fetch(&header->threads_started, 1, __ATOMIC_RELAXED);
    raise_to(&header->threads_most, __atomic_add_fetch(&header->threads, 1, __ATOMIC_RELAXED));
    struct record_shard *shard = take_free_shard(file);
    record_thread.shares = !shard;
    if (shard) {
        shard->traced = file->shards[0].traced;
        shard->interval = 1;
        shard->look_at = shard->clock + 1;
        look_at_others(shard);
        if (shard->traced)
            trace_thread(shard, record_thread.number);
        record_thread.shard = shard;
    }
    pthread_setspecific(key, file); /* may come back here */
}

struct record_shard *shards_enter(struct record_file *file)
{
    if (!record_thread.shard && !record_thread.shares)
        begin_thread(file);
    if (record_thread.shard)
        return record_thread.shard;
    lock(&sharing);
    struct record_shard *shard = &file->shards[0];
    if (shard->traced)
        trace_thread(shard, record_thread.number);
    return shard;
}

void shards_leave(const struct record_shard *shard)
{
    if (shard->number == 0)
        unlock(&sharing);
}

bool shards_init(void)
{
    return pthread_key_create(&key, free_shard) == 0;
}

/* Shard 0 is nobody's own. */
void shards_begin(void)
{
    __atomic_store_n(&taken, 1, __ATOMIC_RELAXED);
}

bool shards_is_others(const struct record_file *file, unsigned s)
{
    return __atomic_load_n(&taken, __ATOMIC_RELAXED) >> s & 1 &&
           &file->shards[s] != record_thread.shard;
}

void shards_hold(void)
{
    lock(&sharing);
}

void shards_let_go(void)
{
    unlock(&sharing);
}
