/* calls.c: see calls.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calls.h"
#include "files.h"

enum {
    PASSES = 2,
    MOST_THREADS = 1 << 24, /* a larger number is damage */
};

#define AGAIN "record the program again"

struct stream {
    uint32_t chunk; /* that comes next */
    const uint64_t *at, *end;
    uint64_t shard, sequence, thread, birth;
    uint64_t threads_own; /* the trace's number of the call's thread */
    struct call call;     /* the next one */
    struct trace_chunk words;
};

static _Noreturn void damaged(const struct calls *calls, const char *what, uint64_t value)
{
    file_fault(ENDS_WRONG, calls->path, "damaged: %s %llu; " AGAIN, what,
               (unsigned long long)value);
}

/* ---- one shard ------------------------------------------------------------------------------- */

/* Percent of all that is to be read, for whoever shows it. */
static void tell(struct calls *calls)
{
    uint64_t all = PASSES * calls->nchunks, before = 100 * calls->read / all;
    uint64_t now = 100 * ++calls->read / all;
    if (now != before) {
        printf("progress=%llu\n", (unsigned long long)now);
        fflush(stdout);
    }
}

static bool next_chunk(struct calls *calls, struct stream *stream)
{
    if (stream->chunk >= calls->nchunks)
        return false;
    uint64_t at = offsetof(struct trace_file, chunks) + (uint64_t)stream->chunk * TRACE_CHUNK;
    file_read(calls->fd, calls->path, &stream->words, TRACE_CHUNK, at);
    tell(calls);
    stream->chunk = calls->next[stream->chunk];
    stream->birth = stream->words.birth;
    stream->sequence = stream->words.sequence;
    stream->thread = stream->words.thread;
    stream->at = stream->words.words;
    stream->end = stream->at + sizeof stream->words.words / sizeof *stream->at;
    return true;
}

static void read_second(const struct calls *calls, struct stream *stream)
{
    if (stream->at == stream->end)
        damaged(calls, "half an operation, at", stream->sequence);
    uint64_t second = *stream->at++;
    struct call *call = &stream->call;
    if (call->kind == TRACE_ADOPT)
        call->block = second;
    else if (call->kind == TRACE_REALLOC)
        call->old = second;
    else if (!second || second & (second - 1))
        damaged(calls, "an alignment of", second);
    else
        call->align = (unsigned)__builtin_ctzll(second);
}

/* The operation that begins with `word`, if it is one; false for the other kinds. */
static bool decode(const struct calls *calls, struct stream *stream, uint64_t word)
{
    uint64_t payload = word >> TRACE_PAYLOAD_SHIFT;
    struct call *call = &stream->call;
    stream->sequence += word >> TRACE_DELTA_SHIFT & (TRACE_DELTAS - 1);
    *call = (struct call){.kind = (enum trace_kind)(word & 15), .size = payload};
    switch (call->kind) {
    case TRACE_SKIP:
        stream->sequence += payload;
        return false;
    case TRACE_THREAD:
        stream->thread = payload;
        return false;
    case TRACE_TIME:
        return false;
    case TRACE_FREE:
        call->block = payload;
        call->size = 0;
        return true;
    case TRACE_ADOPT:
        read_second(calls, stream);
        return true;
    case TRACE_REALLOC:
    case TRACE_ALIGNED:
        read_second(calls, stream);
        break;
    case TRACE_MALLOC:
    case TRACE_CALLOC:
        break;
    default:
        damaged(calls, "an operation of kind", call->kind);
    }
    call->block = stream->shard << 32 | (uint32_t)stream->birth++;
    return true;
}

static bool advance(struct calls *calls, struct stream *stream)
{
    do {
        while (stream->at == stream->end || !*stream->at) {
            if (!next_chunk(calls, stream))
                return false;
        }
    } while (!decode(calls, stream, *stream->at++));
    if (calls->stopped && stream->sequence >= calls->stopped)
        return false;
    stream->threads_own = stream->thread;
    return true;
}

/* ---- all shards ------------------------------------------------------------------------------ */

/* The stream at `i` may come after those below it. */
static void sink(struct calls *calls, unsigned i)
{
    struct stream **heap = calls->heap;
    for (unsigned child; (child = 2 * i + 1) < calls->nheap; i = child) {
        if (child + 1 < calls->nheap && heap[child + 1]->sequence < heap[child]->sequence)
            child++;
        if (heap[i]->sequence <= heap[child]->sequence)
            return;
        struct stream *lower = heap[i];
        heap[i] = heap[child];
        heap[child] = lower;
    }
}

/* Every stream to its first chunk, whose numbers are in `first`. */
static void begin(struct calls *calls, const uint32_t *first)
{
    calls->nheap = 0;
    for (unsigned s = 0; s < RECORD_SHARDS; s++) {
        struct stream *stream = calls->streams[s];
        if (!stream)
            continue;
        stream->chunk = first[s];
        stream->at = stream->end = NULL;
        if (advance(calls, stream))
            calls->heap[calls->nheap++] = stream;
    }
    for (unsigned i = calls->nheap; i-- > 0;)
        sink(calls, i);
}

