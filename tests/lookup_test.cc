// From a pointer to its class, by whichever lookup the profile has.
#include <cstdlib>
#include <vector>

#include "tests/support.h"

using hak::profile;

namespace {

class Lookup : public hak::HeapTest {};

// One slab's worth of blocks has the slab's first and last block among them.
TEST_F(Lookup, KnowsEveryBlockOfEveryClass)
{
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        std::vector<void *> blocks;
        for (unsigned i = 0; i < c.nblocks + c.cap; i++) {
            void *p = hak_malloc(c.usable);
            ASSERT_NE(p, nullptr);
            ASSERT_EQ(shim_class_of_block(p), cls) << "block " << i;
            ASSERT_EQ(hak_malloc_usable_size(p), c.usable);
            hak_span *slab = hak_span_find(p);
            ASSERT_NE(slab, nullptr);
            ASSERT_EQ(hak_slab_block_of(slab, p), p);
            blocks.push_back(p);
        }
        for (void *p : blocks)
            hak_free(p);
    }
}

// What the program writes into a block, up to its last byte, does not change a class.
TEST_F(Lookup, DoesNotDependOnContents)
{
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        const auto c = shim_class(cls);
        std::vector<void *> blocks;
        for (unsigned i = 0; i < 16; i++) {
            blocks.push_back(hak_malloc(c.usable));
            std::memset(blocks.back(), i % 2 ? 0xFF : 0x00, c.usable);
        }
        for (void *p : blocks) {
            EXPECT_EQ(shim_class_of_block(p), cls);
            hak_free(p);
        }
    }
}

TEST_F(Lookup, KnowsNoClassOfLargeBlocks)
{
    for (size_t size :
         {profile.small_max + 1, static_cast<size_t>(100000), static_cast<size_t>(5000000)}) {
        void *p = hak_malloc(size);
        ASSERT_NE(p, nullptr);
        EXPECT_EQ(shim_class_of_block(p), 0u) << size;
        EXPECT_NE(hak_span_find(p), nullptr);
        hak_free(p);
    }
}

TEST_F(Lookup, KnowsNoClassOfForeignPointers)
{
    static char data[64];
    int local = 0;
    void *libc = std::malloc(40);
    void *mapped = std::malloc(1 << 20);
    char *base = shim_heap_base();
    EXPECT_EQ(shim_class_of_block(nullptr), 0u);
    EXPECT_EQ(shim_class_of_block(&local), 0u);
    EXPECT_EQ(shim_class_of_block(data + 16), 0u);
    EXPECT_EQ(shim_class_of_block(libc), 0u);
    EXPECT_EQ(shim_class_of_block(mapped), 0u);
    EXPECT_EQ(shim_class_of_block(reinterpret_cast<void *>(&std::malloc)), 0u);
    EXPECT_EQ(shim_class_of_block(base - 4096), 0u);
    EXPECT_EQ(shim_class_of_block(base - 1), 0u);
    EXPECT_EQ(shim_class_of_block(base + shim_heap_size() + 1), 0u);
    EXPECT_EQ(shim_class_of_block(reinterpret_cast<void *>(UINTPTR_MAX)), 0u);
    std::free(libc);
    std::free(mapped);
}

TEST_F(Lookup, KnowsNothingOfFreedLargeBlocks)
{
    char *p = static_cast<char *>(hak_malloc(300000));
    hak_free(p);
    shim_cache_drain(); // what waits in a hardened profile is still known
    EXPECT_EQ(shim_class_of_block(hak::Opaque(p)), 0u);
    EXPECT_EQ(hak_span_find(hak::Opaque(p)), nullptr);
}

} // namespace
