// Memory runs out at each possible place: NULL and ENOMEM, nothing lost, and later it works again.
#include <cerrno>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "tests/fresh.h"

using hak::profile;

namespace {

class OutOfMemory : public hak::HeapTest {};

// Allocates of everything until something fails or all is there; true if nothing failed.
bool Load(size_t scale)
{
    std::vector<void *> blocks;
    bool whole = true;
    auto keep = [&](void *p, size_t size) {
        if (!p) {
            EXPECT_EQ(errno, ENOMEM);
            whole = false;
            return;
        }
        static_cast<char *>(p)[0] = 1;
        if (size > 0)
            static_cast<char *>(p)[size - 1] = 1;
        blocks.push_back(p);
    };
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        for (size_t i = 0; i < 2 * c.nblocks / 8 + 3; i++) {
            errno = 0;
            keep(hak_malloc(c.usable), c.usable);
        }
    }
    for (size_t size : {profile.small_max + 1, static_cast<size_t>(300000), scale}) {
        errno = 0;
        keep(hak_calloc(1, size), size);
        errno = 0;
        keep(hak_aligned_alloc(size_t(1) << 18, size), size);
        errno = 0;
        void *p = hak_malloc(size);
        keep(p, size);
        if (p) {
            errno = 0;
            void *q = hak_realloc(p, size * 2);
            EXPECT_TRUE(q || errno == ENOMEM);
            if (q)
                blocks.back() = q;
            whole &= q != nullptr;
        }
    }
    for (void *p : blocks)
        hak_free(p);
    return whole;
}

TEST_F(OutOfMemory, ReallocKeepsTheBlock)
{
    for (size_t size :
         {static_cast<size_t>(100), profile.small_max, profile.small_max + 1, hak::Moved(0) + 5}) {
        char *p = static_cast<char *>(hak_malloc(size));
        hak::FillPattern(p, size, 4);
        os_fake_fail(OS_MEMORY, 1, true);
        errno = 0;
        size_t more = shim_heap_stats().mapped + (64 << 20);
        EXPECT_EQ(hak_realloc(p, more), nullptr);
        EXPECT_EQ(errno, ENOMEM);
        os_fake_reset();
        EXPECT_EQ(hak::PatternEnd(p, size, 4), size);
        hak_free(p);
    }
}

// Before a request fails, all that the caches keep is put to use.
TEST_F(OutOfMemory, TakesBackWhatCachesKeep)
{
    std::vector<void *> blocks;
    for (size_t size : {static_cast<size_t>(64), profile.small_max, static_cast<size_t>(1) << 20}) {
        for (size_t bytes = 0; bytes < (4u << 20); bytes += size)
            blocks.push_back(hak_malloc(size));
    }
    for (void *p : blocks)
        hak_free(p);
    blocks.clear();
    os_fake_set_room(0);
    size_t size = shim_heap_stats().mapped;
    for (; size >= profile.small_max * 2; size /= 2) {
        while (void *p = hak_malloc(size))
            blocks.push_back(p);
    }
    EXPECT_EQ(errno, ENOMEM);
    EXPECT_EQ(hak_bigcache_bytes(), 0u);
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        EXPECT_EQ(shim_central_stats(cls).slabs, 0u) << "class " << cls;
    }
    os_fake_reset();
    for (void *p : blocks)
        hak_free(p);
}

using FreshProcessDeathTest = hak::FreshProcessTest;

enum Outcome { kNotReached = 10, kUnharmed, kFailed };

// The n-th call of the OS fails, and if `on` all later ones; then it works again.
Outcome LoadWithFailure(unsigned nth, bool on)
{
    os_fake_fail(OS_ALL, nth, on);
    bool whole = Load(2 << 20);
    bool reached = os_fake_count(OS_ALL) >= nth;
    EXPECT_TRUE(whole || reached);
    os_fake_reset();
    hak::Settle();
    hak::ExpectAllFree();
    EXPECT_TRUE(Load(2 << 20)) << "it works no longer";
    hak::Settle();
    hak::ExpectAllFree();
    return !reached ? kNotReached : whole ? kUnharmed : kFailed;
}

