// Threads: blocks freed by others than their allocators, threads that come and go.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support.h"

using hak::profile;

namespace {

class Threads : public hak::HeapTest {};

struct Tagged {
    unsigned char *p;
    size_t size, tag;
};

Tagged Make(hak::Random &random, size_t most, size_t tag)
{
    Tagged block = {nullptr, random.Size(most), tag};
    block.p = static_cast<unsigned char *>(hak_malloc(block.size));
    hak::FillPattern(block.p, block.size, tag);
    return block;
}

bool Intact(const Tagged &block)
{
    return hak::PatternEnd(block.p, block.size, block.tag) == block.size;
}

// Each thread replaces blocks at random and hands its array to a fresh thread, as larson does.
TEST_F(Threads, HandArraysToFreshThreads)
{
    std::atomic<size_t> damaged{0};
    hak::RunThreads(4, [&](unsigned id) {
        std::vector<Tagged> blocks;
        for (unsigned generation = 0; generation < 8; generation++) {
            std::thread([&] {
                hak::Random random(id * 100 + generation + 1);
                while (blocks.size() < 300)
                    blocks.push_back(Make(random, 2000, blocks.size()));
                for (size_t i = 0; i < 3000; i++) {
                    Tagged &block = blocks[random.Below(blocks.size())];
                    damaged += !Intact(block);
                    hak_free(block.p);
                    block = Make(random, i % 100 ? 500 : 100000, i * 7 + id);
                }
            }).join();
        }
        for (Tagged &block : blocks) {
            damaged += !Intact(block);
            hak_free(block.p);
        }
    });
    EXPECT_EQ(damaged, 0u);
}

// Threads exchange blocks through common slots, so that most are freed by another thread.
TEST_F(Threads, SwapBlocks)
{
    constexpr size_t kSlots = 512;
    std::vector<std::atomic<Tagged *>> slots(kSlots);
    std::atomic<size_t> damaged{0};
    auto take = [&](Tagged *block) {
        if (!block)
            return;
        damaged += !Intact(*block);
        hak_free(block->p);
        hak_free_sized(block, sizeof *block);
    };
    hak::RunThreads(4, [&](unsigned id) {
        hak::Random random(id + 1);
        for (size_t i = 0; i < 30000; i++) {
            size_t most = i % 512 == 0 ? 300000 : i % 16 == 0 ? 20000 : 300;
            auto *block = static_cast<Tagged *>(hak_malloc(sizeof(Tagged)));
            *block = Make(random, most, i);
            take(slots[random.Below(kSlots)].exchange(block));
        }
    });
    for (auto &slot : slots)
        take(slot.exchange(nullptr));
    EXPECT_EQ(damaged, 0u);
}

// What consumers free comes back to the producers: memory does not grow with what goes through.
TEST_F(Threads, ProducersAndConsumersStayWithinBounds)
{
    for (size_t size : {hak::Small(48), hak::Small(1024), hak::Small(20000)}) {
        constexpr size_t kBatch = 64, kQueued = 8;
        const auto c = shim_class(shim_class_of_size(size));
        std::mutex mutex;
        std::condition_variable changed;
        std::deque<std::vector<void *>> queue;
        bool done = false;
        size_t batches = (24u << 20) / (kBatch * c.size) + 400, settled = 0;
        std::thread consumer([&] {
            for (;;) {
                std::unique_lock<std::mutex> lock(mutex);
                changed.wait(lock, [&] { return done || !queue.empty(); });
                if (queue.empty())
                    return;
                std::vector<void *> batch = std::move(queue.front());
                queue.pop_front();
                changed.notify_all();
                lock.unlock();
                for (void *p : batch)
                    hak_free(p);
            }
        });
        for (size_t i = 0; i < batches; i++) {
            std::vector<void *> batch(kBatch);
            for (void *&p : batch) {
                p = hak_malloc(size);
                std::memset(p, 1, std::min<size_t>(size, 16));
            }
            std::unique_lock<std::mutex> lock(mutex);
            changed.wait(lock, [&] { return queue.size() < kQueued; });
            queue.push_back(std::move(batch));
            changed.notify_all();
            if (i == batches / 4)
                settled = shim_central_stats(shim_class_of_size(size)).slabs;
        }
        {
            std::lock_guard<std::mutex> lock(mutex);
            done = true;
        }
        changed.notify_all();
        consumer.join();
        struct shim_central_stats s = shim_central_stats(shim_class_of_size(size));
        // In flight, in two caches, parked, and slabs that are partly free.
        size_t live = kBatch * (kQueued + 2) + 4 * c.cap + size_t(c.transfer) * c.batch;
        EXPECT_LE(s.slabs, std::max(settled * 2, live / c.nblocks * 2) + 4) << "size " << size;
    }
}

TEST_F(Threads, ManyShortThreadsLeaveNothingBehind)
{
    std::thread([] { hak_free(hak_malloc(1)); }).join();
    shim_cache_drain();
    struct shim_cache_stats before = shim_cache_stats();
    for (unsigned i = 0; i < 5000; i++) {
        hak::RunThreads(2, [&](unsigned id) {
            hak::Random random(i * 2 + id + 1);
            void *blocks[40];
            for (void *&p : blocks)
                p = hak_malloc(random.Size(4000));
            for (void *p : blocks)
                hak_free(p);
        });
    }
    for (unsigned cls = 1; cls <= profile.nclasses; cls++)
        ASSERT_EQ(shim_central_stats(cls).out, 0u) << "class " << cls;
    EXPECT_EQ(shim_cache_stats().threads, before.threads);
    EXPECT_LE(shim_cache_stats().bytes, before.bytes * 3) << "two threads at a time";
    EXPECT_LE(hak_heap_dirty_bytes(), 16u << 20);
}

// The process ends while other threads are in the middle of malloc and free; what runs at exit
// allocates as well.
TEST_F(Threads, ExitWhileOthersFree)
{
    for (unsigned i = 0; i < 40 && !HasFailure(); i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            atexit([] { hak_free(hak_realloc(hak_malloc(100), 100000)); });
            for (unsigned id = 0; id < 3; id++) {
                std::thread([id] {
                    hak::Random random(id + 1);
                    for (;;) {
                        void *blocks[20];
                        for (void *&p : blocks)
                            p = hak_malloc(random.Size(20000));
                        for (void *p : blocks)
                            hak_free(p);
                    }
                }).detach();
            }
            std::this_thread::sleep_for(std::chrono::microseconds(500 * (i % 8)));
            exit(3);
        }
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 3) << "status " << status;
    }
}

