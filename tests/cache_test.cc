// Thread caches: filled from central, drained to it, bounded, given back at thread exit.
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "tests/support.h"

using hak::profile;

namespace {

enum class Order { kForward, kBackward, kShuffled };

class Cache : public hak::HeapTest {
  protected:
    static size_t Cached(unsigned cls)
    {
        struct shim_bin bin = shim_cache_bin(cls);
        return bin.n + bin.spare + bin.waiting;
    }

    static void ExpectBounds(unsigned cls)
    {
        const auto c = shim_class(cls);
        struct shim_bin bin = shim_cache_bin(cls);
        ASSERT_LE(bin.n, bin.limit) << "class " << cls;
        ASSERT_LE(bin.limit, c.list ? c.batch : c.cap) << "class " << cls;
        ASSERT_LE(bin.spare, c.list ? c.batch : 0) << "class " << cls;
    }

    // With which the bin of a class opens.
    static size_t LeastLimit(const struct shim_class &c)
    {
        size_t most = c.list ? c.batch : c.cap;
        return std::min({std::max<size_t>(4096 / c.size, 1), size_t{32}, most});
    }

    // How many blocks a closed bin gathers: with the last of them it opens.
    static size_t Gathered(const struct shim_class &c)
    {
        return std::max<size_t>(LeastLimit(c) / 2, 1);
    }

    // Classes whose bins are closed at first: two of their blocks may lie in one cache line.
    static std::vector<unsigned> ClosedClasses()
    {
        std::vector<unsigned> classes;
        for (unsigned cls = 1; cls <= profile.nclasses && shim_class(cls).size < 64; cls++) {
            if (Gathered(shim_class(cls)) > 1)
                classes.push_back(cls);
        }
        return classes;
    }

    // To which a class's limit grows in a thread that uses no other one.
    static size_t FullLimit(const struct shim_class &c)
    {
        size_t most = c.list ? c.batch : c.cap;
        size_t limit = LeastLimit(c), least = limit;
        size_t budget = std::min(profile.thread_bytes, profile.total_bytes);
        for (;;) {
            size_t next = std::min(2 * limit, most);
            size_t bytes = (next - least) * c.size * (c.list ? 2 : 1);
            if (next == limit || bytes > budget)
                return limit;
            limit = next;
        }
    }

    // Enough to go round through the cache and several transfer batches.
    static size_t Many(const struct shim_class &c)
    {
        return std::min<size_t>(3 * c.cap + c.nblocks + 7, (6u << 20) / c.size + 3);
    }
};

TEST_F(Cache, BlocksAreDistinctAndConserved)
{
    hak::Random random(11);
    for (Order order : {Order::kForward, Order::kBackward, Order::kShuffled}) {
        for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
            const auto c = shim_class(cls);
            std::vector<char *> blocks(Many(c));
            for (char *&p : blocks) {
                p = static_cast<char *>(hak_malloc(c.usable));
                ASSERT_NE(p, nullptr);
                ASSERT_TRUE(hak::IsAligned(p, 16));
                std::memset(p, 0, std::min<size_t>(c.usable, 64));
                std::memcpy(p, &p, sizeof p);
                if (c.usable > sizeof p)
                    p[c.usable - 1] = 1;
                ExpectBounds(cls);
            }
            EXPECT_EQ(shim_central_stats(cls).out, blocks.size() + Cached(cls));
            std::vector<char *> sorted = blocks;
            std::sort(sorted.begin(), sorted.end());
            for (size_t i = 1; i < sorted.size(); i++)
                ASSERT_GE(sorted[i], sorted[i - 1] + c.size) << "class " << cls;
            for (char *p : blocks)
                ASSERT_EQ(std::memcmp(p, &p, sizeof p), 0) << "class " << cls;
            if (order == Order::kBackward)
                std::reverse(blocks.begin(), blocks.end());
            if (order == Order::kShuffled)
                random.Shuffle(blocks.data(), blocks.size());
            for (char *p : blocks) {
                hak_free(p);
                ExpectBounds(cls);
            }
            EXPECT_EQ(shim_central_stats(cls).out, Cached(cls)) << "class " << cls;
            shim_cache_drain();
            EXPECT_EQ(Cached(cls), 0u);
            EXPECT_EQ(shim_central_stats(cls).out, 0u) << "class " << cls;
        }
    }
}

