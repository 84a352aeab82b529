// The L2.5 cache of large spans.
#include <vector>

#include "tests/support.h"

using hak::profile;

namespace {

constexpr size_t kPage = 65536;

class BigCache : public hak::HeapTest {
  protected:
    void SetUp() override
    {
        hak::HeapTest::SetUp();
        if (!profile.bigcache || profile.bigcache_bytes < 64 * kPage || profile.bigcache_pages < 32)
            GTEST_SKIP() << "off or tiny in this profile";
        Behave(0);
    }

    static constexpr size_t kSmallPage = 4096;

    // As a program that has written to `touched` of the 16 pages of each block that it frees.  The
    // cache looks at few of them, but after so many it knows.
    static void Behave(unsigned touched)
    {
        hak_span *span = Alloc(1);
        std::memset(shim_span_start(span), 0, kPage);
        for (unsigned i = 0; i < touched; i++)
            shim_span_start(span)[i * kSmallPage + 2048] = 1;
        for (int i = 0; i < 20000; i++) {
            hak_bigcache_put(span);
            ASSERT_EQ(hak_bigcache_take(1), span);
        }
        hak_heap_free(span);
        hak_heap_purge(UINT64_MAX, 0);
    }

    // Of a kept span, in sixteenths: what of it is taken to be resident.
    static size_t Resident()
    {
        hak_bigcache_put(Alloc(1));
        size_t sixteenths = (hak_bigcache_resident() + kSmallPage / 2) / kSmallPage;
        hak_bigcache_evict(UINT64_MAX);
        return sixteenths;
    }

