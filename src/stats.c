/* stats.c: see stats.h. */
#include "stats.h"
#include "bigcache.h"
#include "cache.h"
#include "heap.h"
#include "large.h"
#include "report.h"

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

static void report_classes(void)
{
    for (unsigned cls = 1; cls <= HAK_NCLASSES; cls++) {
        struct hak_central_stats s;
        char name[32];
        hak_central_stats(cls, &s);
        if (s.slabs == 0 && s.fills == 0)
            continue;
        size_t blocks = s.slabs * hak_classes[cls].nblocks;
        hak_report("class %u: %u B, %zu slabs, %zu blocks out, %zu parked, %zu free, "
                   "%llu fills (%llu from slabs), %llu drains",
                   cls, hak_classes[cls].size, s.slabs, blocks - s.parked - s.free, s.parked,
                   s.free, (unsigned long long)s.fills, (unsigned long long)s.misses,
                   (unsigned long long)s.drains);
        hak_format(name, sizeof name, "class %u", cls);
        report_lock(name, hak_central_lock(cls));
    }
}

void hak_stats_report(void)
{
    struct hak_heap_stats heap;
    struct hak_cache_stats caches;
    struct hak_large_stats large;
    struct hak_bigcache_stats kept;
    hak_heap_stats(&heap);
    hak_cache_stats(&caches);
    hak_large_stats(&large);
    hak_bigcache_stats(&kept);
    hak_report("statistics of profile " HAK_PROFILE_NAME ", digest " HAK_PROFILE_DIGEST);
    hak_report("arena: %zu KiB reserved, %zu committed, %zu dirty, %zu clean; %llu KiB purged in "
               "%llu calls, %llu commits",
               kib(heap.reserved), kib(heap.committed), kib(heap.dirty), kib(heap.clean),
               (unsigned long long)(heap.purged >> 10), (unsigned long long)heap.purges,
               (unsigned long long)heap.commits);
    hak_report("threads: %zu caches in use, %zu KiB, %llu refills, %llu flushes", caches.threads,
               kib(caches.bytes), (unsigned long long)caches.refills,
               (unsigned long long)caches.flushes);
    hak_report("large: %zu blocks, %zu KiB, %llu moved", large.blocks, kib(large.bytes),
               (unsigned long long)large.moves);
    hak_report("bigcache: %zu KiB kept, %llu hits, %llu misses, %llu evictions", kib(kept.bytes),
               (unsigned long long)kept.hits, (unsigned long long)kept.misses,
               (unsigned long long)kept.evictions);
    report_classes();
    report_lock("heap", &hak_heap_lock);
    report_lock("bigcache", &hak_bigcache_lock);
    report_lock("registry", &hak_cache_registry_lock);
}