// The last block freed is the next one handed out: it is the one in the processor's cache.
TEST_F(Cache, ReusesTheLastBlockFreed)
{
    SKIP_IF_GUARDED();
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        void *a = hak_malloc(c.usable), *b = hak_malloc(c.usable);
        hak_free(a);
        hak_free(b);
        bool both = shim_cache_bin(cls).n == 2; // there is room for them
        void *again[] = {hak_malloc(c.usable), hak_malloc(c.usable)};
        EXPECT_EQ(again[0], hak::Opaque(b)) << "class " << cls;
        if (both) {
            EXPECT_EQ(again[1], hak::Opaque(a)) << "class " << cls;
        }
        for (void *p : again)
            hak_free(p);
    }
}

// A fresh class is handed out by rising address.
TEST_F(Cache, HandsOutRisingAddresses)
{
    SKIP_IF_GUARDED();
    if (profile.random)
        GTEST_SKIP() << "the order is random in this profile";
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        std::vector<void *> blocks(std::min<size_t>(c.nblocks, 40));
        for (void *&p : blocks)
            p = hak_malloc(c.usable);
        EXPECT_TRUE(std::is_sorted(blocks.begin(), blocks.end())) << "class " << cls;
        for (void *p : blocks)
            hak_free(p);
    }
}

// Blocks travel in batches: central is asked once for a hundred of them, or for a whole batch, once
// the cache has grown.  Each class in a thread of its own, whose budget no other class has spent.
TEST_F(Cache, ExchangesWholeBatches)
{
    SKIP_IF_GUARDED();
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        size_t n = std::min<size_t>(12 * c.batch, (24u << 20) / c.size);
        size_t limit = FullLimit(c);
        // An array is filled and flushed by half, a list as a whole.
        size_t half = c.list ? limit : std::max<size_t>(limit / 2, 1);
        size_t taken = std::min<size_t>(half, 100);
        size_t growing = 12; // while the limit doubles up to 1024
        size_t carved = n / std::max<size_t>(4, 16384 / c.size); // from slabs at a time
        std::thread([&] {
            std::vector<void *> blocks(n);
            struct shim_cache_stats before = shim_cache_stats();
            for (void *&p : blocks)
                p = hak_malloc(c.usable);
            struct shim_cache_stats filled = shim_cache_stats();
            for (void *p : blocks)
                hak_free(p);
            struct shim_cache_stats drained = shim_cache_stats();
            EXPECT_LE(filled.refills - before.refills, n / taken + carved + growing)
                << "class " << cls;
            EXPECT_GE((filled.refills - before.refills) * c.batch + growing, n) << "class " << cls;
            EXPECT_LE(drained.flushes - filled.flushes, n / half + growing) << "class " << cls;
            EXPECT_EQ(shim_central_stats(cls).out, Cached(cls));
        }).join();
        hak_trim();
    }
}

// Allocating and freeing one block for ever does not reach central at all.
TEST_F(Cache, APairStaysInTheCache)
{
    SKIP_IF_GUARDED();
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        hak_free(hak_malloc(c.usable));
        struct shim_cache_stats before = shim_cache_stats();
        for (int i = 0; i < 100; i++)
            hak_free(hak::Opaque(hak_malloc(c.usable)));
        EXPECT_EQ(shim_cache_stats().refills, before.refills) << "class " << cls;
        EXPECT_EQ(shim_cache_stats().flushes, before.flushes) << "class " << cls;
    }
}

// Swinging up and down across a bin's edge exchanges a batch at most every other batch of blocks.
TEST_F(Cache, DoesNotBounceOnABatchBorder)
{
    SKIP_IF_GUARDED();
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        if (c.batch < 8)
            continue;
        std::vector<void *> blocks(3 * c.cap);
        for (void *&p : blocks)
            p = hak_malloc(c.usable);
        for (void *p : blocks)
            hak_free(p);
        if (shim_cache_bin(cls).limit < 8) // by the budget
            continue;
        for (size_t depth = 1; depth <= c.cap; depth += c.batch / 4) {
            for (size_t i = 0; i < depth; i++)
                blocks[i] = hak_malloc(c.usable);
            struct shim_cache_stats before = shim_cache_stats();
            for (int swing = 0; swing < 64; swing++) {
                void *a = hak_malloc(c.usable), *b = hak_malloc(c.usable);
                hak_free(hak::Opaque(a));
                hak_free(hak::Opaque(b));
            }
            struct shim_cache_stats after = shim_cache_stats();
            EXPECT_LE(after.refills - before.refills + after.flushes - before.flushes, 2u)
                << "class " << cls << " at depth " << depth;
            for (size_t i = 0; i < depth; i++)
                hak_free(blocks[i]);
        }
        shim_cache_drain();
    }
}

