/* interpose.c: malloc and its relatives as a program finds them when the recorder is preloaded.
 *
 * A call of a thread that has its shard, in a recorded process, goes straight through; every other
 * one takes the _slow function.  A process that is not recorded from its start has no headers
 * before its blocks; one in which recording ends (a child of a fork that was not heard of) has. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "next.h"
#include "process.h"
#include "count/record.h"

#define EXPORT __attribute__((visibility("default")))
#define SLOW __attribute__((noinline))

static inline struct record_shard *own_shard(void)
{
    struct record_shard *shard = record_thread.shard;
    return likely(shard && record_self->file) ? shard : NULL;
}

static inline bool too_large(size_t size, size_t more)
{
    return size > PTRDIFF_MAX - more;
}

static void *no_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

/* ---- allocating ------------------------------------------------------------------------------ */

/* Writes the header, and counts the block if the process is recorded.  `base` may be NULL. */
static SLOW void *finish_slow(char *base, unsigned shift, size_t size, enum trace_kind kind)
{
    if (!base)
        return NULL;
    struct record_shard *shard = record_enter();
    if (!shard)
        return make_block(base, shift, size, stamp_of(NO_SHARD, shift), 0);
    void *p = record_alloc(shard, base, shift, size, kind);
    shards_leave(shard);
    return p;
}

static SLOW void *malloc_slow(size_t size)
{
    if (!record_init())
        return record_early_alloc(size);
    if (record_mode == MODE_NONE)
        return record_next.malloc(size);
    return finish_slow(record_next.malloc(size + HEADER), HEADER_SHIFT, size, TRACE_MALLOC);
}

EXPORT void *malloc(size_t size)
{
    if (unlikely(too_large(size, HEADER)))
        return no_memory();
    struct record_shard *shard = own_shard();
    if (unlikely(!shard))
        return malloc_slow(size);
    char *base = record_next.malloc(size + HEADER);
    if (unlikely(!base || shard->traced))
        return finish_slow(base, HEADER_SHIFT, size, TRACE_MALLOC);
    return record_alloc_fast(shard, base, size);
}

static SLOW void *calloc_slow(size_t size)
{
    if (!record_init())
        return record_early_alloc(size);
    if (record_mode == MODE_NONE)
        return record_next.calloc(1, size);
    return finish_slow(record_next.calloc(1, size + HEADER), HEADER_SHIFT, size, TRACE_CALLOC);
}

EXPORT void *calloc(size_t count, size_t each)
{
    size_t size;
    if (unlikely(__builtin_mul_overflow(count, each, &size) || too_large(size, HEADER)))
        return no_memory();
    struct record_shard *shard = own_shard();
    if (unlikely(!shard))
        return calloc_slow(size);
    char *base = record_next.calloc(1, size + HEADER);
    if (unlikely(!base || shard->traced))
        return finish_slow(base, HEADER_SHIFT, size, TRACE_CALLOC);
    return record_alloc_fast(shard, base, size);
}

/* `align` is a power of two.  The block's header is before an aligned address, so that there is
 * room of one alignment before it. */
static void *aligned(size_t align, size_t size)
{
    if (too_large(size, align))
        return no_memory();
    if (!record_init())
        return align <= HEADER ? record_early_alloc(size) : NULL;
    if (record_mode == MODE_NONE)
        return record_next.memalign(align, size);
    if (align < HEADER)
        align = HEADER;
    char *base = record_next.memalign(align, size + align);
    return finish_slow(base, log2_of(align), size, TRACE_ALIGNED);
}

/* The power of two that is at least `align`; 0: too large. */
static size_t next_power(size_t align)
{
    if (align > (size_t)1 << (RECORD_ALIGNMENTS - 1))
        return 0;
    return align <= 1 ? 1 : (size_t)1 << (log2_of(align - 1) + 1);
}

EXPORT void *memalign(size_t align, size_t size)
{
    size_t power = next_power(align);
    return power ? aligned(power, size) : no_memory();
}

