/* glibc.c: functions that the GNU C library has beside malloc: statistics, trimming, options.
 *
 * In the statistics, `arena` is the memory of small blocks, which glibc would carve from its heap,
 * and `hblk` that of large blocks, which it would map. */
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>

#include "hakmem.h"
#include "stats.h"

static struct mallinfo2 info(void)
{
    struct hak_stats s;
    hak_stats_collect(&s);
    size_t arena = s.slab_bytes + s.heap.dirty;
    return (struct mallinfo2){
        .arena = arena,
        .ordblks = s.free,
        .smblks = s.stock,
        .fsmblks = s.stock_bytes,
        .hblks = s.large.blocks,
        .hblkhd = s.large.bytes,
        .uordblks = s.live_bytes,
        .fordblks = arena - s.live_bytes,
        .keepcost = s.heap.dirty + s.bigcache.bytes,
    };
}

HAK_EXPORT struct mallinfo2 mallinfo2(void)
{
    return info();
}

static int clamp(size_t n)
{
    return n < INT_MAX ? (int)n : INT_MAX;
}

/* mallinfo2 in int.  A number that does not fit becomes INT_MAX, where glibc's would wrap. */
HAK_EXPORT struct mallinfo mallinfo(void)
{
    struct mallinfo2 i = info();
    return (struct mallinfo){
        .arena = clamp(i.arena),
        .ordblks = clamp(i.ordblks),
        .smblks = clamp(i.smblks),
        .fsmblks = clamp(i.fsmblks),
        .hblks = clamp(i.hblks),
        .hblkhd = clamp(i.hblkhd),
        .uordblks = clamp(i.uordblks),
        .fordblks = clamp(i.fordblks),
        .keepcost = clamp(i.keepcost),
    };
}

HAK_EXPORT void malloc_stats(void)
{
    hak_stats_report();
}

/* Writes the elements of glibc's own report, so that programs that read that can read this, and
 * `class` elements inside of `sizes`.  No lock is held while the stream is written to: it may
 * allocate. */
HAK_EXPORT int malloc_info(int options, FILE *stream)
{
    struct hak_stats s;
    if (options != 0) {
        errno = EINVAL;
        return -1;
    }
    hak_stats_collect(&s);
    fprintf(stream, "<malloc version=\"1\">\n<heap nr=\"0\">\n<sizes>\n");
    for (unsigned cls = 1; cls <= HAK_NCLASSES; cls++) {
        const struct hak_class *shape = &hak_classes[cls];
        struct hak_class_stats c;
        hak_stats_class(cls, &c);
        if (c.slabs == 0)
            continue;
        size_t free = c.cached + c.parked + c.free;
        fprintf(stream, "  <size from=\"%u\" to=\"%u\" total=\"%zu\" count=\"%zu\"/>\n",
                shape->size, shape->size, free * shape->size, free);
        fprintf(stream,
                "  <class size=\"%u\" live=\"%zu\" cached=\"%zu\" parked=\"%zu\" "
                "free=\"%zu\" slabs=\"%zu\"/>\n",
                shape->size, c.live, c.cached, c.parked, c.free, c.slabs);
    }
    size_t arena = s.slab_bytes + s.heap.dirty;
    fprintf(stream, "</sizes>\n");
    for (unsigned whole = 0; whole < 2; whole++) {
        if (whole)
            fprintf(stream, "</heap>\n");
        fprintf(stream, "<total type=\"fast\" count=\"%zu\" size=\"%zu\"/>\n", s.stock,
                s.stock_bytes);
        fprintf(stream, "<total type=\"rest\" count=\"%zu\" size=\"%zu\"/>\n", s.free,
                arena - s.live_bytes - s.stock_bytes);
        if (whole)
            fprintf(stream, "<total type=\"mmap\" count=\"%zu\" size=\"%zu\"/>\n", s.large.blocks,
                    s.large.bytes);
        fprintf(stream, "<system type=\"current\" size=\"%zu\"/>\n", arena);
        fprintf(stream, "<system type=\"max\" size=\"%zu\"/>\n", s.heap.mapped);
        fprintf(stream, "<aspace type=\"total\" size=\"%zu\"/>\n", s.heap.mapped);
        fprintf(stream, "<aspace type=\"mprotect\" size=\"%zu\"/>\n", s.heap.mapped);
    }
    fprintf(stream, "</malloc>\n");
    return ferror(stream) ? -1 : 0;
}

/* 1 if memory was given back.  `pad` is what glibc leaves at the end of its heap, which hakmem does
 * not have. */
HAK_EXPORT int malloc_trim(size_t pad)
{
    (void)pad;
    return hak_trim() > 0;
}

/* Returns 0, for failure: options that glibc takes at run time, a profile fixes when it is built.
 */
HAK_EXPORT int mallopt(int param, int value)
{
    (void)param;
    (void)value;
    return 0;
}

/* free under its name in old Unix systems. */
HAK_EXPORT void cfree(void *p)
{
    hak_free(p);
}