TEST_F(Cache, ThreadExitReturnsEverything)
{
    SKIP_IF_GUARDED();
    shim_cache_drain();
    std::thread([] {
        for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
            void *blocks[20];
            for (void *&p : blocks)
                p = hak_malloc(shim_class(cls).usable);
            for (void *p : blocks)
                hak_free(p);
        }
        EXPECT_GT(Cached(profile.nclasses), 0u);
    }).join();
    for (unsigned cls = 1; cls <= profile.nclasses; cls++)
        EXPECT_EQ(shim_central_stats(cls).out, 0u) << "class " << cls;
}

// What a thread may keep of all classes is bounded, but for the little that each starts with.
TEST_F(Cache, StaysWithinTheBudgetOfAThread)
{
    size_t least = profile.quarantine_bytes;
    for (unsigned cls = 1; cls <= profile.nclasses; cls++)
        least += 2 * std::max<size_t>(4096, shim_class(cls).size);
    for (int round = 0; round < 3; round++) {
        for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
            const auto c = shim_class(cls);
            std::vector<void *> blocks(Many(c));
            for (void *&p : blocks)
                p = hak_malloc(c.usable);
            for (void *p : blocks)
                hak_free(p);
            size_t cached = 0, batch = 0;
            for (unsigned i = 1; i <= profile.nclasses; i++) {
                cached += Cached(i) * shim_class(i).size;
                batch = std::max<size_t>(batch, shim_class(i).batch * shim_class(i).size);
            }
            ASSERT_LE(cached, profile.thread_bytes + least + batch) << "class " << cls;
        }
    }
}

// The same of all threads together, of which each could use up its own budget.
TEST_F(Cache, StaysWithinTheBudgetOfAllThreads)
{
    SKIP_IF_GUARDED();
    if (profile.thread_bytes == 0 || profile.total_bytes > 512 * profile.thread_bytes / 16)
        GTEST_SKIP() << "more threads than a test may have";
    // The largest classes, whose bins hold a thread's budget together.
    unsigned first = profile.nclasses;
    size_t least = 0, most = 0;
    for (; first > 1 && most < profile.thread_bytes; first--) {
        least += 2 * std::max<size_t>(4096, shim_class(first).size);
        most += shim_class(first).cap * shim_class(first).size;
    }
    const size_t nthreads = 2 * (profile.total_bytes / profile.thread_bytes + 1);
    std::atomic<size_t> turn{0}, cached{0};
    hak::RunThreads(static_cast<unsigned>(nthreads), [&](unsigned i) {
        while (turn != i)
            std::this_thread::yield();
        for (unsigned cls = first + 1; cls <= profile.nclasses; cls++) {
            const auto c = shim_class(cls);
            std::vector<void *> blocks(2 * c.cap);
            for (void *&p : blocks)
                p = hak_malloc(c.usable);
            for (void *p : blocks)
                hak_free(p);
        }
        for (unsigned cls = 1; cls <= profile.nclasses; cls++)
            cached += Cached(cls) * shim_class(cls).size;
        turn++;
        while (turn < nthreads) // with what it has
            std::this_thread::yield();
    });
    EXPECT_LE(cached, profile.total_bytes + nthreads * least);
    EXPECT_GE(cached, std::min(profile.total_bytes, nthreads * most) / 4) << "too little to tell";
}

// Of small blocks a thread gets sixteen at once, or a list of them, though it has just begun.
TEST_F(Cache, AThreadBeginsWithSeveralBlocks)
{
    SKIP_IF_GUARDED();
    for (unsigned cls = 1; cls <= profile.nclasses && shim_class(cls).size <= 128; cls++) {
        const auto c = shim_class(cls);
        const size_t n = c.list ? 32 : 16;
        if ((c.list ? c.batch : c.cap) < 32)
            continue;
        std::thread([&] {
            uint64_t before = shim_cache_stats().refills;
            std::vector<void *> blocks(n);
            for (void *&p : blocks)
                p = hak_malloc(c.usable);
            EXPECT_EQ(shim_cache_stats().refills, before + 1) << "class " << cls;
            for (void *p : blocks)
                hak_free(p);
        }).join();
        hak_trim();
    }
}

TEST_F(Cache, ParksWithinItsBudget)
{
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        std::thread([&c] {
            std::vector<void *> blocks(Many(c));
            for (void *&p : blocks)
                p = hak_malloc(c.usable);
            for (void *p : blocks)
                hak_free(p);
        }).join();
        size_t parked = 0;
        for (unsigned i = 1; i <= profile.nclasses; i++)
            parked += shim_central_stats(i).parked * shim_class(i).size;
        ASSERT_LE(parked, profile.parked_bytes) << "class " << cls;
    }
}

