// The size-class table, exhaustively: proved from the sizes alone.
#include <vector>

#include "tests/support.h"

using hak::profile;

namespace {

std::vector<struct shim_class> Classes()
{
    std::vector<struct shim_class> classes(1);
    for (unsigned cls = 1; cls <= profile.nclasses; cls++)
        classes.push_back(shim_class(cls));
    return classes;
}

TEST(ClassTable, EachSizeMapsToTheTightestClass)
{
    const std::vector<struct shim_class> classes = Classes();
    unsigned tightest = 1;
    for (size_t size = 0; size <= profile.small_max; size++) {
        while (classes[tightest].size < size + profile.header_bytes + profile.seal_bytes)
            tightest++;
        ASSERT_EQ(shim_class_of_size(size), tightest) << "size " << size;
    }
    EXPECT_EQ(tightest, profile.nclasses) << "classes that no size maps to";
    EXPECT_EQ(classes[profile.nclasses].size,
              profile.small_max + profile.header_bytes + profile.seal_bytes);
}

TEST(ClassTable, SizesRiseByQuanta)
{
    const std::vector<struct shim_class> classes = Classes();
    EXPECT_GE(classes[1].size, 16u);
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        EXPECT_EQ(classes[cls].size % 16, 0u) << "class " << cls;
        EXPECT_GT(classes[cls].size, classes[cls - 1].size) << "class " << cls;
        EXPECT_EQ(classes[cls].usable,
                  classes[cls].size - profile.header_bytes - profile.seal_bytes);
    }
}

TEST(ClassTable, BlocksOfEveryColourFitTheSlab)
{
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        size_t end = c.first + c.nblocks * c.size;
        ASSERT_GE(c.colours, 1u) << "class " << cls;
        ASSERT_GE(c.slab_pages, 1u) << "class " << cls;
        ASSERT_GE(c.nblocks, 1u) << "class " << cls;
        EXPECT_LE(end + 64 * (c.colours - 1), c.slab_bytes) << "class " << cls;
        EXPECT_GE(c.first, profile.header_bytes) << "class " << cls;
        EXPECT_LE(c.nblocks, 4096u) << "class " << cls;
        EXPECT_TRUE(c.nblocks == 4096 || end + c.size > c.slab_bytes)
            << "class " << cls << ": one more block would fit";
        if (c.nblocks > profile.inline_bits) {
            EXPECT_EQ(c.slab_pages, 1u) << "class " << cls << ": the free set has one page's bits";
        }
    }
}

TEST(ClassTable, AlignmentHoldsForEveryBlock)
{
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        ASSERT_GE(c.align, 16u) << "class " << cls;
        ASSERT_EQ(c.align & (c.align - 1), 0u) << "class " << cls;
        EXPECT_EQ(c.size % c.align, 0u) << "class " << cls;
        for (unsigned colour = 0; colour < c.colours; colour++)
            ASSERT_EQ((c.first + 64 * colour) % c.align, 0u) << "class " << cls;
    }
}

// The multiplication by the reciprocal is the division by the size, at every offset in a slab.
TEST(ClassTable, ReciprocalsDivide)
{
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        for (uint64_t start = 0, index = 0; start < c.slab_bytes; start += c.size, index++) {
            uint64_t end = std::min<uint64_t>(start + c.size, c.slab_bytes);
            unsigned wrong = 0;
            for (uint64_t offset = start; offset < end; offset++)
                wrong += offset * c.reciprocal >> profile.reciprocal_shift != index;
            ASSERT_EQ(wrong, 0u) << "class " << cls << " block " << index;
        }
    }
}

TEST(ClassTable, CachesAndBatchesAreInBounds)
{
    unsigned cache_slot = 0, central_slot = 0, chain = 0;
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        EXPECT_GE(c.cap, 2u) << "class " << cls;
        EXPECT_LE(c.cap, 1024u) << "class " << cls;
        EXPECT_EQ(c.batch, c.cap / 2) << "class " << cls;
        EXPECT_EQ(c.cap % 2, 0u) << "class " << cls;
        EXPECT_LE(c.batch, profile.max_batch) << "class " << cls;
        EXPECT_GE(c.transfer, 1u) << "class " << cls;
        EXPECT_EQ(c.list, cls <= profile.list_classes) << "class " << cls;
        if (c.list) {
            EXPECT_EQ(c.central_slot, chain) << "class " << cls;
            chain += c.transfer;
        } else {
            EXPECT_EQ(c.cache_slot, cache_slot) << "class " << cls;
            EXPECT_EQ(c.central_slot, central_slot) << "class " << cls;
            cache_slot += c.cap;
            central_slot += c.transfer * c.batch;
        }
    }
    EXPECT_EQ(profile.cache_slots, cache_slot);
    EXPECT_EQ(profile.central_slots, central_slot);
    EXPECT_EQ(profile.central_chains, chain);
}

} // namespace
