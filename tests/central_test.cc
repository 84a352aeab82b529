// Central: parked batches first, then slabs; every block accounted for.
#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "tests/support.h"

using hak::profile;

namespace {

class Central : public hak::HeapTest {
  protected:
    static std::vector<void *> Fill(unsigned cls, unsigned n)
    {
        std::vector<void *> blocks(n);
        EXPECT_EQ(hak_central_fill(cls, blocks.data(), n), n);
        return blocks;
    }

    // Of so many blocks how many central parks, while it parks nothing else; list classes in whole
    // batches.
    static size_t Parkable(const struct shim_class &c, size_t n)
    {
        size_t fit =
            std::min<size_t>({n, size_t(c.transfer) * c.batch, profile.parked_bytes / c.size});
        return c.list ? fit / c.batch * c.batch : fit;
    }

    static void ExpectStats(unsigned cls, size_t out, size_t parked)
    {
        struct shim_central_stats s = shim_central_stats(cls);
        EXPECT_EQ(s.out, out) << "class " << cls;
        EXPECT_EQ(s.parked, parked) << "class " << cls;
        EXPECT_EQ(s.free, s.slabs * shim_class(cls).nblocks - out - parked) << "class " << cls;
    }
};

TEST_F(Central, FillsFromSlabsInAddressOrder)
{
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        unsigned n = std::min(c.nblocks, c.batch);
        std::vector<void *> blocks = Fill(cls, n);
        EXPECT_TRUE(profile.random || std::is_sorted(blocks.begin(), blocks.end()))
            << "class " << cls;
        std::sort(blocks.begin(), blocks.end());
        EXPECT_EQ(std::adjacent_find(blocks.begin(), blocks.end()), blocks.end());
        ExpectStats(cls, n, 0);
        hak_central_return(cls, blocks.data(), n);
        ExpectStats(cls, 0, 0);
        EXPECT_LE(shim_central_stats(cls).slabs, 1u) << "at most one free slab is kept";
    }
}

TEST_F(Central, ParkedPointersComeBackFirst)
{
    for (unsigned cls = profile.list_classes + 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        std::vector<void *> first = Fill(cls, c.batch), second = Fill(cls, c.batch);
        uint64_t misses = shim_central_stats(cls).misses;
        hak_central_drain(cls, first.data(), c.batch);
        // What is not parked lies in slabs.
        unsigned parked = static_cast<unsigned>(Parkable(c, c.batch));
        ExpectStats(cls, c.batch, parked);
        std::vector<void *> again = Fill(cls, parked);
        std::sort(again.begin(), again.end());
        std::sort(first.begin(), first.begin() + parked);
        EXPECT_TRUE(std::equal(again.begin(), again.end(), first.begin())) << "class " << cls;
        EXPECT_EQ(shim_central_stats(cls).misses, misses) << "no slab was asked";
        hak_central_return(cls, again.data(), parked);
        hak_central_return(cls, second.data(), c.batch);
        ExpectStats(cls, 0, 0);
    }
}

TEST_F(Central, ParkedChainsComeBackFirst)
{
    for (unsigned cls = 1; cls <= profile.list_classes; cls++) {
        const auto c = shim_class(cls);
        std::vector<void *> blocks = Fill(cls, c.batch), out(c.batch);
        std::reverse(blocks.begin(), blocks.end());
        shim_central_drain_chain(cls, blocks.data(), c.batch);
        size_t parked = Parkable(c, c.batch);
        ExpectStats(cls, 0, parked);
        ASSERT_EQ(shim_central_fill_chain(cls, out.data(), c.batch), parked);
        if (parked > 0) {
            EXPECT_EQ(out, blocks) << "class " << cls;
        }
        EXPECT_EQ(shim_central_fill_chain(cls, out.data(), c.batch), 0u) << "no chain is left";
        hak_central_return(cls, blocks.data(), static_cast<unsigned>(parked));
    }
}

