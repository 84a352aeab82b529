// Memory runs out at each possible place: NULL and ENOMEM, nothing lost, and later it works again.
#include <cerrno>
#include <functional>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest-spi.h>

#include "tests/support.h"

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
    for (size_t size : {static_cast<size_t>(100), profile.small_max, profile.small_max + 1,
                        profile.move_min + 5}) {
        char *p = static_cast<char *>(hak_malloc(size));
        hak::FillPattern(p, size, 4);
        os_fake_fail(OS_MEMORY, 1, true);
        errno = 0;
        size_t more = shim_heap_stats().committed + (64 << 20);
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
    os_fake_fail(OS_MEMORY, 1, true);
    size_t size = shim_heap_stats().committed;
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

// In a process of its own, where nothing is initialised yet.
class FreshProcessDeathTest : public testing::Test {
  protected:
    void SetUp() override
    {
        GTEST_FLAG_SET(death_test_style, "threadsafe");
    }
    void TearDown() override
    {
        GTEST_FLAG_SET(death_test_style, "fast");
    }
};

// Runs `body` and exits: with 1 if an expectation failed, which stderr then names, else with what
// body returned in its argument.
[[noreturn]] void RunAndExit(const std::function<void(int *)> &body)
{
    int code = 0;
    testing::TestPartResultArray results;
    testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &results);
    body(&code);
    for (int i = 0; i < results.size(); i++) {
        const testing::TestPartResult &result = results.GetTestPartResult(i);
        if (result.failed()) {
            std::fprintf(stderr, "line %d: %s\n", result.line_number(), result.message());
            code = 1;
        }
    }
    _exit(code);
}

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

// For n = 1, 2, ... until a load makes fewer calls; each in a process of its own.
TEST_F(FreshProcessDeathTest, EachCallFailsInTurn)
{
    auto body = [](int *) {
        for (bool on : {true, false}) {
            unsigned nth = 0, failures = 0;
            int outcome;
            do {
                ASSERT_LT(++nth, 500u);
                pid_t child = fork();
                if (child == 0)
                    RunAndExit([&](int *code) { *code = LoadWithFailure(nth, on); });
                int status = 0;
                ASSERT_EQ(waitpid(child, &status, 0), child);
                ASSERT_TRUE(WIFEXITED(status)) << "call " << nth << ": signal " << WTERMSIG(status);
                outcome = WEXITSTATUS(status);
                ASSERT_GE(outcome, kNotReached) << "call " << nth;
                failures += outcome == kFailed;
            } while (outcome != kNotReached);
            EXPECT_GT(nth, 5u);
            // One refusal may be made up for by what the caches keep; a lasting one may not.
            EXPECT_GE(failures, on ? nth / 2 : 0);
        }
    };
    EXPECT_EXIT(RunAndExit(body), testing::ExitedWithCode(0), "");
}

// A thread that cannot have a cache does without.
TEST_F(FreshProcessDeathTest, ThreadsWorkWithoutACache)
{
    auto body = [](int *) {
        std::vector<void *> blocks(400);
        for (size_t i = 0; i < blocks.size(); i++)
            blocks[i] = hak_malloc(i * 7 % profile.small_max);
        os_fake_fail(OS_RESERVE, 1, true);
        std::thread([&] {
            for (void *p : blocks)
                hak_free(p);
            for (int round = 0; round < 3; round++) {
                for (size_t i = 0; i < blocks.size(); i++) {
                    size_t size = i * 11 % (profile.small_max + 50);
                    ASSERT_NE(blocks[i] = hak_malloc(size), nullptr);
                    hak::FillPattern(blocks[i], size, i);
                }
                for (size_t i = 0; i < blocks.size(); i++) {
                    size_t size = i * 11 % (profile.small_max + 50);
                    ASSERT_EQ(hak::PatternEnd(blocks[i], size, i), size);
                    hak_free(blocks[i]);
                }
            }
            EXPECT_FALSE(shim_cache_is_open());
        }).join();
        os_fake_reset();
        hak::Settle();
        hak::ExpectAllFree();
    };
    EXPECT_EXIT(RunAndExit(body), testing::ExitedWithCode(0), "");
}

TEST_F(FreshProcessDeathTest, FailsCleanlyWithoutAddressSpace)
{
    auto body = [](int *) {
        os_fake_fail(OS_RESERVE | OS_RESERVE_READABLE, 1, true);
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
        os_fake_reset();
        hak_free(hak_malloc(10));
        EXPECT_TRUE(shim_cache_is_open());
    };
    EXPECT_EXIT(RunAndExit(body), testing::ExitedWithCode(0), "");
}

TEST_F(FreshProcessDeathTest, ReservesLessWhenRefused)
{
    auto body = [](int *) {
        os_fake_fail(OS_RESERVE, 1, false);
        void *p = hak_malloc(10);
        EXPECT_NE(p, nullptr);
        os_fake_reset();
        hak_free(p);
    };
    EXPECT_EXIT(RunAndExit(body), testing::ExitedWithCode(0), "");
}

// With little address space, blocks still have their sizes and alignments, until memory is out.
TEST_F(FreshProcessDeathTest, KeepsItsPromisesInALimitedAddressSpace)
{
    auto body = [](int *) {
        os_fake_set_address_space(256 << 20);
        std::vector<void *> blocks;
        struct Request {
            size_t align, size;
        };
        for (Request r :
             {Request{64, 64}, {16, 16}, {16, 1000}, {1024, 1024}, {16, 30000}, {16, 100000}}) {
            size_t bytes = 0;
            while (void *p = hak_aligned_alloc(r.align, r.size)) {
                ASSERT_TRUE(hak::IsAligned(p, r.align)) << r.align << " " << r.size;
                ASSERT_GE(hak_malloc_usable_size(p), r.size);
                std::memset(p, 0x42, r.size);
                blocks.push_back(p);
                bytes += r.size;
                ASSERT_LE(bytes, 256u << 20);
            }
            EXPECT_EQ(errno, ENOMEM);
            // A class's own range of addresses is a small part of the whole, with the region
            // lookup.
            EXPECT_GT(bytes, profile.lookup == SHIM_REGION ? 1u << 20 : 48u << 20)
                << r.align << " " << r.size;
            for (void *p : blocks)
                hak_free(p);
            blocks.clear();
            hak::Settle();
            ASSERT_NO_FATAL_FAILURE(hak::ExpectAllFree());
        }
    };
    EXPECT_EXIT(RunAndExit(body), testing::ExitedWithCode(0), "");
}

} // namespace
