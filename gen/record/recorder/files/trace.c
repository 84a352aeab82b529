/* trace.c: see trace.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "files/file.h"
#include "files/trace.h"

enum { LEAST_CHUNKS = 16 };

#define MOST_PAYLOAD (((uint64_t)1 << (64 - TRACE_PAYLOAD_SHIFT)) - 1)

static struct trace_file *file;
static size_t file_bytes;
static uint64_t sequence; /* of the next operation, from 1 */

static struct cursor {
    uint64_t *at, *end; /* of the words of its chunk; both NULL: it has none */
    uint64_t sequence;
    uint64_t thread;
} cursors[RECORD_SHARDS];

static bool on(void)
{
    return file && !__atomic_load_n(&file->header.stopped, __ATOMIC_RELAXED);
}

bool trace_start(char *path, size_t bytes)
{
    static char name[FILE_NAME_MAX];
    size_t room = record_file_room(path) / 2;
    size_t chunks = (bytes < room ? bytes : room) / TRACE_CHUNK;
    struct trace_file *made = NULL;
    chunks = chunks < LEAST_CHUNKS ? LEAST_CHUNKS : chunks;
    /* Address space may be limited. */
    for (;; chunks /= 2) {
        snprintf(name, sizeof name, "%s", path);
        file_bytes = sizeof *made + chunks * TRACE_CHUNK;
        made = record_file_make(name, file_bytes);
        if (made || (errno != ENOMEM && errno != EFBIG) || chunks / 2 < LEAST_CHUNKS)
            break;
    }
    if (!made)
        return false;
    memset(cursors, 0, sizeof cursors);
    made->header.version = TRACE_VERSION;
    made->header.pid = (uint64_t)getpid();
    made->header.chunk_bytes = TRACE_CHUNK;
    made->header.room = chunks;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    memcpy(made->header.magic, TRACE_MAGIC, sizeof made->header.magic);
    sequence = 1;
    file = made;
    return true;
}

void trace_leave(void)
{
    if (file)
        munmap(file, file_bytes);
    file = NULL;
}

/* Others may have a later operation in their chunks by now, which then does not count. */
static void stop(uint64_t at)
{
    uint64_t none = 0;
    __atomic_compare_exchange_n(&file->header.stopped, &none, at, false, __ATOMIC_RELAXED,
                                __ATOMIC_RELAXED);
}

static bool next_chunk(struct record_shard *shard, struct cursor *cursor, uint64_t now)
{
    uint64_t i = __atomic_fetch_add(&file->header.chunks, 1, __ATOMIC_RELAXED);
    if (i >= file->header.room) {
        __atomic_fetch_sub(&file->header.chunks, 1, __ATOMIC_RELAXED);
        stop(now);
        return false;
    }
    struct trace_chunk *chunk = &file->chunks[i];
    chunk->birth = shard->clock;
    chunk->sequence = now;
    chunk->thread = cursor->thread;
    __atomic_store_n(&chunk->shard, shard->number + 1, __ATOMIC_RELEASE);
    cursor->at = chunk->words;
    cursor->end = chunk->words + sizeof chunk->words / sizeof *chunk->words;
    cursor->sequence = now;
    return true;
}

static void put(struct cursor *cursor, enum trace_kind kind, uint64_t delta, uint64_t payload)
{
    if (payload > MOST_PAYLOAD)
        payload = MOST_PAYLOAD;
    uint64_t word = kind | delta << TRACE_DELTA_SHIFT | payload << TRACE_PAYLOAD_SHIFT;
    __atomic_store_n(cursor->at++, word, __ATOMIC_RELEASE);
}

static void put_two(struct cursor *cursor, enum trace_kind kind, uint64_t delta, uint64_t payload,
                    uint64_t second)
{
    cursor->at[1] = second;
    put(cursor, kind, delta, payload);
    cursor->at++;
}

/* Room for an operation of two words and what may have to precede it. */
static struct cursor *cursor_of(struct record_shard *shard, uint64_t now)
{
    struct cursor *cursor = &cursors[shard->number];
    if (cursor->end - cursor->at < 4 && !next_chunk(shard, cursor, now))
        return NULL;
    return cursor;
}

/* Starts an operation; NULL: the trace has ended. */
static struct cursor *begin(struct record_shard *shard, uint64_t *delta)
{
    if (!on())
        return NULL;
    uint64_t now = __atomic_fetch_add(&sequence, 1, __ATOMIC_RELAXED);
    struct cursor *cursor = cursor_of(shard, now);
    if (!cursor)
        return NULL;
    *delta = now - cursor->sequence;
    cursor->sequence = now;
    if (*delta >= TRACE_DELTAS) {
        put(cursor, TRACE_SKIP, 0, *delta);
        *delta = 0;
    }
    return cursor;
}

void trace_thread(struct record_shard *shard, uint64_t thread)
{
    if (!on() || cursors[shard->number].thread == thread)
        return;
    cursors[shard->number].thread = thread;
    struct cursor *cursor = cursor_of(shard, __atomic_load_n(&sequence, __ATOMIC_RELAXED));
    if (cursor)
        put(cursor, TRACE_THREAD, 0, thread);
}

void trace_time(struct record_shard *shard, uint64_t ns)
{
    if (!on())
        return;
    struct cursor *cursor = cursor_of(shard, __atomic_load_n(&sequence, __ATOMIC_RELAXED));
    if (cursor)
        put(cursor, TRACE_TIME, 0, ns / 1000);
}

void trace_alloc(struct record_shard *shard, enum trace_kind kind, size_t size, uint64_t second)
{
    uint64_t delta;
    struct cursor *cursor = begin(shard, &delta);
    if (!cursor)
        return;
    if (kind == TRACE_REALLOC || kind == TRACE_ALIGNED)
        put_two(cursor, kind, delta, size, second);
    else
        put(cursor, kind, delta, size);
}

void trace_free(struct record_shard *shard, uint64_t block)
{
    uint64_t delta;
    struct cursor *cursor = begin(shard, &delta);
    if (cursor)
        put(cursor, TRACE_FREE, delta, block);
}

void trace_adopt(struct record_shard *shard, size_t size, uint64_t block)
{
    uint64_t delta;
    struct cursor *cursor = begin(shard, &delta);
    if (cursor)
        put_two(cursor, TRACE_ADOPT, delta, size, block);
}