// For n = 1, 2, ... until a load makes fewer calls, larger ones not one by one; each in a process
// of its own.
TEST_F(FreshProcessDeathTest, EachCallFailsInTurn)
{
    auto body = [] {
        for (bool on : {true, false}) {
            unsigned nth = 0, tried = 0, failures = 0;
            int outcome;
            do {
                nth += 1 + nth / 8;
                tried++;
                ASSERT_LT(nth, 1000u);
                outcome = hak::RunInChild([&] { return LoadWithFailure(nth, on); });
                ASSERT_GE(outcome, kNotReached) << "call " << nth;
                failures += outcome == kFailed;
            } while (outcome != kNotReached);
            // One refusal may be made up for by what the caches keep; a lasting one may not, unless
            // most of the load lies in what one call maps.
            bool few = profile.commit_step > (8u << 20);
            EXPECT_GT(nth, few ? 1u : 5u);
            EXPECT_GE(failures, !on ? 0 : few ? 1 : tried / 2);
        }
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// A thread that cannot have a cache does without.
TEST_F(FreshProcessDeathTest, ThreadsWorkWithoutACache)
{
    SKIP_IF_PURGED_WHEN_FREED();
    auto body = [] {
        // Freed large blocks of a hardened profile are not there for the next ones.
        size_t most = profile.small_max + (profile.guard ? 1 : 50);
        // So few that what is free is no excess, which would go back to the system.
        size_t largest = hak::BlockBytes(std::min<size_t>(400 * 11, most - 1));
        std::vector<void *> blocks(std::min<size_t>(400, (8 << 20) / largest));
        // The same blocks as below, so that the heap need not grow there.
        for (size_t i = 0; i < blocks.size(); i++)
            blocks[i] = hak_malloc(i * 11 % most);
        shim_cache_drain();
        os_fake_fail(OS_CLAIM, 1, true);
        std::thread([&] {
            for (void *p : blocks)
                hak_free(p);
            for (int round = 0; round < 3; round++) {
                for (size_t i = 0; i < blocks.size(); i++) {
                    size_t size = i * 11 % most;
                    ASSERT_NE(blocks[i] = hak_malloc(size), nullptr);
                    hak::FillPattern(blocks[i], size, i);
                }
                for (size_t i = 0; i < blocks.size(); i++) {
                    size_t size = i * 11 % most;
                    ASSERT_EQ(hak::PatternEnd(blocks[i], size, i), size);
                    hak_free(blocks[i]);
                }
            }
            EXPECT_FALSE(shim_cache_is_open());
        }).join();
        EXPECT_GT(os_fake_count(OS_CLAIM), 0u);
        os_fake_reset();
        hak::Settle();
        hak::ExpectAllFree();
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// Whatever is asked for is refused, and says so.
void ExpectCleanFailure()
{
    for (size_t size : {static_cast<size_t>(10), static_cast<size_t>(1) << 20}) {
        errno = 0;
        EXPECT_EQ(hak_malloc(size), nullptr);
        EXPECT_EQ(errno, ENOMEM);
        errno = 0;
        EXPECT_EQ(hak_calloc(1, size), nullptr);
        EXPECT_EQ(errno, ENOMEM);
        errno = 0;
        EXPECT_EQ(hak_aligned_alloc(64, size), nullptr);
        EXPECT_EQ(errno, ENOMEM);
    }
    hak_free(nullptr);
    EXPECT_EQ(hak_trim(), 0u);
}

TEST_F(FreshProcessDeathTest, FailsCleanlyWithoutMemory)
{
    auto body = [] {
        os_fake_fail(OS_MEMORY, 1, true);
        ExpectCleanFailure();
        os_fake_reset();
        hak_free(hak_malloc(10));
        EXPECT_TRUE(shim_cache_is_open());
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// The same in a process that found no place for the heap.
TEST_F(FreshProcessDeathTest, FailsCleanlyWithoutAHeap)
{
    if (hak::kSanitized)
        GTEST_SKIP() << "the sanitizer is not ready so early";
    auto body = [] {
        EXPECT_EQ(shim_heap_size(), 0u);
        ExpectCleanFailure();
        os_fake_reset();
        hak_free(hak_malloc(10));
        EXPECT_TRUE(shim_cache_is_open());
    };
    setenv(OS_FAKE_REFUSED, "1000000", 1);
    EXPECT_IN_FRESH_PROCESS(body);
    unsetenv(OS_FAKE_REFUSED);
}

// Places for the heap that are refused one after the other: the next one serves, a smaller heap in
// the end.
TEST_F(FreshProcessDeathTest, TakesAnotherPlaceWhenRefused)
{
    if (hak::kSanitized)
        GTEST_SKIP() << "the sanitizer is not ready so early";
    const uintptr_t band = 0x400000000000, band_end = 0x500000000000;
    // Places that are tried in the band, if a heap fits there at all; then two for each size.
    const unsigned in_band = profile.heap_size < band_end - band ? 4 : 0;
    for (unsigned refused :
         {0u, 1u, 3u, in_band, in_band + 1, in_band + 2, in_band + 3, in_band + 4}) {
        auto body = [=] {
            auto base = reinterpret_cast<uintptr_t>(shim_heap_base());
            EXPECT_EQ(base >= band && base + shim_heap_size() <= band_end, refused < in_band);
            // The second place of a size may reach beyond the addresses that there are.
            if (refused <= in_band) {
                EXPECT_EQ(shim_heap_size(), profile.heap_size);
            } else if (refused >= in_band + 2) {
                EXPECT_LT(shim_heap_size(), profile.heap_size);
            }
            EXPECT_GE(shim_heap_size(), profile.heap_size >> 3);
            void *p = hak_realloc(hak_malloc(10), 3 << 20);
            ASSERT_NE(p, nullptr);
            hak_free(p);
            hak::Settle();
            hak::ExpectAllFree();
        };
        setenv(OS_FAKE_REFUSED, std::to_string(refused).c_str(), 1);
        EXPECT_IN_FRESH_PROCESS(body) << refused << " places refused";
    }
    unsetenv(OS_FAKE_REFUSED);
}

// A large block that a hardened profile closed when it was freed, and can neither unmap nor
// replace, is lost, and nothing else.
TEST_F(FreshProcessDeathTest, ClosedBlocksThatStayClosed)
{
    if (!profile.guard)
        GTEST_SKIP() << "freed blocks are not closed in this profile";
    auto body = [] {
        constexpr size_t kSize = 1 << 20;
        struct Case {
            unsigned calls, n;
            size_t lost_pages;
        };
        for (Case c : {Case{OS_RELEASE, 1, 0}, Case{OS_RELEASE | OS_RENEW, 2, 17}}) {
            for (int i = 0; i < 3; i++)
                hak_free(hak_malloc(kSize));
            os_fake_fail_next(c.calls, c.n);
            shim_cache_drain();
            EXPECT_GE(os_fake_count(c.calls), 3u);
            os_fake_reset();
            std::vector<void *> blocks;
            for (int i = 0; i < 10; i++) {
                blocks.push_back(hak_malloc(kSize));
                std::memset(blocks.back(), 1, kSize);
            }
            for (void *p : blocks)
                hak_free(p);
            hak::Settle();
            EXPECT_EQ(shim_heap_stats().clean + c.lost_pages * profile.page_size,
                      shim_heap_stats().mapped);
        }
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// What a block takes of the heap, at least.
size_t Footprint(void *p)
{
    if (unsigned cls = shim_class_of_block(p))
        return shim_class(cls).size;
    size_t usable = hak_malloc_usable_size(p);
    if (usable <= profile.small_max) // aligned, inside of a block
        return usable;
    return shim_span_pages(hak_span_find(p)) * profile.page_size;
}

// With little memory, blocks still have their sizes and alignments, until it is out.
TEST_F(FreshProcessDeathTest, KeepsItsPromisesWithLittleMemory)
{
    auto body = [] {
        struct Request {
            size_t align, size;
        };
        hak_free(hak_malloc(10));
        hak::Settle(); // of what is mapped at a time, which may be more
        os_fake_set_room(64 << 20);
        std::vector<void *> blocks;
        for (Request r :
             {Request{64, 64}, {16, 16}, {16, 1000}, {1024, 1024}, {16, 30000}, {16, 100000}}) {
            size_t bytes = 0, taken = 0;
            while (void *p = hak_aligned_alloc(r.align, r.size)) {
                ASSERT_TRUE(hak::IsAligned(p, r.align)) << r.align << " " << r.size;
                ASSERT_GE(hak_malloc_usable_size(p), r.size);
                std::memset(p, 0x42, r.size);
                blocks.push_back(p);
                bytes += r.size;
                taken += Footprint(p);
                ASSERT_LE(bytes, 65u << 20);
            }
            EXPECT_EQ(errno, ENOMEM);
            EXPECT_GT(taken, 24u << 20) << r.align << " " << r.size;
            for (void *p : blocks)
                hak_free(p);
            blocks.clear();
            hak::Settle();
            ASSERT_NO_FATAL_FAILURE(hak::ExpectAllFree());
        }
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

} // namespace
