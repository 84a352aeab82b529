/* stats_text.c: statistics for people. */
#include "central.h"
#include "report.h"
#include "stats.h"

static size_t kib(size_t bytes)
{
    return bytes >> 10;
}

static void report_lock(const char *name, const struct hak_lock *lock)
{
    if (HAK_LOCK_STATS && lock->acquired > 0)
        hak_report("lock %s: %llu acquired, %u contended", name, (unsigned long long)lock->acquired,
                   lock->contended);
}

static void report_calls(const struct hak_class *shape, const struct hak_class_stats *s)
{
    uint64_t room = s->allocs * (shape->size - HAK_HEADER_BYTES);
    uint64_t hits = s->allocs > s->fills ? s->allocs - s->fills : 0;
    if (s->allocs > 0)
        hak_report("    %llu allocated, %llu freed, %llu from the cache, %llu KiB asked for, "
                   "%llu lost to rounding",
                   (unsigned long long)s->allocs, (unsigned long long)s->frees,
                   (unsigned long long)hits, (unsigned long long)(s->requested >> 10),
                   (unsigned long long)(room - hak_min(room, s->requested)) >> 10);
}

static void report_classes(void)
{
    for (unsigned cls = 1; cls <= HAK_NCLASSES; cls++) {
        const struct hak_class *shape = &hak_classes[cls];
        struct hak_class_stats s;
        char name[32];
        hak_stats_class(cls, &s);
        if (s.slabs == 0 && s.fills == 0)
            continue;
        hak_report(
            "class %u: %u B, %zu slabs, %zu blocks in use, %zu cached, %zu parked, %zu free; "
            "%llu fills (%llu from slabs), %llu drains",
            cls, shape->size, s.slabs, s.live, s.cached, s.parked, s.free,
            (unsigned long long)s.fills, (unsigned long long)s.slab_fills,
            (unsigned long long)s.drains);
        report_calls(shape, &s);
        hak_format(name, sizeof name, "class %u", cls);
        report_lock(name, hak_central_lock(cls));
    }
}

void hak_stats_report(void)
{
    struct hak_stats s;
    hak_stats_collect(&s);
    hak_report("statistics of profile " HAK_PROFILE_NAME ", digest " HAK_PROFILE_DIGEST);
    hak_report("process: %zu KiB resident, %zu at the peak", kib(s.rss_bytes), kib(s.peak_bytes));
    hak_report("in use: %zu small blocks, %zu KiB; %zu large blocks, %zu KiB; kept by threads and "
               "central: %zu blocks, %zu KiB",
               s.live, kib(s.live_bytes), s.large.blocks, kib(s.large.bytes), s.stock,
               kib(s.stock_bytes));
    hak_report("arena: %zu KiB mapped, %zu dirty, %zu clean; %llu KiB purged in %llu calls, "
               "mapped in %llu",
               kib(s.heap.mapped), kib(s.heap.dirty), kib(s.heap.clean),
               (unsigned long long)(s.heap.purged >> 10), (unsigned long long)s.heap.purges,
               (unsigned long long)s.heap.claims);
    hak_report("threads: %zu caches in use, %zu KiB, %llu refills, %llu flushes", s.threads.threads,
               kib(s.threads.bytes), (unsigned long long)s.threads.refills,
               (unsigned long long)s.threads.flushes);
    hak_report("large: %llu moved; bigcache: %zu KiB kept, %llu hits, %llu misses, %llu evictions",
               (unsigned long long)s.large.moves, kib(s.bigcache.bytes),
               (unsigned long long)s.bigcache.hits, (unsigned long long)s.bigcache.misses,
               (unsigned long long)s.bigcache.evictions);
    report_classes();
    report_lock("heap", &hak_heap_lock);
    report_lock("bigcache", &hak_bigcache_lock);
    report_lock("threads", &hak_threads_lock);
}
