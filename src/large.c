/* large.c: see large.h.  There is no lock here: a span belongs to the thread that allocates, frees
 * or resizes it. */
#include <string.h>

#include "bigcache.h"
#include "block.h"
#include "grow.h"
#include "heap.h"
#include "large.h"
#include "mapping.h"
#include "os.h"

enum {
    COLOUR_STEP = 64,
    COLOURS = 16,
    LEAST_OFFSET = HAK_LOOKUP_HEADER ? HAK_QUANTUM : 0,
};

static struct hak_large_stats stats; /* accessed atomically */
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

/* A span of npages from the heap.  Its pages come from dirty runs, as far as there are any; *clean
 * is how many of its last pages are zero. */
static struct hak_span *take_from_heap(size_t npages, size_t *clean)
{
    struct hak_span *span;
    bool lost = false;
    do {
        span = hak_heap_alloc(npages, HAK_PAGE_SIZE, 0);
        *clean = span && span->zero ? npages : 0;
        if (*clean && npages << HAK_PAGE_SHIFT >= HAK_MOVE_MIN)
            *clean -= hak_grow_fill(span, 0, &lost);
    } while (lost);
    return span;
}

/* A span of npages: one that the bigcache keeps, else one from any free memory that is resident,
 * and only then from the system.  So what is kept for reuse hardly makes the process larger. */
static struct hak_span *take_span(size_t npages, size_t *clean)
{
    *clean = 0;
    struct hak_span *span = hak_bigcache_take(npages);
    if (!span)
        span = hak_heap_try_dirty(npages);
    while (!span && !hak_bigcache_is_light() && hak_bigcache_shrink(npages << HAK_PAGE_SHIFT) > 0)
        span = hak_heap_try_dirty(npages);
    return span ? span : take_from_heap(npages, clean);
}

/* As take_span, with a start that is a multiple of `align`. */
static struct hak_span *take_aligned(size_t npages, size_t align, size_t *clean)
{
    if (align <= HAK_PAGE_SIZE)
        return take_span(npages, clean);
    struct hak_span *span = hak_heap_alloc(npages, align, 0);
    *clean = span && span->zero ? npages : 0;
    return span;
}

/* Makes `size` bytes at p zero, in a span whose last `clean` pages are zero already. */
static void zero_block(const struct hak_span *span, char *p, size_t size, size_t clean)
{
    char *end = hak_span_start(span) + hak_span_bytes(span) - (clean << HAK_PAGE_SHIFT);
    if (p < end)
        __builtin_memset(p, 0, hak_min(size, (size_t)(end - p)));
}

/* Places the block at `offset` and returns it: from there hak_span_find finds the span, and free
 * knows a block. */
static void *place_block(struct hak_span *span, size_t offset)
{
    span->offset = offset;
    span->bytes = hak_span_bytes(span) - offset;
    void *p = hak_large_block(span);
    hak_span_note(span, p);
    hak_block_mark_span(p);
    return p;
}

void *hak_large_alloc(size_t size, size_t align, bool zero)
{
    /* With a header the byte before an aligned block costs up to `align` bytes in front. */
    size_t front = align > HAK_QUANTUM && LEAST_OFFSET > 0 ? align : LEAST_OFFSET;
    if (size > PTRDIFF_MAX || front > PTRDIFF_MAX - size)
        return NULL;
    size_t npages = pages_for(hak_max(size, (size_t)1) + front);
    size_t span_align = LEAST_OFFSET ? HAK_PAGE_SIZE : hak_max(align, HAK_PAGE_SIZE);
    size_t clean;
    struct hak_span *span = take_aligned(npages, span_align, &clean);
    if (!span)
        return NULL;
    void *p = place_block(span, offset_in(hak_span_start(span), hak_span_bytes(span), size, align));
    if (zero)
        zero_block(span, p, size, clean);
    hak_add_relaxed(&stats.blocks, 1);
    hak_add_relaxed(&stats.bytes, hak_span_bytes(span));
    return p;
}

static void count_free(const struct hak_span *span)
{
    hak_add_relaxed(&stats.blocks, (size_t)-1);
    hak_add_relaxed(&stats.bytes, -hak_span_bytes(span));
}

void hak_large_free(struct hak_span *span)
{
    count_free(span);
    hak_bigcache_put(span);
}

void hak_large_discard(struct hak_span *span)
{
    count_free(span);
    hak_heap_free_closed(span);
}

/* Moves the contents of `span` to the front of `to`, which is longer.  If `to` is clean the pages
 * are moved, and dirty ones are moved to the further pages of `to`; otherwise the contents are
 * copied.  False: `to` must not be used any more, and the contents are where they were. */
static bool move_contents(struct hak_span *to, struct hak_span *span)
{
    bool lost = false;
    size_t moved = 0;
    char *dest = hak_span_start(to), *from = hak_span_start(span);
    if (to->zero && hak_span_bytes(span) >= HAK_MOVE_MIN) {
        hak_grow_fill(to, span->npages, &lost);
        if (lost)
            return false;
        moved = hak_mapping_move(hak_span_page(to), hak_span_page(span), span->npages, &lost);
    }
    size_t bytes = moved << HAK_PAGE_SHIFT;
    if (lost) {
        memcpy(from, dest, bytes);
        return false;
    }
    if (moved == span->npages) {
        hak_add_relaxed(&stats.moves, 1);
        hak_heap_free_clean(span);
        return true;
    }
    size_t done = hak_max(bytes, span->offset);
    memcpy(dest + done, from + done, hak_span_bytes(span) - done);
    hak_heap_free(span);
    return true;
}

/* Moves the block to a span of npages and returns that; NULL: out of memory. */
static struct hak_span *grow_elsewhere(struct hak_span *span, size_t npages)
{
    size_t offset = span->offset;
    struct hak_span *to;
    do {
        to = hak_grow_alloc(npages);
    } while (to && !move_contents(to, span));
    if (to)
        place_block(to, offset);
    return to;
}

/* Grows the span in place; false: the pages behind it are taken. */
static bool extend(struct hak_span *span, size_t npages)
{
    if (npages << HAK_PAGE_SHIFT >= HAK_MOVE_MIN) {
        hak_bigcache_shrink(SIZE_MAX);
        hak_grow_feed(span, npages);
    }
    return hak_grow_extend(span, npages) ||
           (hak_bigcache_shrink(SIZE_MAX) > 0 && hak_grow_extend(span, npages));
}

void *hak_large_resize(struct hak_span *span, void *p, size_t size)
{
    size_t old_bytes = hak_span_bytes(span);
    if (size > PTRDIFF_MAX - span->offset)
        return NULL;
    size_t npages = pages_for(span->offset + size);
    if (npages < span->npages) {
        hak_heap_trim(span, npages);
    } else if (npages > span->npages && !extend(span, npages)) {
        span = grow_elsewhere(span, npages);
        if (!span)
            return NULL;
        p = hak_large_block(span);
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
