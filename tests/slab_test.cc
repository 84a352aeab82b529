// Slabs: carving, taking, putting back, and blocks that are none.
#include <algorithm>
#include <set>
#include <vector>

#include "tests/support.h"

using hak::profile;

namespace {

class SlabTest : public hak::HeapTest {
  protected:
    // All free blocks of the slab, in the order it hands them out.
    static std::vector<char *> TakeAll(hak_span *slab, unsigned step)
    {
        std::vector<char *> blocks;
        std::vector<void *> some(step);
        while (unsigned n = hak_slab_take(slab, some.data(), step)) {
            EXPECT_LE(n, step);
            for (unsigned i = 0; i < n; i++)
                blocks.push_back(static_cast<char *>(some[i]));
        }
        if (profile.random)
            std::sort(blocks.begin(), blocks.end());
        return blocks;
    }

    static void PutAll(hak_span *slab, const std::vector<char *> &blocks)
    {
        for (char *p : blocks)
            hak_slab_put(slab, p);
    }
};

TEST_F(SlabTest, HandsOutEveryBlockOnceInAddressOrder)
{
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        hak_span *slab = hak_slab_carve(cls, 0);
        ASSERT_NE(slab, nullptr);
        EXPECT_EQ(shim_slab_nfree(slab), c.nblocks);
        EXPECT_TRUE(shim_slab_is_empty(slab));
        std::vector<char *> blocks = TakeAll(slab, 7);
        ASSERT_EQ(blocks.size(), c.nblocks) << "class " << cls;
        EXPECT_EQ(shim_slab_nfree(slab), 0u);
        char *start = shim_span_start(slab);
        EXPECT_EQ(blocks.front(), start + c.first) << "class " << cls;
        for (size_t i = 0; i < blocks.size(); i++) {
            ASSERT_EQ(blocks[i], start + c.first + i * c.size) << "class " << cls;
            ASSERT_TRUE(hak::IsAligned(blocks[i], c.align)) << "class " << cls;
            ASSERT_EQ(hak_slab_block_of(slab, blocks[i]), blocks[i]);
            ASSERT_EQ(hak_slab_block_of(slab, blocks[i] + c.size - 1), blocks[i]);
        }
        EXPECT_LE(blocks.back() + c.size, start + c.slab_bytes);
        PutAll(slab, blocks);
        EXPECT_TRUE(shim_slab_is_empty(slab));
        hak_slab_free(slab);
    }
}

TEST_F(SlabTest, ColoursVaryAndStayInside)
{
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        std::set<ptrdiff_t> offsets;
        for (unsigned serial = 0; serial < c.colours; serial++) {
            hak_span *slab = hak_slab_carve(cls, serial);
            ASSERT_NE(slab, nullptr);
            std::vector<char *> blocks = TakeAll(slab, 64);
            ASSERT_EQ(blocks.size(), c.nblocks);
            char *start = shim_span_start(slab);
            EXPECT_GE(blocks.front(), start + c.first);
            EXPECT_LE(blocks.back() + c.size, start + c.slab_bytes) << "class " << cls;
            EXPECT_TRUE(hak::IsAligned(blocks.front(), c.align));
            EXPECT_EQ(hak_slab_block_of(slab, blocks.front() - 1), nullptr);
            EXPECT_EQ(hak_slab_block_of(slab, blocks.back() + c.size), nullptr);
            offsets.insert(blocks.front() - start);
            hak_slab_free(slab);
        }
        EXPECT_EQ(offsets.size(), c.colours) << "class " << cls;
    }
}

TEST_F(SlabTest, RefillsLowestFirst)
{
    hak::Random random(3);
    for (unsigned cls = 1; cls <= profile.nclasses; cls += 3) {
        hak_span *slab = hak_slab_carve(cls, 1);
        ASSERT_NE(slab, nullptr);
        std::vector<char *> blocks = TakeAll(slab, 512);
        random.Shuffle(blocks.data(), blocks.size());
        std::vector<char *> back(blocks.begin(), blocks.begin() + (blocks.size() + 1) / 2);
        PutAll(slab, back);
        EXPECT_EQ(shim_slab_nfree(slab), back.size());
        std::sort(back.begin(), back.end());
        EXPECT_EQ(TakeAll(slab, 5), back) << "class " << cls;
        PutAll(slab, blocks);
        hak_slab_free(slab);
    }
}

// Where a slab's first block lies: the same in each, or not.
TEST_F(SlabTest, OrderIsRandomIfAskedFor)
{
    for (unsigned cls : {1u, profile.nclasses}) {
        if (shim_class(cls).nblocks < 4)
            continue; // chance has little to choose from
        std::set<ptrdiff_t> firsts;
        std::vector<hak_span *> slabs(20);
        for (hak_span *&slab : slabs) {
            void *p = nullptr;
            slab = hak_slab_carve(cls, 0);
            ASSERT_EQ(hak_slab_take(slab, &p, 1), 1u);
            firsts.insert(static_cast<char *>(p) - shim_span_start(slab));
        }
        for (hak_span *slab : slabs)
            hak_slab_free(slab);
        EXPECT_EQ(firsts.size() > 1, profile.random) << "class " << cls;
    }
}

// The first class's free set lies apart, and its place may be refused where its pages are not.
TEST_F(SlabTest, CarvingEitherWorksOrLosesNothing)
{
    std::vector<hak_span *> slabs;
    for (unsigned n = 1; n <= 40; n++) {
        os_fake_fail(OS_CLAIM, n, false);
        for (int i = 0; i < 100; i++) {
            if (hak_span *slab = hak_slab_carve(1, 0)) {
                EXPECT_EQ(shim_slab_nfree(slab), shim_class(1).nblocks);
                slabs.push_back(slab);
            }
        }
    }
    for (hak_span *slab : slabs)
        hak_slab_free(slab);
}

TEST_F(SlabTest, EndsTheProcessForWhatIsNoBlockInUse)
{
    for (unsigned cls : {1u, profile.nclasses / 2 + 1, profile.nclasses}) {
        const auto c = shim_class(cls);
        hak_span *slab = hak_slab_carve(cls, c.colours - 1);
        ASSERT_NE(slab, nullptr);
        std::vector<char *> blocks = TakeAll(slab, 512);
        hak_slab_put(slab, blocks[0]);
        EXPECT_DEATH(hak_slab_put(slab, blocks[0]), "double free: 0x");
        EXPECT_DEATH(hak_slab_put(slab, blocks[0] + c.size / 2), "not the start of a block");
        EXPECT_DEATH(hak_slab_put(slab, blocks.back() + c.size), "not the start of a block");
        EXPECT_DEATH(hak_slab_put(slab, blocks[0] - 1), "not a block");
        hak_slab_free(slab);
    }
}

} // namespace