/* The next operation in order, which may be a TRACE_ADOPT, and its thread's number in the trace. */
static bool next_operation(struct calls *calls, struct call *call, uint64_t *thread)
{
    if (!calls->nheap)
        return false;
    struct stream *stream = calls->heap[0];
    *call = stream->call;
    *thread = stream->threads_own;
    if (!advance(calls, stream))
        calls->heap[0] = calls->heap[--calls->nheap];
    sink(calls, 0);
    return true;
}

/* ---- the first pass -------------------------------------------------------------------------- */

static uint32_t thread_of(struct calls *calls, uint64_t number)
{
    if (number >= MOST_THREADS)
        damaged(calls, "a thread of number", number);
    if (number >= calls->numbered) {
        uint64_t numbered = 2 * number + 64;
        calls->thread_of = more_memory(calls->thread_of, numbered, sizeof *calls->thread_of);
        memset(calls->thread_of + calls->numbered, 0,
               (numbered - calls->numbered) * sizeof *calls->thread_of);
        calls->numbered = numbered;
    }
    if (!calls->thread_of[number]) {
        if ((calls->nthreads & (calls->nthreads - 1)) == 0)
            calls->threads = more_memory(calls->threads, 2 * (size_t)calls->nthreads + 1,
                                         sizeof *calls->threads);
        calls->threads[calls->nthreads] = (struct calls_thread){0, 0};
        calls->thread_of[number] = ++calls->nthreads;
    }
    return calls->thread_of[number] - 1;
}

static void adopt(struct calls *calls, struct call call)
{
    if ((calls->nadopted & (calls->nadopted - 1)) == 0)
        calls->adopted =
            more_memory(calls->adopted, 2 * calls->nadopted + 1, sizeof *calls->adopted);
    call.kind = TRACE_MALLOC;
    call.number = calls->nadopted;
    calls->adopted[calls->nadopted++] = call;
    calls->adopted_bytes += call.size;
}

static void count_all(struct calls *calls)
{
    struct call call;
    uint64_t number, switches = 0, twos = 0;
    uint32_t before = 0;
    bool first = true;
    while (next_operation(calls, &call, &number)) {
        uint32_t known = calls->nthreads;
        uint32_t thread = first || call.kind != TRACE_ADOPT ? thread_of(calls, number) : before;
        first = false;
        if (call.kind == TRACE_ADOPT) {
            adopt(calls, call);
            continue;
        }
        calls->threads[thread].calls++;
        calls->threads[before].starts += thread >= known && thread;
        switches += thread != before;
        twos += call.kind == TRACE_REALLOC || call.kind == TRACE_ALIGNED;
        calls->moves += call.kind == TRACE_REALLOC;
        calls->frees += call.kind == TRACE_FREE;
        calls->n++;
        before = thread;
    }
    if (calls->nthreads)
        calls->threads[0].calls += calls->nadopted;
    calls->n += calls->nadopted;
    calls->words = calls->n + twos + switches;
}

/* The chunks of each shard, in order; `first` is that of each. */
static void find_chunks(struct calls *calls, uint32_t *first)
{
    uint32_t last[RECORD_SHARDS];
    uint64_t shard;
    calls->next = new_memory(calls->nchunks, sizeof *calls->next);
    for (uint32_t i = 0; i < calls->nchunks; i++) {
        file_read(calls->fd, calls->path, &shard, sizeof shard,
                  offsetof(struct trace_file, chunks) + (uint64_t)i * TRACE_CHUNK);
        calls->next[i] = (uint32_t)calls->nchunks;
        if (!shard)
            continue;
        if (shard > RECORD_SHARDS)
            damaged(calls, "a chunk of shard", shard - 1);
        if (!calls->streams[shard - 1]) {
            calls->streams[shard - 1] = new_memory(1, sizeof **calls->streams);
            calls->streams[shard - 1]->shard = shard - 1;
            first[shard - 1] = i;
        } else {
            calls->next[last[shard - 1]] = i;
        }
        last[shard - 1] = i;
    }
}

void calls_open(struct calls *calls, const char *path)
{
    struct trace_header header;
    uint32_t first[RECORD_SHARDS] = {0};
    *calls = (struct calls){.path = path, .fd = open(path, O_RDONLY | O_CLOEXEC)};
    if (calls->fd < 0)
        file_fault(ENDS_WRONG, path, "%s", strerror(errno));
    file_read(calls->fd, path, &header, sizeof header, 0);
    if (memcmp(header.magic, TRACE_MAGIC, sizeof header.magic) != 0 ||
        header.version != TRACE_VERSION || header.chunk_bytes != TRACE_CHUNK)
        file_fault(ENDS_WRONG, path, "no trace of version %d; " AGAIN, TRACE_VERSION);
    calls->nchunks = header.chunks < header.room ? header.chunks : header.room;
    calls->stopped = header.stopped;
    if (calls->nchunks > UINT32_MAX / 2)
        damaged(calls, "chunks:", calls->nchunks);
    find_chunks(calls, first);
    begin(calls, first);
    count_all(calls);
    begin(calls, first);
}

bool calls_next(struct calls *calls, struct call *call)
{
    uint64_t thread;
    if (calls->number < calls->nadopted) {
        *call = calls->adopted[calls->number++];
        return true;
    }
    do {
        if (!next_operation(calls, call, &thread))
            return false;
    } while (call->kind == TRACE_ADOPT);
    call->thread = calls->thread_of[thread] - 1;
    call->number = calls->number++;
    return true;
}