// Far more threads than processors, all at once.
TEST_F(Threads, SixtyFourAtOnce)
{
    std::atomic<size_t> damaged{0};
    hak::RunThreads(64, [&](unsigned id) {
        hak::Random random(id + 1);
        std::vector<Tagged> blocks(100);
        for (size_t i = 0; i < 4000; i++) {
            Tagged &block = blocks[random.Below(blocks.size())];
            damaged += block.p && !Intact(block);
            hak_free(block.p);
            block = Make(random, i % 50 ? 2000 : 100000, i);
        }
        for (Tagged &block : blocks)
            hak_free(block.p);
    });
    EXPECT_EQ(damaged, 0u);
}

// Blocks of a thread that is gone are freed by another one.
TEST_F(Threads, BlocksOutliveTheirThread)
{
    std::vector<Tagged> blocks;
    std::thread([&] {
        hak::Random random(5);
        for (size_t i = 0; i < 500; i++)
            blocks.push_back(Make(random, 50000, i));
    }).join();
    for (Tagged &block : blocks) {
        EXPECT_TRUE(Intact(block));
        hak_free(block.p);
    }
}

// ---- destructors of thread-specific data ----

std::atomic<unsigned> destructor_runs;
pthread_key_t late_key;

// Runs in each of the rounds that the C library makes, so also after the cache is gone.
void LateDestructor(void *value)
{
    size_t round = reinterpret_cast<size_t>(value);
    destructor_runs++;
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        size_t usable = shim_class(cls).usable;
        void *blocks[3];
        for (void *&p : blocks) {
            p = hak_malloc(usable);
            std::memset(p, 0x21, usable);
        }
        blocks[0] = hak_realloc(blocks[0], usable * 2);
        void *aligned = hak_aligned_alloc(256, usable);
        for (void *p : blocks)
            hak_free(p);
        hak_free(aligned);
    }
    if (round < 3)
        pthread_setspecific(late_key, reinterpret_cast<void *>(round + 1));
}

TEST_F(Threads, DestructorsAfterTheCacheIsGoneMayAllocate)
{
    ASSERT_EQ(pthread_key_create(&late_key, LateDestructor), 0);
    shim_cache_drain();
    for (int i = 0; i < 5; i++) {
        destructor_runs = 0;
        std::thread([] {
            pthread_setspecific(late_key, reinterpret_cast<void *>(1));
            hak_free(hak_malloc(100));
        }).join();
        EXPECT_EQ(destructor_runs, 3u);
        for (unsigned cls = 1; cls <= profile.nclasses; cls++)
            ASSERT_EQ(shim_central_stats(cls).out, 0u) << "class " << cls;
    }
    pthread_key_delete(late_key);
}

// A thread that allocates for the first time in a destructor.
TEST_F(Threads, DestructorsMayBeTheFirstToAllocate)
{
    ASSERT_EQ(pthread_key_create(&late_key, LateDestructor), 0);
    shim_cache_drain();
    std::thread([] { pthread_setspecific(late_key, reinterpret_cast<void *>(1)); }).join();
    for (unsigned cls = 1; cls <= profile.nclasses; cls++)
        EXPECT_EQ(shim_central_stats(cls).out, 0u) << "class " << cls;
    pthread_key_delete(late_key);
}

TEST_F(Threads, TrimAndStatisticsWhileOthersAllocate)
{
    std::atomic<bool> stop{false};
    std::atomic<size_t> damaged{0};
    std::thread trimmer([&] {
        while (!stop) {
            hak_trim();
            shim_heap_stats();
            for (unsigned cls = 1; cls <= profile.nclasses; cls++)
                shim_central_stats(cls);
        }
    });
    hak::RunThreads(3, [&](unsigned id) {
        hak::Random random(id + 1);
        std::vector<Tagged> blocks;
        for (size_t i = 0; i < 6000; i++) {
            if (blocks.size() < 100) {
                blocks.push_back(Make(random, i % 64 ? 3000 : 400000, i));
                continue;
            }
            Tagged &block = blocks[random.Below(blocks.size())];
            damaged += !Intact(block);
            hak_free(block.p);
            block = blocks.back();
            blocks.pop_back();
        }
        for (Tagged &block : blocks)
            hak_free(block.p);
    });
    stop = true;
    trimmer.join();
    EXPECT_EQ(damaged, 0u);
}

} // namespace
