// The heap: spans cut from and merged back into one range of pages, purge.  How it grows:
// growth_test.cc.
#include <algorithm>
#include <map>
#include <vector>

#include "tests/support.h"

using hak::profile;

namespace {

constexpr size_t kPage = 65536;

hak_span *Alloc(size_t npages, size_t align = kPage)
{
    return hak_heap_alloc(npages, align, 0);
}

char *End(const hak_span *span)
{
    return shim_span_start(span) + shim_span_pages(span) * kPage;
}

void Dirty(hak_span *span)
{
    std::memset(shim_span_start(span), 0xEE, shim_span_pages(span) * kPage);
}

// What becomes of freed memory: it stays, it is purged and stays mapped, it is unmapped.
enum Memory { kDirty, kClean, kAway };
constexpr Memory kAllKinds[] = {kDirty, kClean, kAway};

void GiveBack(Memory memory)
{
    shim_set_has_threads(memory == kClean);
    if (memory != kDirty)
        hak_heap_purge(UINT64_MAX, 0);
}

class Heap : public hak::HeapTest {};

TEST_F(Heap, SpansAreAlignedAndDisjoint)
{
    std::map<char *, hak_span *> spans;
    for (size_t align = kPage; align <= (8u << 20); align *= 2) {
        for (size_t npages : {1, 2, 3, 7, 33}) {
            hak_span *span = Alloc(npages, align);
            ASSERT_NE(span, nullptr);
            EXPECT_EQ(shim_span_pages(span), npages);
            EXPECT_TRUE(hak::IsAligned(shim_span_start(span), align));
            EXPECT_GE(shim_span_start(span), shim_heap_base());
            EXPECT_LE(End(span), shim_heap_base() + shim_heap_limit());
            EXPECT_TRUE(spans.emplace(shim_span_start(span), span).second);
        }
    }
    char *end = nullptr;
    for (auto &[start, span] : spans) {
        EXPECT_GE(start, end);
        end = End(span);
    }
    for (auto &[start, span] : spans)
        hak_heap_free(span);
}

// Three neighbours freed in any order are one run again, found at the first one's place.
TEST_F(Heap, FreedNeighboursMerge)
{
    for (Memory memory : kAllKinds) {
        int order[] = {0, 1, 2};
        do {
            hak_span *spans[] = {Alloc(2), Alloc(3), Alloc(4)};
            hak_span *guard = Alloc(1);
            ASSERT_NE(guard, nullptr);
            char *start = shim_span_start(spans[0]);
            ASSERT_EQ(start + 9 * kPage, shim_span_start(guard));
            for (int i : order)
                hak_heap_free(spans[i]);
            GiveBack(memory);
            hak_span *sum = Alloc(9);
            EXPECT_EQ(shim_span_start(sum), start);
            hak_heap_free(sum);
            hak_heap_free(guard);
            hak::Settle();
        } while (std::next_permutation(order, order + 3));
    }
}

TEST_F(Heap, SplitsARunAndKeepsTheRest)
{
    SKIP_IF_PURGED_WHEN_FREED();
    hak_span *span = Alloc(10), *guard = Alloc(1);
    char *start = shim_span_start(span);
    hak_heap_free(span);
    hak_span *first = Alloc(3), *second = Alloc(7);
    EXPECT_EQ(shim_span_start(first), start);
    EXPECT_EQ(shim_span_start(second), start + 3 * kPage);
    hak_heap_free(first);
    hak_heap_free(second);
    hak_heap_free(guard);
}

// A run of an aligned span's size is not enough; the parts before and behind stay usable.
TEST_F(Heap, AlignedSpansLeaveTheirSurroundings)
{
    SKIP_IF_PURGED_WHEN_FREED();
    hak_span *lead = Alloc(1), *span = Alloc(63), *guard = Alloc(1);
    char *start = shim_span_start(span);
    hak_heap_free(span);
    hak_span *aligned = Alloc(16, 1 << 20);
    ASSERT_TRUE(hak::IsAligned(shim_span_start(aligned), 1 << 20));
    EXPECT_GE(shim_span_start(aligned), start);
    EXPECT_LE(End(aligned), start + 63 * kPage);
    size_t front = static_cast<size_t>(shim_span_start(aligned) - start) / kPage;
    std::vector<hak_span *> rest;
    for (size_t npages : {front, 63 - 16 - front}) {
        if (npages > 0)
            rest.push_back(Alloc(npages));
    }
    for (hak_span *part : rest) {
        EXPECT_GE(shim_span_start(part), start);
        EXPECT_LE(End(part), start + 63 * kPage);
        hak_heap_free(part);
    }
    hak_heap_free(aligned);
    hak_heap_free(lead);
    hak_heap_free(guard);
}

TEST_F(Heap, ExtendsIntoFreeNeighboursOnly)
{
    for (Memory memory : kAllKinds) {
        hak_span *span = Alloc(4), *behind = Alloc(6), *guard = Alloc(1);
        EXPECT_FALSE(hak_grow_extend(span, 5)) << "the page behind is taken";
        EXPECT_EQ(shim_span_pages(span), 4u);
        hak_heap_free(behind);
        GiveBack(memory);
        EXPECT_FALSE(hak_grow_extend(span, 11)) << "one page more than there is";
        EXPECT_TRUE(hak_grow_extend(span, 6));
        EXPECT_EQ(shim_span_pages(span), 6u);
        Dirty(span);
        EXPECT_TRUE(hak_grow_extend(span, 10));
        EXPECT_EQ(End(span), shim_span_start(guard));
        EXPECT_FALSE(hak_grow_extend(span, 11));
        // The guard is the last span: behind it the heap grows.
        EXPECT_TRUE(hak_grow_extend(guard, 40));
        Dirty(guard);
        hak_heap_free(span);
        hak_heap_free(guard);
        hak::Settle();
    }
}

TEST_F(Heap, TrimFreesTheRest)
{
    hak_span *span = Alloc(8), *guard = Alloc(1);
    hak_heap_trim(span, 8);
    EXPECT_EQ(shim_span_pages(span), 8u);
    hak_heap_trim(span, 3);
    EXPECT_EQ(shim_span_pages(span), 3u);
    hak_span *rest = Alloc(5);
    EXPECT_EQ(shim_span_start(rest), End(span));
    hak_heap_free(span);
    hak_heap_free(rest);
    hak_heap_free(guard);
}

TEST_F(Heap, FindsSpansFromTheirPages)
{
    unsigned cls = profile.nclasses;
    hak_span *slab = hak_heap_alloc(shim_class(cls).slab_pages, kPage, cls);
    hak_span *large = Alloc(5);
    for (char *p = shim_span_start(slab); p < End(slab); p += 4096) {
        EXPECT_EQ(hak_span_find(p), slab);
        EXPECT_EQ(hak_span_find(p + 4095), slab);
    }
    EXPECT_EQ(hak_span_find(shim_span_start(large)), large);
    EXPECT_EQ(hak_span_find(shim_span_start(large) + kPage - 1), large);
    for (size_t page = 1; page < 5; page++) {
        hak_span *found = hak_span_find(shim_span_start(large) + page * kPage);
        EXPECT_TRUE(found == nullptr || found == large);
    }
    char *slab_page = End(slab) - 1, *large_page = shim_span_start(large);
    hak_heap_free(slab);
    hak_heap_free(large);
    EXPECT_EQ(hak_span_find(slab_page), nullptr) << "free pages";
    EXPECT_EQ(hak_span_find(large_page), nullptr) << "free pages";
}

// A span that grew over the pages of a former slab is the only one that is found from them.
TEST_F(Heap, FindsNoFormerSpans)
{
    unsigned cls = profile.nclasses;
    size_t npages = shim_class(cls).slab_pages;
    if (profile.lookup == SHIM_REGION || npages < 3)
        GTEST_SKIP() << "slabs lie elsewhere, or have too few pages";
    hak_span *front = Alloc(2), *slab = hak_heap_alloc(npages, kPage, cls), *back = Alloc(4);
    hak_span *guard = Alloc(1);
    char *start = shim_span_start(front);
    ASSERT_EQ(shim_span_start(slab), start + 2 * kPage);
    for (hak_span *span : {front, slab, back})
        hak_heap_free(span);
    hak_span *large = Alloc(3); // ends in what was the slab's first page
    ASSERT_EQ(shim_span_start(large), start);
    ASSERT_TRUE(hak_grow_extend(large, npages + 6));
    for (size_t page = 0; page < npages + 6; page++) {
        hak_span *found = hak_span_find(start + page * kPage);
        EXPECT_TRUE(found == nullptr || found == large) << "page " << page;
    }
    hak_heap_free(large);
    for (size_t page = 0; page < npages + 6; page++)
        EXPECT_EQ(hak_span_find(start + page * kPage), nullptr) << "page " << page;
    hak_heap_free(guard);
}

TEST_F(Heap, FindsNothingForForeignPointers)
{
    int local = 0;
    int *libc = new int;
    char *base = shim_heap_base();
    EXPECT_EQ(hak_span_find(nullptr), nullptr);
    EXPECT_EQ(hak_span_find(&local), nullptr);
    EXPECT_EQ(hak_span_find(libc), nullptr);
    EXPECT_EQ(hak_span_find(reinterpret_cast<void *>(&Alloc)), nullptr);
    EXPECT_EQ(hak_span_find(base - 1), nullptr);
    EXPECT_EQ(hak_span_find(base), nullptr) << "page 0 is never used";
    EXPECT_EQ(hak_span_find(base + shim_heap_limit()), nullptr);
    EXPECT_EQ(hak_span_find(reinterpret_cast<void *>(UINTPTR_MAX)), nullptr);
    delete libc;
}

TEST_F(Heap, FreshAndPurgedMemoryIsZeroAndSaidToBe)
{
    for (Memory memory : {kClean, kAway}) {
        hak_span *span = Alloc(6), *guard = Alloc(1);
        EXPECT_TRUE(shim_span_zero(span));
        EXPECT_TRUE(hak::IsZero(shim_span_start(span), 6 * kPage));
        Dirty(span);
        char *start = shim_span_start(span);
        hak_heap_free(span);
        span = Alloc(6);
        ASSERT_EQ(shim_span_start(span), start);
        EXPECT_EQ(shim_span_zero(span), profile.decay_ms == 0) << "recycled memory is not zero";
        Dirty(span);
        hak_heap_free(span);
        GiveBack(memory);
        span = Alloc(6);
        ASSERT_EQ(shim_span_start(span), start);
        EXPECT_TRUE(shim_span_zero(span));
        EXPECT_TRUE(hak::IsZero(start, 6 * kPage));
        hak_heap_free(span);
        hak_heap_free(guard);
        hak::Settle();
    }
}

TEST_F(Heap, PurgesWhatWasFreedLongEnoughAgo)
{
    SKIP_IF_PURGED_WHEN_FREED();
    hak_span *spans[] = {Alloc(3), Alloc(1), Alloc(5), Alloc(1)};
    os_fake_set_clock(5000);
    hak_heap_free(spans[0]);
    os_fake_set_clock(6000);
    hak_heap_free(spans[2]);
    EXPECT_EQ(hak_heap_dirty_bytes(), 8 * kPage);
    uint64_t purged = shim_heap_stats().purged;
    EXPECT_EQ(hak_heap_purge(4999, 0), 0u);
    EXPECT_EQ(hak_heap_purge(5000, 0), 3 * kPage);
    EXPECT_EQ(hak_heap_dirty_bytes(), 5 * kPage);
    EXPECT_EQ(hak_heap_purge(5999, 0), 0u);
    EXPECT_EQ(hak_heap_purge(6000, 0), 5 * kPage);
    EXPECT_EQ(hak_heap_dirty_bytes(), 0u);
    EXPECT_EQ(shim_heap_stats().purged - purged, 8 * kPage);
    hak_heap_free(spans[1]);
    hak_heap_free(spans[3]);
}

// The oldest go first, until no more is left than may be kept.
TEST_F(Heap, PurgesNoMoreThanItMust)
{
    SKIP_IF_PURGED_WHEN_FREED();
    hak_span *spans[] = {Alloc(3), Alloc(1), Alloc(5), Alloc(1), Alloc(4), Alloc(1)};
    for (int i : {2, 0, 4})
        hak_heap_free(spans[i]);
    EXPECT_EQ(hak_heap_purge(UINT64_MAX, 12 * kPage), 0u);
    EXPECT_EQ(hak_heap_purge(UINT64_MAX, 7 * kPage), 5 * kPage) << "the oldest has five pages";
    EXPECT_EQ(hak_heap_purge(UINT64_MAX, 5 * kPage), 3 * kPage) << "a run is purged as a whole";
    EXPECT_EQ(hak_heap_dirty_bytes(), 4 * kPage);
    for (int i : {1, 3, 5})
        hak_heap_free(spans[i]);
}

// Small frees beside a large old run do not make it young.
TEST_F(Heap, AMergedRunIsAsOldAsItsLargestPart)
{
    SKIP_IF_PURGED_WHEN_FREED();
    hak_span *small = Alloc(1), *big = Alloc(20), *guard = Alloc(1);
    os_fake_set_clock(5000);
    hak_heap_free(big);
    os_fake_set_clock(9000);
    hak_heap_free(small);
    EXPECT_EQ(hak_heap_purge(5000, 0), 21 * kPage);
    hak_heap_free(guard);
}

TEST_F(Heap, AFailedPurgeKeepsTheRunForLater)
{
    SKIP_IF_PURGED_WHEN_FREED();
    for (bool threads : {false, true}) {
        hak_span *span = Alloc(4), *guard = Alloc(1);
        char *start = shim_span_start(span);
        shim_set_has_threads(threads);
        hak::FillPattern(start, 4 * kPage, 1);
        hak_heap_free(span);
        os_fake_fail(OS_GIVE_BACK, 1, true);
        EXPECT_EQ(hak_heap_purge(UINT64_MAX - 1, 0), 0u);
        // With the header lookup some pages stay mapped, if no others are.
        bool few = shim_heap_stats().clean + 4 * kPage <= 16 << 20;
        bool stays = threads || (profile.lookup == SHIM_HEADER && few);
        EXPECT_EQ(os_fake_count(OS_GIVE_BACK), 1u + stays)
            << "what fails is not tried again and again";
        EXPECT_EQ(hak_heap_dirty_bytes(), 4 * kPage);
        span = Alloc(4);
        EXPECT_EQ(shim_span_start(span), start);
        EXPECT_FALSE(shim_span_zero(span));
        EXPECT_EQ(hak::PatternEnd(start, 4 * kPage, 1), 4 * kPage);
        Dirty(span);
        hak_heap_free(span);
        os_fake_reset();
        EXPECT_EQ(hak_heap_purge(UINT64_MAX, 0), 4 * kPage);
        hak_heap_free(guard);
        hak::Settle();
    }
}

// In a process with threads, memory that cannot be purged is unmapped.
TEST_F(Heap, UnmapsWhatCannotBePurged)
{
    SKIP_IF_PURGED_WHEN_FREED();
    hak_span *span = Alloc(4), *guard = Alloc(1);
    shim_set_has_threads(true);
    Dirty(span);
    hak_heap_free(span);
    size_t mapped = shim_heap_stats().mapped;
    os_fake_fail(OS_PURGE, 1, true);
    EXPECT_EQ(hak_heap_purge(UINT64_MAX, 0), 4 * kPage);
    EXPECT_EQ(shim_heap_stats().mapped, mapped - 4 * kPage);
    os_fake_reset();
    hak_heap_free(guard);
}

TEST_F(Heap, RefusesWhatTheAddressSpaceDoesNotHold)
{
    size_t pages = shim_heap_size() / kPage;
    for (size_t npages : {pages, pages + 1, pages * 2, static_cast<size_t>(1) << 32,
                          (static_cast<size_t>(1) << 32) + 1, PTRDIFF_MAX / kPage})
        EXPECT_EQ(Alloc(npages), nullptr) << npages;
    for (unsigned log = 44; log < 64; log++)
        EXPECT_EQ(Alloc(1, static_cast<size_t>(1) << log), nullptr) << log;
}

// Random allocation, growth, cutting, freeing and purging against a map of what is taken.
TEST_F(Heap, RandomSpansNeverOverlapAndMergeInTheEnd)
{
    struct Entry {
        hak_span *span;
        size_t npages;
        uint64_t tag;
    };
    std::map<char *, Entry> model;
    hak::Random random(7);
    uint64_t tag = 0, now = 1000;
    size_t live = 0;

    auto mark = [](const Entry &entry) {
        char *start = shim_span_start(entry.span);
        for (size_t page = 0; page < entry.npages; page++)
            std::memcpy(start + page * kPage, &entry.tag, sizeof entry.tag);
        std::memcpy(start + entry.npages * kPage - 8, &entry.tag, sizeof entry.tag);
    };
    auto intact = [](const Entry &entry) {
        char *start = shim_span_start(entry.span);
        for (size_t page = 0; page < entry.npages; page++) {
            if (std::memcmp(start + page * kPage, &entry.tag, sizeof entry.tag) != 0)
                return false;
        }
        return std::memcmp(start + entry.npages * kPage - 8, &entry.tag, sizeof entry.tag) == 0;
    };
    auto disjoint = [&](char *start, size_t npages) {
        auto next = model.lower_bound(start);
        if (next != model.end() && next->first < start + npages * kPage)
            return false;
        return next == model.begin() ||
               std::prev(next)->first + std::prev(next)->second.npages * kPage <= start;
    };
    auto pick = [&] {
        auto it = model.lower_bound(shim_heap_base() + random.Below(shim_heap_limit()));
        return it == model.end() ? model.begin() : it;
    };

    for (int step = 0; step < 12000; step++) {
        unsigned action = static_cast<unsigned>(random.Below(100));
        now += random.Below(3);
        os_fake_set_clock(now);
        if (model.empty() || (action < 45 && live < 4000)) {
            size_t npages = random.Size(300);
            size_t align = random.Below(8) ? kPage : kPage << random.Below(6);
            hak_span *span = Alloc(npages, align);
            ASSERT_NE(span, nullptr);
            char *start = shim_span_start(span);
            ASSERT_TRUE(hak::IsAligned(start, align));
            ASSERT_TRUE(disjoint(start, npages)) << "step " << step;
            if (shim_span_zero(span)) {
                ASSERT_TRUE(hak::IsZero(start, 64) && hak::IsZero(start + npages * kPage - 8, 8));
            }
            Entry entry = {span, npages, ++tag};
            mark(entry);
            model[start] = entry;
            live += npages;
        } else if (action < 85) {
            auto it = pick();
            ASSERT_TRUE(intact(it->second)) << "step " << step;
            ASSERT_EQ(hak_span_find(it->first), it->second.span);
            hak_heap_free(it->second.span);
            live -= it->second.npages;
            model.erase(it);
        } else if (action < 90) {
            auto it = pick();
            Entry &entry = it->second;
            size_t npages = entry.npages + 1 + random.Below(20);
            if (hak_grow_extend(entry.span, npages)) {
                auto next = std::next(it);
                ASSERT_TRUE(next == model.end() || it->first + npages * kPage <= next->first);
                live += npages - entry.npages;
                entry.npages = npages;
                mark(entry);
            }
            ASSERT_EQ(shim_span_pages(entry.span), entry.npages);
        } else if (action < 95) {
            Entry &entry = pick()->second;
            size_t npages = 1 + random.Below(entry.npages);
            hak_heap_trim(entry.span, npages);
            live -= entry.npages - npages;
            entry.npages = npages;
            mark(entry);
        } else if (action < 98) {
            shim_set_has_threads(random.Below(2));
            hak_heap_purge(now > 20 ? now - random.Below(20) : 0, random.Below(500) * kPage);
        } else {
            // Not one page is unaccounted for.
            struct shim_heap_stats s = shim_heap_stats();
            ASSERT_EQ(s.mapped, s.clean + s.dirty + live * kPage) << "step " << step;
        }
    }
    for (auto &[start, entry] : model) {
        EXPECT_TRUE(intact(entry));
        hak_heap_free(entry.span);
    }
}

// With the region lookup each class has pages of its own; otherwise they are shared.
TEST_F(Heap, ClassesOfSpansAreKnownByAddress)
{
    if (profile.lookup == SHIM_HEADER)
        GTEST_SKIP() << "the class stands before the block";
    std::vector<hak_span *> slabs;
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
            hak_span *slab = hak_heap_alloc(shim_class(cls).slab_pages, kPage, cls);
            ASSERT_NE(slab, nullptr);
            for (char *p = shim_span_start(slab); p < End(slab); p += kPage) {
                ASSERT_EQ(shim_class_of_block(p), cls);
                ASSERT_EQ(shim_class_of_block(p + kPage - 1), cls);
            }
            slabs.push_back(slab);
        }
    }
    for (hak_span *slab : slabs)
        hak_heap_free(slab);
}

} // namespace
