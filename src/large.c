/* large.c: see large.h.  No locks of its own; a span belongs to the thread that allocates, frees
 * or resizes it. */
#include "large.h"
#include "bigcache.h"
#include "block.h"
#include "os.h"

enum {
    COLOUR_STEP = 64,
    COLOURS = 16,
    LEAST_OFFSET = HAK_LOOKUP_HEADER ? HAK_QUANTUM : 0,
};

static struct hak_large_stats stats; /* atomically */
static bool moves_refused;           /* by the system, once: from then on large blocks are copied */
static uint32_t serial;              /* large blocks allocated, for their colour */

static size_t pages_for(size_t bytes)
{
    return (bytes + HAK_PAGE_SIZE - 1) >> HAK_PAGE_SHIFT;
}

/* Offset of the block in a span of span_bytes. */
static size_t offset_in(const char *start, size_t span_bytes, size_t size, size_t align)
{
    if (align > HAK_QUANTUM)
        return hak_round_up((uintptr_t)start + LEAST_OFFSET, align) - (uintptr_t)start;
    size_t slack = (span_bytes - size - LEAST_OFFSET) / COLOUR_STEP;
    size_t colour = hak_add_relaxed(&serial, 1) % COLOURS;
    return LEAST_OFFSET + COLOUR_STEP * hak_min(colour, slack);
}

void *hak_large_alloc(size_t size, size_t align, bool zero)
{
    /* With a header the byte before an aligned block costs up to `align` bytes in front. */
    size_t front = align > HAK_QUANTUM && LEAST_OFFSET ? align : LEAST_OFFSET;
    if (size > PTRDIFF_MAX || front > PTRDIFF_MAX - size)
        return NULL;
    size_t npages = pages_for(hak_max(size, (size_t)1) + front);
    size_t span_align = LEAST_OFFSET ? HAK_PAGE_SIZE : hak_max(align, HAK_PAGE_SIZE);
    struct hak_span *span = NULL;
    if (span_align == HAK_PAGE_SIZE)
        span = hak_bigcache_take(npages);
    if (!span)
        span = hak_heap_alloc(npages, span_align, 0);
    if (!span)
        return NULL;
    span->offset = offset_in(hak_span_start(span), hak_span_bytes(span), size, align);
    span->bytes = hak_span_bytes(span) - span->offset;
    char *p = hak_large_block(span);
    hak_span_note(span, p);
    if (zero && !span->zero)
        __builtin_memset(p, 0, size);
    hak_block_mark_span(p);
    hak_add_relaxed(&stats.blocks, 1);
    hak_add_relaxed(&stats.bytes, hak_span_bytes(span));
    return p;
}

void hak_large_free(struct hak_span *span)
{
    hak_add_relaxed(&stats.blocks, (size_t)-1);
    hak_add_relaxed(&stats.bytes, -hak_span_bytes(span));
    hak_bigcache_put(span);
}

/* Moves the span's pages to a new span of npages; NULL: not possible. */
static void *move(struct hak_span *span, size_t npages)
{
    if (hak_load_relaxed(&moves_refused))
        return NULL;
    struct hak_span *to = hak_heap_alloc(npages, HAK_PAGE_SIZE, 0);
    if (!to)
        return NULL;
    int error = hak_os_move(hak_span_start(to), hak_span_start(span), hak_span_bytes(span));
    if (error) {
        hak_store_relaxed(&moves_refused, true);
        if (error != HAK_OS_LOST)
            hak_heap_free(to);
        return NULL;
    }
    to->moved = true;
    to->offset = span->offset;
    to->bytes = hak_span_bytes(to) - to->offset;
    hak_span_note(to, hak_large_block(to));
    hak_add_relaxed(&stats.bytes, hak_span_bytes(to) - hak_span_bytes(span));
    hak_add_relaxed(&stats.moves, 1);
    hak_heap_free(span);
    return hak_large_block(to);
}

void *hak_large_resize(struct hak_span *span, void *p, size_t size)
{
    size_t old_bytes = hak_span_bytes(span);
    size_t npages = pages_for(span->offset + size);
    if (size > PTRDIFF_MAX - span->offset)
        return NULL;
    if (npages < span->npages) {
        hak_heap_trim(span, npages);
    } else if (npages > span->npages && !hak_heap_extend(span, npages)) {
        return old_bytes >= HAK_MOVE_MIN ? move(span, npages) : NULL;
    }
    span->bytes = hak_span_bytes(span) - span->offset;
    hak_add_relaxed(&stats.bytes, hak_span_bytes(span) - old_bytes);
    return p;
}

void hak_large_stats(struct hak_large_stats *out)
{
    out->blocks = hak_load_relaxed(&stats.blocks);
    out->bytes = hak_load_relaxed(&stats.bytes);
    out->moves = hak_load_relaxed(&stats.moves);
}