// A thread that frees what others allocated keeps little of it.
TEST_F(Cache, AThreadThatOnlyFreesKeepsLittle)
{
    SKIP_IF_GUARDED();
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        std::vector<void *> blocks(Many(c));
        for (void *&p : blocks)
            p = hak_malloc(c.usable);
        std::thread([&] {
            for (void *p : blocks)
                hak_free(p);
            EXPECT_LE(Cached(cls) * c.size, 2 * std::max<size_t>(4096, c.size)) << "class " << cls;
        }).join();
    }
}

// A closed bin keeps aside what the thread frees, and opens with other blocks when the thread
// allocates.
TEST_F(Cache, AClosedBinOpensWithOtherBlocks)
{
    SKIP_IF_GUARDED();
    for (unsigned cls : ClosedClasses()) {
        const auto c = shim_class(cls);
        void *given = hak_malloc(c.usable);
        std::thread([&] {
            EXPECT_EQ(shim_cache_bin(cls).limit, 0u) << "class " << cls;
            hak_free(given);
            struct shim_bin bin = shim_cache_bin(cls);
            EXPECT_EQ(bin.limit, 0u) << "class " << cls;
            EXPECT_EQ(bin.n, 0u) << "class " << cls;
            EXPECT_EQ(bin.spare, 1u) << "class " << cls;
            void *own = hak_malloc(c.usable);
            EXPECT_NE(own, hak::Opaque(given)) << "class " << cls;
            EXPECT_GE(shim_cache_bin(cls).limit, LeastLimit(c)) << "class " << cls;
            EXPECT_EQ(shim_cache_bin(cls).spare, 0u) << "class " << cls;
            hak_free(own);
        }).join();
    }
}

// A thread that frees many blocks of a class opens its bin; those gathered before are gone.
TEST_F(Cache, AClosedBinOpensForAThreadThatFreesMany)
{
    SKIP_IF_GUARDED();
    for (unsigned cls : ClosedClasses()) {
        const auto c = shim_class(cls);
        std::vector<void *> given(Gathered(c) + 1);
        for (void *&p : given)
            p = hak_malloc(c.usable);
        std::thread([&] {
            for (size_t i = 0; i + 2 < given.size(); i++)
                hak_free(given[i]);
            EXPECT_EQ(shim_cache_bin(cls).limit, 0u) << "class " << cls;
            EXPECT_EQ(Cached(cls), Gathered(c) - 1) << "class " << cls;
            hak_free(given[given.size() - 2]);
            EXPECT_EQ(shim_cache_bin(cls).limit, LeastLimit(c)) << "class " << cls;
            EXPECT_EQ(Cached(cls), 0u) << "class " << cls;
            hak_free(given.back());
            EXPECT_EQ(shim_cache_bin(cls).n, 1u) << "class " << cls;
        }).join();
    }
}

// Two threads that are each given one of two neighbours do not go on to share their cache line.
TEST_F(Cache, NeighboursGivenToThreadsAreNotKeptByThem)
{
    SKIP_IF_GUARDED();
    if (profile.random)
        GTEST_SKIP() << "blocks are neighbours by chance in this profile";
    auto line = [](void *p) { return reinterpret_cast<uintptr_t>(p) / 64; };
    for (unsigned cls : ClosedClasses()) {
        const auto c = shim_class(cls);
        std::vector<void *> blocks(64);
        for (void *&p : blocks)
            p = hak_malloc(c.usable);
        std::sort(blocks.begin(), blocks.end());
        size_t at = 0;
        while (line(blocks[at]) != line(blocks[at + 1]))
            ASSERT_LT(++at, blocks.size() - 1) << "class " << cls;
        void *given[] = {blocks[at], blocks[at + 1]}, *own[2];
        blocks.erase(blocks.begin() + at, blocks.begin() + at + 2);
        std::atomic<int> served{0};
        hak::RunThreads(2, [&](unsigned i) {
            hak_free(given[i]);
            own[i] = hak_malloc(c.usable);
            served++;
            while (served < 2) // a thread that ends leaves its blocks to the next one
                std::this_thread::yield();
        });
        EXPECT_NE(line(own[0]), line(own[1])) << "class " << cls;
        for (void *p : own)
            hak_free(p);
        for (void *p : blocks)
            hak_free(p);
    }
}

TEST_F(Cache, CacheMemoryIsReusedByLaterThreads)
{
    auto use = [] { hak_free(hak_malloc(32)); };
    std::thread(use).join();
    struct shim_cache_stats before = shim_cache_stats();
    for (int i = 0; i < 50; i++)
        std::thread(use).join();
    EXPECT_EQ(shim_cache_stats().bytes, before.bytes);
    EXPECT_EQ(shim_cache_stats().threads, before.threads);
}

} // namespace