// What does not fit beside the parked batches goes to the slabs; trim empties both.
TEST_F(Central, ParksWithinItsBoundAndTrims)
{
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        std::vector<std::vector<void *>> batches;
        for (unsigned i = 0; i < c.transfer + 2; i++)
            batches.push_back(Fill(cls, c.batch));
        for (size_t i = 0; i < batches.size(); i++) {
            if (c.list)
                shim_central_drain_chain(cls, batches[i].data(), c.batch);
            else
                hak_central_drain(cls, batches[i].data(), c.batch);
            size_t parked = Parkable(c, (i + 1) * c.batch);
            ExpectStats(cls, (batches.size() - i - 1) * c.batch, parked);
        }
        hak_central_trim(false);
        EXPECT_EQ(shim_central_stats(cls).parked, Parkable(c, SIZE_MAX))
            << "in use since the last trim";
        hak_central_trim(false);
        ExpectStats(cls, 0, 0);
        EXPECT_EQ(shim_central_stats(cls).slabs, 0u) << "class " << cls;
    }
}

TEST_F(Central, PartialSlabsAreUsedBeforeNewOnes)
{
    for (unsigned cls = 1; cls <= profile.nclasses; cls += 2) {
        const auto c = shim_class(cls);
        unsigned n = std::min(c.nblocks, profile.max_batch);
        std::vector<void *> blocks;
        while (shim_central_stats(cls).slabs < 4) {
            std::vector<void *> some = Fill(cls, n);
            blocks.insert(blocks.end(), some.begin(), some.end());
        }
        size_t slabs = shim_central_stats(cls).slabs;
        hak::Random random(cls);
        random.Shuffle(blocks.data(), blocks.size());
        size_t half = blocks.size() / 2;
        for (size_t i = 0; i < half; i++)
            hak_central_return(cls, &blocks[i], 1);
        size_t after = shim_central_stats(cls).slabs;
        EXPECT_LE(after, slabs);
        for (size_t i = 0; i < half; i++)
            ASSERT_EQ(hak_central_fill(cls, &blocks[i], 1), 1u);
        EXPECT_LE(shim_central_stats(cls).slabs, slabs) << "class " << cls;
        ExpectStats(cls, blocks.size(), 0);
        std::vector<void *> sorted = blocks;
        std::sort(sorted.begin(), sorted.end());
        EXPECT_EQ(std::adjacent_find(sorted.begin(), sorted.end()), sorted.end());
        for (void *p : blocks)
            hak_central_return(cls, &p, 1);
        EXPECT_LE(shim_central_stats(cls).slabs, 1u) << "class " << cls;
        ExpectStats(cls, 0, 0);
    }
}

// No thread takes what another one gives at that moment, and none is lost.
TEST_F(Central, ThreadsFillAndReturnAtOnce)
{
    const unsigned cls = std::min(2u, profile.nclasses), nthreads = 4, n = 8;
    std::atomic<unsigned> ready{0};
    std::atomic<bool> shared{false};
    hak::RunThreads(nthreads, [&](unsigned i) {
        void *blocks[n];
        ready++;
        while (ready < nthreads)
            std::this_thread::yield();
        for (int round = 0; round < 200000 && !shared; round++) {
            unsigned got = hak_central_fill(cls, blocks, n);
            for (unsigned k = 0; k < got; k++)
                *static_cast<unsigned *>(blocks[k]) = i + 1;
            for (unsigned k = 0; k < got; k++) {
                shared = shared || *static_cast<unsigned *>(blocks[k]) != i + 1;
                *static_cast<unsigned *>(blocks[k]) = 0;
            }
            hak_central_return(cls, blocks, got);
        }
    });
    EXPECT_FALSE(shared) << "a block was given to two threads";
    ExpectStats(cls, 0, 0);
}

TEST_F(Central, FillsLessWhenMemoryRunsOut)
{
    // The largest class needs the most pages a block: its slabs soon outgrow what is mapped.
    unsigned cls = profile.nclasses;
    const auto c = shim_class(cls);
    os_fake_fail(OS_CLAIM, 1, true);
    std::vector<void *> blocks;
    void *p;
    while (hak_central_fill(cls, &p, 1) == 1)
        blocks.push_back(p);
    std::vector<void *> none(2);
    EXPECT_EQ(hak_central_fill(cls, none.data(), 2), 0u);
    ExpectStats(cls, blocks.size(), 0);
    os_fake_reset();
    EXPECT_EQ(hak_central_fill(cls, none.data(), 2), 2u);
    hak_central_return(cls, none.data(), 2);
    for (void *block : blocks)
        hak_central_return(cls, &block, 1);
    ExpectStats(cls, 0, 0);
    EXPECT_LE(shim_central_stats(cls).slabs * c.slab_pages, c.slab_pages);
}

} // namespace
