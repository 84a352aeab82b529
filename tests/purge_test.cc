// Memory that has been free for long enough goes back to the OS.
#include <cstdio>
#include <functional>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/support.h"

using hak::profile;

namespace {

class Purge : public hak::HeapTest {};

size_t ResidentBytes()
{
    size_t total = 0, resident = 0;
    FILE *file = std::fopen("/proc/self/statm", "r");
    if (file) {
        if (std::fscanf(file, "%zu %zu", &total, &resident) != 2)
            resident = 0;
        std::fclose(file);
    }
    return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// Uses and frees 48 MiB, of which half in small blocks.
void UseMuch()
{
    std::vector<void *> blocks;
    for (size_t size : {size_t(2000), size_t(1) << 20}) {
        for (size_t bytes = 0; bytes < (40u << 20); bytes += size) {
            blocks.push_back(hak_malloc(size));
            std::memset(blocks.back(), 1, size);
        }
    }
    for (void *p : blocks)
        hak_free(p);
}

// Frees until the allocator has looked at the clock.
void FreeSomeMore()
{
    for (int i = 0; i < 20; i++) {
        std::vector<void *> blocks;
        for (int n = 0; n < 1200; n++)
            blocks.push_back(hak_malloc(64));
        for (void *p : blocks)
            hak_free(p);
        hak_free(hak_malloc(1 << 20));
    }
}

TEST_F(Purge, WithoutAThreadByThoseWhoFree)
{
    if (profile.purge_thread)
        GTEST_SKIP() << "this profile purges in the background";
    uint64_t now = 1000000;
    os_fake_set_clock(now);
    UseMuch();
    // Several steps: what is parked in central must have been idle from one look to the next.
    for (int step = 0; step < 6; step++) {
        os_fake_set_clock(now += profile.decay_ms + 1000);
        FreeSomeMore();
    }
    EXPECT_LE(hak_heap_dirty_bytes() + hak_bigcache_bytes(), 4u << 20);
}

// The real clock and a real thread, in a child of fork, which has to start its own.
TEST_F(Purge, InTheBackgroundOfAnIdleProcess)
{
    if (!profile.purge_thread || profile.decay_ms > 1000)
        GTEST_SKIP() << "not by a thread, or too late for a test";
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        os_fake_use_real_time();
        for (int round = 0; round < 2; round++) {
            UseMuch();
            size_t before = ResidentBytes();
            bool given_back = false;
            for (int i = 0; i < 100 && !given_back; i++) {
                usleep(50000);
                given_back = ResidentBytes() + (20u << 20) < before;
            }
            if (!given_back || os_fake_count(OS_START_THREAD) != 1)
                _exit(1 + round);
        }
        _exit(0);
    }
    int status = 1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
}

// When no thread can be had, those who free do its work.
TEST_F(Purge, WithoutTheThreadThatWasRefused)
{
    if (!profile.purge_thread)
        GTEST_SKIP() << "no thread in this profile";
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        uint64_t now = 1000000;
        os_fake_set_clock(now);
        os_fake_fail(OS_START_THREAD, 1, true);
        UseMuch();
        for (int step = 0; step < 6; step++) {
            os_fake_set_clock(now += profile.decay_ms + 1000);
            FreeSomeMore();
        }
        bool asked_once = os_fake_count(OS_START_THREAD) == 1;
        _exit(!asked_once                                                   ? 2
              : hak_heap_dirty_bytes() + hak_bigcache_bytes() <= (4u << 20) ? 0
                                                                            : 1);
    }
    int status = 1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

} // namespace