    static hak_span *Alloc(size_t npages)
    {
        return hak_heap_alloc(npages, kPage, 0);
    }
};

TEST_F(BigCache, HandsOutTheLastOfASize)
{
    hak_span *a = Alloc(4), *b = Alloc(4);
    struct shim_bigcache_stats before = shim_bigcache_stats();
    hak_bigcache_put(a);
    hak_bigcache_put(b);
    EXPECT_EQ(hak_bigcache_bytes(), 8 * kPage);
    EXPECT_EQ(hak_span_find(shim_span_start(a)), nullptr) << "a kept span is nobody's";
    EXPECT_EQ(hak_bigcache_take(4), b);
    EXPECT_EQ(hak_bigcache_take(4), a);
    EXPECT_EQ(hak_bigcache_take(4), nullptr);
    EXPECT_EQ(shim_bigcache_stats().hits - before.hits, 2u);
    EXPECT_EQ(shim_bigcache_stats().misses - before.misses, 1u);
    EXPECT_EQ(hak_bigcache_bytes(), 0u);
    EXPECT_EQ(hak_span_find(shim_span_start(a)), a);
    EXPECT_FALSE(shim_span_zero(a)) << "its contents are unknown";
    hak_heap_free(a);
    hak_heap_free(b);
}

TEST_F(BigCache, HandsOutAtMostAnEighthMore)
{
    hak_bigcache_put(Alloc(18));
    EXPECT_EQ(hak_bigcache_take(19), nullptr);
    EXPECT_EQ(hak_bigcache_take(15), nullptr);
    hak_span *span = hak_bigcache_take(16);
    ASSERT_NE(span, nullptr);
    EXPECT_EQ(shim_span_pages(span), 18u);
    hak_heap_free(span);
}

TEST_F(BigCache, KeepsItsBudgetByEvictingTheOldest)
{
    size_t npages = std::min(profile.bigcache_pages, profile.bigcache_bytes / kPage / 4);
    if (profile.bigcache_bytes / (npages * kPage) > 1000)
        GTEST_SKIP() << "a budget without bound";
    size_t fit = profile.bigcache_bytes / (npages * kPage);
    std::vector<hak_span *> spans;
    for (size_t i = 0; i < fit + 3; i++) {
        spans.push_back(Alloc(npages));
        ASSERT_NE(spans.back(), nullptr);
    }
    uint64_t evictions = shim_bigcache_stats().evictions;
    for (hak_span *span : spans) {
        hak_bigcache_put(span);
        EXPECT_LE(hak_bigcache_bytes(), profile.bigcache_bytes);
    }
    EXPECT_EQ(hak_bigcache_bytes(), fit * npages * kPage);
    EXPECT_EQ(shim_bigcache_stats().evictions - evictions, 3u);
    for (size_t i = spans.size(); i-- > 3;) {
        hak_span *span = hak_bigcache_take(npages);
        ASSERT_EQ(span, spans[i]);
        hak_heap_free(span);
    }
    EXPECT_EQ(hak_bigcache_take(npages), nullptr);
}

TEST_F(BigCache, EvictsWhatIsOldEnough)
{
    hak_span *a = Alloc(2), *b = Alloc(3), *c = Alloc(2);
    os_fake_set_clock(2000);
    hak_bigcache_put(a);
    os_fake_set_clock(3000);
    hak_bigcache_put(b);
    os_fake_set_clock(4000);
    hak_bigcache_put(c);
    EXPECT_EQ(hak_bigcache_evict(1999), 0u);
    EXPECT_EQ(hak_bigcache_evict(3000), 5 * kPage);
    EXPECT_EQ(hak_bigcache_take(3), nullptr);
    EXPECT_EQ(hak_bigcache_take(2), c);
    hak_bigcache_put(c);
    EXPECT_EQ(hak_bigcache_evict(UINT64_MAX), 2 * kPage);
}

TEST_F(BigCache, TakesOutOfTheMiddle)
{
    std::vector<hak_span *> spans;
    for (size_t npages : {1, 2, 3, 2, 1})
        spans.push_back(Alloc(npages));
    for (hak_span *span : spans)
        hak_bigcache_put(span);
    EXPECT_EQ(hak_bigcache_take(3), spans[2]);
    EXPECT_EQ(hak_bigcache_take(2), spans[3]);
    EXPECT_EQ(hak_bigcache_take(1), spans[4]);
    EXPECT_EQ(hak_bigcache_bytes(), 3 * kPage);
    EXPECT_EQ(hak_bigcache_evict(UINT64_MAX), 3 * kPage);
    for (size_t i : {2, 3, 4})
        hak_heap_free(spans[i]);
}

TEST_F(BigCache, DoesNotKeepWhatIsTooLarge)
{
    hak_span *largest = Alloc(profile.bigcache_pages), *larger = Alloc(profile.bigcache_pages + 1);
    hak_bigcache_put(larger);
    EXPECT_EQ(hak_bigcache_bytes(), 0u);
    hak_bigcache_put(largest);
    bool fits = profile.bigcache_pages * kPage <= profile.bigcache_bytes;
    EXPECT_EQ(hak_bigcache_bytes(), fits ? profile.bigcache_pages * kPage : 0);
}

// Long spans that are resident go to the heap, where they merge; short ones are kept however full.
TEST_F(BigCache, KeepsLongSpansOnlyOfSparsePrograms)
{
    for (unsigned touched : {16, 1, 8, 0}) {
        Behave(touched);
        bool sparse = touched <= 4;
        hak_bigcache_put(Alloc(20));
        EXPECT_EQ(hak_bigcache_bytes(), sparse ? 20 * kPage : 0) << touched << " of 16 pages";
        hak_bigcache_evict(UINT64_MAX);
        hak_bigcache_put(Alloc(4));
        EXPECT_EQ(hak_bigcache_bytes(), 4 * kPage);
        EXPECT_EQ(hak_bigcache_is_light(), false) << "nothing is in use";
        hak_bigcache_evict(UINT64_MAX);
    }
}

// A page counts once something other than zero stands in it, wherever.
TEST_F(BigCache, TellsTouchedPagesByTheirContents)
{
    for (unsigned touched : {0, 16, 4, 8, 0}) {
        Behave(touched);
        EXPECT_EQ(Resident(), touched);
    }
}

TEST_F(BigCache, IsLightBesideWhatIsInUse)
{
    hak_span *used = Alloc(64);
    hak_bigcache_put(Alloc(32)); // of which next to nothing is resident
    EXPECT_TRUE(hak_bigcache_is_light());
    hak_heap_free(used);
    EXPECT_FALSE(hak_bigcache_is_light());
}

TEST_F(BigCache, ServesLargeBlocks)
{
    SKIP_IF_GUARDED();
    size_t size = 20 * kPage;
    char *p = static_cast<char *>(hak_malloc(size));
    std::memset(p, 0x77, hak_malloc_usable_size(p));
    hak_span *span = hak_span_find(p);
    hak_free(p);
    uint64_t claims = shim_heap_stats().claims, hits = shim_bigcache_stats().hits;
    char *q = static_cast<char *>(hak_calloc(1, size));
    EXPECT_EQ(hak_span_find(q), span);
    EXPECT_EQ(shim_bigcache_stats().hits, hits + 1);
    EXPECT_EQ(shim_heap_stats().claims, claims);
    EXPECT_TRUE(hak::IsZero(q, size)) << "calloc clears what was kept";
    hak_free(q);
}

TEST(BigCacheOff, KeepsNothing)
{
    if (profile.bigcache)
        GTEST_SKIP() << "on in this profile";
    os_fake_reset();
    ASSERT_TRUE(hak_heap_init());
    hak_bigcache_put(hak_heap_alloc(4, kPage, 0));
    EXPECT_EQ(hak_bigcache_bytes(), 0u);
    EXPECT_EQ(hak_bigcache_take(4), nullptr);
    hak_free(hak_malloc(1 << 20));
    EXPECT_EQ(hak_bigcache_bytes(), 0u);
    hak::Settle();
    hak::ExpectAllFree();
}

} // namespace
