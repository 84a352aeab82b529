/* cut.c: a trace with some of the calls of another: all in one shard, their blocks numbered
 * anew. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "blocks.h"
#include "files.h"
#include "prepare.h"

enum { MOST_WORDS = 3 }; /* of a call: its thread, and itself */

struct writer {
    const char *path;
    int fd;
    struct trace_chunk chunk;
    uint64_t *at;     /* in it */
    uint64_t nchunks; /* written */
    uint64_t birth, sequence, thread;
    bool begun; /* the chunk has its first call */
};

static void begin_chunk(struct writer *to)
{
    memset(&to->chunk, 0, sizeof to->chunk);
    to->chunk.shard = 1;
    to->chunk.birth = to->birth;
    to->chunk.sequence = to->sequence;
    to->chunk.thread = to->thread;
    to->at = to->chunk.words;
    to->begun = false;
}

static void end_chunk(struct writer *to)
{
    file_write(to->fd, to->path, &to->chunk, sizeof to->chunk,
               offsetof(struct trace_file, chunks) + to->nchunks++ * sizeof to->chunk);
}

static void put(struct writer *to, enum trace_kind kind, uint64_t delta, uint64_t payload)
{
    *to->at++ = kind | delta << TRACE_DELTA_SHIFT | payload << TRACE_PAYLOAD_SHIFT;
}

/* `block` is the number of what is given up. */
static void put_call(struct writer *to, const struct call *call, uint64_t block)
{
    const uint64_t *end = to->chunk.words + sizeof to->chunk.words / sizeof *to->at;
    if (end - to->at < MOST_WORDS) {
        end_chunk(to);
        begin_chunk(to);
    }
    if (to->thread != call->thread + UINT64_C(1))
        put(to, TRACE_THREAD, 0, to->thread = call->thread + UINT64_C(1));
    put(to, call->kind, to->begun, call->kind == TRACE_FREE ? block : call->size);
    to->begun = true;
    to->sequence++;
    if (call->kind == TRACE_REALLOC)
        *to->at++ = block;
    else if (call->kind == TRACE_ALIGNED)
        *to->at++ = UINT64_C(1) << call->align;
    to->birth += call->kind != TRACE_FREE;
}

/* A call on a block that there is, or one that makes a block. */
static void keep(struct writer *to, struct blocks *blocks, const struct call *call,
                 const struct live *old)
{
    uint64_t made = to->birth;
    put_call(to, call, old->at);
    if (call->kind != TRACE_FREE)
        blocks_add(blocks, call->block, call->size, made);
}

void prepare_cut(struct calls *calls, const char *path, enum cut what, uint64_t from, uint64_t to)
{
    static struct writer writer;
    struct blocks blocks = {NULL, 0, 0};
    struct call call;
    uint64_t kept = 0, made = 0, changed = 0;
    writer.path = path;
    writer.fd = file_make(path, (calls->words * sizeof(uint64_t) / TRACE_CHUNK + 2) * TRACE_CHUNK);
    writer.sequence = 1;
    begin_chunk(&writer);
    for (uint64_t makes = 0, changes = 0; calls_next(calls, &call);) {
        struct live old = {0, 0, 0};
        bool changing = call.kind == TRACE_FREE || call.kind == TRACE_REALLOC;
        uint64_t number = changing ? changes++ : makes++;
        bool chosen =
            what == (changing ? CUT_CHANGES : CUT_BLOCKS) && number >= from && number < to;
        if (changing &&
            !blocks_take(&blocks, call.kind == TRACE_FREE ? call.block : call.old, &old))
            continue; /* its block was left out */
        if (what == CUT_THREADS)
            call.thread = 0;
        if (!chosen) {
            keep(&writer, &blocks, &call, &old);
            kept++;
            changed += changing;
            made += !changing;
        } else if (call.kind == TRACE_REALLOC) {
            blocks_add(&blocks, call.block, old.size, old.at);
        }
    }
    end_chunk(&writer);
    struct trace_header header = {.magic = TRACE_MAGIC,
                                  .version = TRACE_VERSION,
                                  .pid = (uint64_t)getpid(),
                                  .chunk_bytes = TRACE_CHUNK,
                                  .chunks = writer.nchunks,
                                  .room = writer.nchunks};
    file_write(writer.fd, path, &header, sizeof header, 0);
    file_end(writer.fd, path, offsetof(struct trace_file, chunks) + writer.nchunks * TRACE_CHUNK);
    printf("calls=%llu\nblocks=%llu\nchanges=%llu\n", (unsigned long long)kept,
           (unsigned long long)made, (unsigned long long)changed);
}
