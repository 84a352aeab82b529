/* stats.c: see stats.h. */
#include "stats.h"
#include "central.h"
#include "guard.h"
#include "os.h"

void hak_stats_class(unsigned cls, struct hak_class_stats *out)
{
    const struct hak_class *shape = &hak_classes[cls];
    struct hak_central_stats central;
    struct hak_threads_class_stats threads;
    hak_central_stats(cls, &central);
    hak_threads_class_stats(cls, &threads);
    size_t blocks = central.slabs * shape->nblocks;
    size_t held = central.parked + central.free + threads.cached;
    size_t slab_bytes = (size_t)shape->slab_pages << HAK_PAGE_SHIFT;
    *out = (struct hak_class_stats){
        .slabs = central.slabs,
        .live = blocks > held ? blocks - held : 0,
        .cached = threads.cached,
        .parked = central.parked,
        .free = central.free,
        .tail = central.slabs * (slab_bytes - (size_t)shape->nblocks * shape->size),
        .fills = central.fills,
        .slab_fills = central.misses,
        .drains = central.drains,
        .allocs = threads.allocs,
        .frees = threads.frees,
        .requested = threads.requested,
    };
}

void hak_stats_collect(struct hak_stats *out)
{
    *out = (struct hak_stats){.live = 0};
    hak_heap_stats(&out->heap);
    hak_threads_stats(&out->threads);
    hak_large_stats(&out->large);
    hak_bigcache_stats(&out->bigcache);
    if (HAK_GUARD) {
        size_t blocks, bytes;
        hak_guard_waiting(&blocks, &bytes);
        out->large.blocks -= hak_min(blocks, out->large.blocks);
        out->large.bytes -= hak_min(bytes, out->large.bytes);
    }
    for (unsigned cls = 1; cls <= HAK_NCLASSES; cls++) {
        const struct hak_class *shape = &hak_classes[cls];
        struct hak_class_stats s;
        hak_stats_class(cls, &s);
        out->slab_bytes += s.slabs * shape->slab_pages << HAK_PAGE_SHIFT;
        out->live += s.live;
        out->live_bytes += s.live * shape->size;
        out->free += s.free;
        out->stock += s.cached + s.parked;
        out->stock_bytes += (s.cached + s.parked) * shape->size;
    }
    out->rss_bytes = hak_os_resident_bytes();
    out->peak_bytes = hak_max(hak_os_peak_bytes(), out->rss_bytes);
}