EXPORT void *aligned_alloc(size_t align, size_t size)
{
    return memalign(align, size);
}

EXPORT int posix_memalign(void **p, size_t align, size_t size)
{
    int error = errno;
    if (align % sizeof(void *) || align == 0 || (align & (align - 1)))
        return EINVAL;
    void *made = memalign(align, size);
    errno = error;
    if (!made)
        return ENOMEM;
    *p = made;
    return 0;
}

EXPORT void *valloc(size_t size)
{
    return aligned((size_t)getpagesize(), size);
}

EXPORT void *pvalloc(size_t size)
{
    size_t page = (size_t)getpagesize();
    return too_large(size, page) ? no_memory() : aligned(page, (size + page - 1) & -page);
}

/* ---- giving back ----------------------------------------------------------------------------- */

static SLOW void free_slow(void *p)
{
    if (record_is_early(p))
        return;
    struct block *block = block_of(p);
    if (!record_init())
        return; /* of nobody's */
    if (record_mode == MODE_NONE || !is_ours(block)) {
        record_next.free(p);
        return;
    }
    struct record_shard *shard = record_enter();
    if (shard) {
        record_free(shard, block);
        shards_leave(shard);
    }
    block->tag = 0;
    record_next.free((char *)p - ((size_t)1 << shift_of(block)));
}

EXPORT void free(void *p)
{
    if (!p)
        return;
    struct record_shard *shard = own_shard();
    struct block *block = block_of(p);
    if (unlikely(!shard || !is_ours(block) || !is_plain_free(shard, block))) {
        free_slow(p);
        return;
    }
    record_free_fast(shard, block);
    block->tag = 0; /* a second free is then left to the next malloc */
    record_next.free((char *)p - ((size_t)1 << shift_of(block)));
}

EXPORT size_t malloc_usable_size(void *p)
{
    if (!p)
        return 0;
    if (record_is_early(p))
        return record_early_size(p);
    struct block *block = block_of(p);
    if (!record_init() || record_mode == MODE_NONE || !is_ours(block))
        return record_next.usable(p);
    size_t before = (size_t)1 << shift_of(block);
    return record_next.usable((char *)p - before) - before;
}

/* ---- realloc --------------------------------------------------------------------------------- */

/* As malloc, copy and free. */
static void *move(void *p, size_t room, size_t size)
{
    void *to = malloc(size);
    if (!to)
        return NULL;
    memcpy(to, p, room < size ? room : size);
    free(p);
    return to;
}

EXPORT void *realloc(void *p, size_t size)
{
    if (!p)
        return malloc(size);
    if (record_is_early(p))
        return move(p, record_early_size(p), size);
    if (!record_init())
        return NULL;
    struct block *block = block_of(p), old = *block;
    if (record_mode == MODE_NONE || !is_ours(block))
        return record_next.realloc(p, size);
    if (size == 0) {
        free(p);
        return NULL;
    }
    if (too_large(size, HEADER))
        return no_memory();
    if (shift_of(block) != HEADER_SHIFT)
        return move(p, malloc_usable_size(p), size);
    block->tag = 0;
    char *base = record_next.realloc(block, size + HEADER);
    if (!base) {
        *block = old;
        return NULL;
    }
    struct record_shard *shard = record_enter();
    if (!shard)
        return make_block(base, HEADER_SHIFT, size, stamp_of(NO_SHARD, HEADER_SHIFT), 0);
    void *moved = record_realloc(shard, &old, base, size);
    shards_leave(shard);
    return moved;
}

EXPORT void *reallocarray(void *p, size_t count, size_t each)
{
    size_t size;
    return __builtin_mul_overflow(count, each, &size) ? no_memory() : realloc(p, size);
}

/* ---- the end --------------------------------------------------------------------------------- */

EXPORT void _exit(int status)
{
    record_complete();
    for (;;)
        syscall(SYS_exit_group, status);
}

EXPORT void _Exit(int status)
{
    _exit(status);
}
