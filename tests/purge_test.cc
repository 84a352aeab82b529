// Memory that has been free for long enough goes back to the OS.
#include <atomic>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <dirent.h>
#include <unistd.h>

#include "tests/fresh.h"

using hak::profile;

namespace {

constexpr size_t kMiB = 1 << 20;

class Purge : public hak::HeapTest {};
using PurgeDeathTest = hak::FreshProcessTest;

size_t ResidentFreeBytes()
{
    return hak_heap_dirty_bytes() + hak_bigcache_resident();
}

// Uses and frees so many bytes in blocks for a size.
void Use(size_t bytes, size_t size)
{
    std::vector<void *> blocks;
    const size_t block = hak::BlockBytes(size);
    for (; bytes >= block; bytes -= block) {
        blocks.push_back(hak_malloc(size));
        std::memset(blocks.back(), 1, size);
    }
    for (void *p : blocks)
        hak_free(p);
}

void UseMuch()
{
    Use(40 * kMiB, 2000);
    Use(40 * kMiB, kMiB);
}

// Frees until the allocator has looked at the clock: each time more blocks of a class than a cache
// holds.
struct More {
    const size_t size = hak::Small(64);
    const size_t n = shim_class(shim_class_of_size(size)).cap + 176;
    const size_t bytes = n * hak::BlockBytes(size);
};

void FreeSomeMore()
{
    const More more;
    for (int i = 0; i < 20; i++) {
        Use(more.bytes, more.size);
        hak_free(hak_malloc(kMiB));
    }
}

// Free and resident after LetTimePass, at most: little, and what was just freed, in slabs of which
// other blocks were freed before.
size_t LittleAndMore()
{
    return 4 * kMiB + 2 * More().bytes;
}

uint64_t now_ms = 1000000; // of a fresh process with the fake clock, which a test sets

// Several steps: what is parked in central must have been idle from one look to the next.
void LetTimePass()
{
    for (int step = 0; step < 6; step++) {
        now_ms += profile.decay_ms + 10000;
        os_fake_set_clock(now_ms);
        FreeSomeMore();
    }
}

void AllocateInAThread()
{
    std::thread([] { hak_free(hak_malloc(hak::Small(100))); }).join();
}

// Threads of this process that have the name.
unsigned ThreadsNamed(const std::string &name)
{
    unsigned n = 0;
    DIR *tasks = opendir("/proc/self/task");
    while (struct dirent *entry = tasks ? readdir(tasks) : nullptr) {
        char text[64] = "";
        FILE *file =
            std::fopen(("/proc/self/task/" + std::string(entry->d_name) + "/comm").c_str(), "r");
        if (file && std::fgets(text, sizeof text, file))
            n += text == name + "\n";
        if (file)
            std::fclose(file);
    }
    if (tasks)
        closedir(tasks);
    return n;
}

bool ComesTrue(const std::function<bool()> &condition)
{
    for (int i = 0; i < 500; i++) {
        if (condition())
            return true;
        usleep(10000);
    }
    return false;
}

// ---- by those who free ----

TEST_F(PurgeDeathTest, ByTheClockInAProcessWithoutThreads)
{
    auto body = [] {
        os_fake_set_clock(now_ms);
        UseMuch();
        LetTimePass();
        EXPECT_LE(hak_heap_dirty_bytes() + hak_bigcache_bytes(), LittleAndMore());
        EXPECT_EQ(os_fake_count(OS_START_THREAD), 0u);
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// Whatever is done meanwhile: memory goes back once it has been free for the decay, not before.
TEST_F(PurgeDeathTest, WhatWasFreedAMomentAgoStays)
{
    SKIP_IF_GUARDED();
    SKIP_IF_PURGED_WHEN_FREED();
    auto body = [] {
        os_fake_set_clock(now_ms);
        Use(8 * kMiB, kMiB);
        now_ms += profile.decay_ms - 1;
        os_fake_set_clock(now_ms);
        for (int i = 0; i < 6; i++)
            FreeSomeMore();
        EXPECT_GE(ResidentFreeBytes(), 6 * kMiB);
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// What a program frees beyond an allowance it gives back without the clock, with threads and
// without.
TEST_F(PurgeDeathTest, ExcessGoesBackAtOnce)
{
    SKIP_IF_GUARDED();
    SKIP_IF_PURGED_WHEN_FREED();
    for (bool threads : {false, true}) {
        auto body = [threads] {
            os_fake_set_clock(now_ms);
            if (threads)
                AllocateInAThread();
            void *kept = hak_malloc(40 * kMiB);
            std::vector<void *> blocks;
            for (int i = 0; i < 100; i++) {
                blocks.push_back(hak_malloc(kMiB));
                std::memset(blocks.back(), 1, kMiB);
            }
            size_t most = 0;
            for (void *p : blocks) {
                hak_free(p);
                most = std::max(most, ResidentFreeBytes());
            }
            EXPECT_LE(most, 90 * kMiB) << "as much as is in use, and 16 MiB";
            EXPECT_GE(most, 50 * kMiB);
            hak_free(kept);
            hak_free(hak_malloc(kMiB));
            EXPECT_LE(ResidentFreeBytes(), 17 * kMiB) << "nothing is in use";
        };
        EXPECT_IN_FRESH_PROCESS(body);
    }
}

// A load that wants again what it freed is allowed to keep it, until it has been calm for long.
TEST_F(PurgeDeathTest, ASteadyLoadMayKeepMore)
{
    SKIP_IF_GUARDED();
    SKIP_IF_PURGED_WHEN_FREED();
    // With one thread 16 MiB may be kept, and 128 KiB more for each millisecond of the decay.
    static const bool may_keep = 16 * kMiB + profile.decay_ms * kMiB / 8 >= 24 * kMiB;
    auto body = [] {
        for (int round = 0; round < 10; round++) {
            now_ms += 5;
            os_fake_set_clock(now_ms);
            struct shim_heap_stats before = shim_heap_stats();
            Use(24 * kMiB, kMiB);
            struct shim_heap_stats after = shim_heap_stats();
            if (round == 0) {
                EXPECT_GT(after.purges, before.purges);
                EXPECT_LE(ResidentFreeBytes(), 17 * kMiB);
            }
            if (round >= 5 && may_keep) {
                EXPECT_EQ(after.purges, before.purges) << "round " << round;
                EXPECT_EQ(after.claims, before.claims) << "round " << round;
            }
        }
        if (may_keep) {
            EXPECT_GE(ResidentFreeBytes(), 22 * kMiB);
        }
        for (int round = 0; round < 10; round++)
            Use(300 * kMiB, kMiB);
        EXPECT_LE(ResidentFreeBytes(), 65 * kMiB) << "it may be idle from now on";
        LetTimePass();
        LetTimePass(); // several times the decay
        Use(200 * kMiB, kMiB);
        EXPECT_LE(ResidentFreeBytes(), 17 * kMiB) << "it was calm";
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// In a process with threads as well, while the purge thread has not come to run: this one never
// does.
TEST_F(PurgeDeathTest, ByTheClockUntilTheThreadRuns)
{
    auto body = [] {
        AllocateInAThread();
        EXPECT_TRUE(shim_has_threads());
        UseMuch();
        LetTimePass();
        EXPECT_LE(hak_heap_dirty_bytes() + hak_bigcache_bytes(), LittleAndMore());
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// When no thread can be had, those who free do its work.
TEST_F(PurgeDeathTest, WithoutTheThreadThatWasRefused)
{
    if (!profile.purge_thread)
        GTEST_SKIP() << "no thread in this profile";
    auto body = [] {
        os_fake_fail(OS_START_THREAD, 1, true);
        AllocateInAThread();
        AllocateInAThread();
        UseMuch();
        LetTimePass();
        EXPECT_EQ(os_fake_count(OS_START_THREAD), 1u) << "a refusal is final";
        EXPECT_LE(hak_heap_dirty_bytes() + hak_bigcache_bytes(), LittleAndMore());
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// ---- by a thread ----

// A thread of the program that has used malloc, and rests.
class SecondThread {
  public:
    explicit SecondThread(std::function<void()> use = [] { hak_free(hak_malloc(hak::Small(100))); })
        : thread_([this, use] {
              use();
              ready_ = true;
              while (!stop_)
                  std::this_thread::sleep_for(std::chrono::milliseconds(1));
          })
    {
        while (!ready_)
            std::this_thread::yield();
    }
    ~SecondThread()
    {
        stop_ = true;
        thread_.join();
    }

  private:
    std::atomic<bool> ready_{false}, stop_{false};
    std::thread thread_;
};

TEST_F(Purge, TheFirstAllocationOfASecondThreadStartsIt)
{
    int code = hak::RunInChild([] {
        UseMuch();
        hak_free(hak_malloc(300 * kMiB));
        EXPECT_EQ(os_fake_count(OS_START_THREAD), 0u) << "by the first thread";
        void *small = hak_malloc(hak::Small(100)), *large = hak_malloc(kMiB);
        std::thread([&] {
            hak_free(small);
            hak_free(large);
            EXPECT_TRUE(shim_cache_is_open() || profile.guard);
        }).join();
        EXPECT_EQ(os_fake_count(OS_START_THREAD), 0u) << "by a free";
        std::thread([&] {
            EXPECT_EQ(hak::RunInChild([] {
                          hak_free(hak_malloc(hak::Small(100)));
                          EXPECT_EQ(os_fake_count(OS_START_THREAD), 0u)
                              << "by the only thread of a child";
                          return 0;
                      }),
                      0);
        }).join();
        AllocateInAThread();
        EXPECT_EQ(os_fake_count(OS_START_THREAD), profile.purge_thread ? 1u : 0u);
        hak::RunThreads(8, [](unsigned) { hak_free(hak_malloc(hak::Small(100))); });
        UseMuch();
        EXPECT_EQ(os_fake_count(OS_START_THREAD), profile.purge_thread ? 1u : 0u) << "twice";
        return 0;
    });
    EXPECT_EQ(code, 0);
}

// Not only with its first call, as producers and consumers show, nor only a small one.
TEST_F(Purge, AnyAllocationBesideASecondThreadStartsIt)
{
    if (!profile.purge_thread)
        GTEST_SKIP() << "no thread in this profile";
    auto frees = [p = hak_malloc(hak::Small(100))] { hak_free(p); };
    auto large = [] { hak_free(hak_malloc(10 * kMiB)); };
    auto frees_first = [p = hak_malloc(hak::Small(100))] {
        hak_free(p);
        hak_free(hak_malloc(10 * kMiB));
    };
    for (const std::function<void()> &use :
         std::vector<std::function<void()>>{large, frees_first}) {
        EXPECT_EQ(hak::RunInChild([&] {
                      SecondThread second(use);
                      EXPECT_EQ(os_fake_count(OS_START_THREAD), 1u);
                      return 0;
                  }),
                  0);
    }
    EXPECT_EQ(hak::RunInChild([&] {
                  SecondThread second(frees);
                  EXPECT_EQ(os_fake_count(OS_START_THREAD), 0u) << "by a free";
                  hak_free(hak_malloc(10 * kMiB));
                  EXPECT_EQ(os_fake_count(OS_START_THREAD), 1u);
                  return 0;
              }),
              0);
    frees();
    frees_first();
}

TEST_F(Purge, ThreadsThatComeAtOnceStartItOnce)
{
    if (!profile.purge_thread)
        GTEST_SKIP() << "no thread in this profile";
    for (int i = 0; i < 20; i++) {
        hak_process_forked();
        os_fake_reset();
        std::atomic<unsigned> ready{0};
        hak::RunThreads(4, [&](unsigned) {
            ready++;
            while (ready < 4)
                std::this_thread::yield();
            hak_free(hak_malloc(hak::Small(100)));
            ready++;
            while (ready < 8)
                std::this_thread::yield();
        });
        ASSERT_EQ(os_fake_count(OS_START_THREAD), 1u);
    }
}

// The real clock and a real thread, in a child of fork, which has to start its own.
TEST_F(Purge, InTheBackgroundOfAnIdleProcess)
{
    if (!profile.purge_thread || profile.decay_ms > 1000)
        GTEST_SKIP() << "not by a thread, or too late for a test";
    int code = hak::RunInChild([] {
        os_fake_use_real_time();
        std::optional<SecondThread> second(std::in_place);
        for (int round = 0; round < 2; round++) {
            UseMuch();
            EXPECT_TRUE(ComesTrue([&] { return ResidentFreeBytes() < kMiB; })) << "round " << round;
        }
        EXPECT_EQ(os_fake_count(OS_START_THREAD), 1u);
        EXPECT_EQ(ThreadsNamed("hakmem-purge"), 1u);
        int code = hak::kSanitized ? 0 : hak::RunInChild([] { // where threads are forbidden
            EXPECT_EQ(ThreadsNamed("hakmem-purge"), 0u);
            SecondThread another;
            EXPECT_EQ(os_fake_count(OS_START_THREAD), 2u);
            EXPECT_TRUE(ComesTrue([] { return ThreadsNamed("hakmem-purge") == 1; }));
            return 0;
        });
        UseMuch();
        second.reset();
        EXPECT_TRUE(ComesTrue([] { return ThreadsNamed("hakmem-purge") == 0; }))
            << "the program has one thread again";
        EXPECT_LT(ResidentFreeBytes(), kMiB);
        EXPECT_FALSE(shim_has_threads());
        SecondThread third;
        EXPECT_TRUE(ComesTrue([] { return ThreadsNamed("hakmem-purge") == 1; }));
        return code;
    });
    EXPECT_EQ(code, 0);
}

// It ends with the last thread that has a cache, so that the process can end: in a child of fork,
// whose only thread ends while another one is busy.
TEST_F(Purge, TheThreadEndsWithTheLastOne)
{
    if (hak::kSanitized)
        GTEST_SKIP() << "a sanitizer ends such a child otherwise";
    if (!profile.purge_thread)
        GTEST_SKIP() << "no thread in this profile";
    int status = 1;
    std::thread([&status] {
        hak_free(hak_malloc(hak::Small(100)));
        pid_t child = fork();
        if (child != 0) {
            EXPECT_EQ(waitpid(child, &status, 0), child);
            return;
        }
        alarm(10);
        os_fake_reset();
        os_fake_use_real_time();
        std::thread([] {
            hak_free(hak_malloc(hak::Small(100)));
            if (!ComesTrue([] { return shim_cache_stats().threads == 1; }))
                _exit(1);
        }).detach();
        if (!ComesTrue([] { return ThreadsNamed("hakmem-purge") == 1; }))
            _exit(2);
    }).join();
    EXPECT_EQ(status, 0) << "the process did not end by itself";
}

} // namespace
