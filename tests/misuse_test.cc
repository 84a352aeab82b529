// What the program must not do ends the process with a message, as far as the profile sees it.
#include <cstdlib>
#include <thread>
#include <vector>

#include "tests/support.h"

using hak::profile;

namespace {

class MisuseDeathTest : public hak::HeapTest {};

TEST_F(MisuseDeathTest, FreeOfForeignPointers)
{
    static char data[64];
    void *libc = std::malloc(64);
    char local[64] = {0};
    EXPECT_DEATH(hak_free(hak::Opaque(data + 16)), "hakmem.*: invalid or double free");
    EXPECT_DEATH(hak_free(hak::Opaque(libc)), "invalid or double free");
    EXPECT_DEATH(hak_free(hak::Opaque(local + 16)), "invalid or double free");
    EXPECT_DEATH(hak_free(shim_heap_base() + (size_t(1) << 62)), "invalid or double free");
    EXPECT_DEATH(hak_realloc(hak::Opaque(libc), 100), "not a block of this heap");
    EXPECT_DEATH(hak_malloc_usable_size(hak::Opaque(libc)), "not a block of this heap");
    std::free(libc);
}

TEST_F(MisuseDeathTest, DoubleFreeOfLargeBlocks)
{
    for (size_t size :
         {profile.small_max + 1, static_cast<size_t>(3) << 20, static_cast<size_t>(200) << 20}) {
        void *p = hak::Opaque(hak_malloc(size));
        EXPECT_DEATH((hak_free(p), hak_free(hak::Opaque(p))), "double free");
        EXPECT_DEATH((hak_free(p), hak_trim(), hak_free(hak::Opaque(p))), "invalid or double free");
        EXPECT_DEATH((hak_free(p), hak_realloc(hak::Opaque(p), 10)),
                     profile.guard ? "realloc of a freed block" : "not a block of this heap");
        hak_free(p);
    }
}

TEST_F(MisuseDeathTest, InteriorPointersOfLargeBlocks)
{
    char *p = static_cast<char *>(hak_malloc(1 << 20));
    std::memset(p, 0, 1 << 20);
    for (size_t offset : {1, 8, 16, 64, 4096})
        EXPECT_DEATH(hak_free(hak::Opaque(p + offset)), "not the start of a block") << offset;
    EXPECT_DEATH(hak_free(hak::Opaque(p + (1 << 19))), "invalid");
    hak_free(p);
}

// A double free that the cache did not see is seen when the block reaches its slab.
TEST_F(MisuseDeathTest, DoubleFreeReachesTheSlab)
{
    for (unsigned cls : {1u, profile.nclasses / 2 + 1, profile.nclasses}) {
        const auto c = shim_class(cls);
        std::vector<void *> blocks(4);
        for (void *&p : blocks)
            p = hak::Opaque(hak_malloc(c.usable));
        EXPECT_DEATH(
            {
                hak_free(blocks[0]);
                shim_cache_drain();
                hak_free(hak::Opaque(blocks[0]));
                shim_cache_drain();
            },
            "double free")
            << "class " << cls;
        for (void *p : blocks)
            hak_free(p);
    }
}

TEST_F(MisuseDeathTest, DoubleFreeByAnotherThread)
{
    void *p = hak::Opaque(hak_malloc(40)), *q = hak_malloc(40);
    EXPECT_DEATH(
        {
            hak_free(p);
            shim_cache_drain();
            std::thread([&] { hak_free(hak::Opaque(p)); }).join();
            hak_trim(); // from where the thread's exit parked it to its slab
        },
        "double free");
    hak_free(p);
    hak_free(q);
}

TEST_F(MisuseDeathTest, InteriorPointersReachTheSlab)
{
    if (profile.lookup == SHIM_HEADER)
        GTEST_SKIP() << "seen at once, see HeaderTellsAtOnce";
    for (unsigned cls : {std::min(2u, profile.nclasses), profile.nclasses}) {
        char *p = static_cast<char *>(hak_malloc(shim_class(cls).usable));
        EXPECT_DEATH((hak_free(hak::Opaque(p + 8)), shim_cache_drain()),
                     "not the start of a block");
        hak_free(p);
    }
}

TEST_F(MisuseDeathTest, HeaderTellsAtOnce)
{
    if (profile.lookup != SHIM_HEADER)
        GTEST_SKIP() << "no header in this profile";
    for (unsigned cls : {1u, std::min(2u, profile.nclasses), profile.nclasses}) {
        size_t usable = shim_class(cls).usable;
        char *p = static_cast<char *>(hak_malloc(usable)),
             *q = static_cast<char *>(hak_malloc(usable));
        std::memset(p, 0, usable);
        EXPECT_DEATH((hak_free(p), hak_free(hak::Opaque(p))), "double free");
        EXPECT_DEATH((hak_free(p), hak_free(q), hak_free(hak::Opaque(p))), "double free");
        EXPECT_DEATH((p[-1] = 0x13, hak_free(p)), "header byte overwritten");
        EXPECT_DEATH(hak_free(hak::Opaque(p + 8)), "not the start of a block");
        hak_free(p);
        hak_free(q);
    }
}

// As if the block were of another class, which is seen when it reaches its slab.
TEST_F(MisuseDeathTest, HeaderOfAnotherClassReachesTheSlab)
{
    if (profile.lookup != SHIM_HEADER)
        GTEST_SKIP() << "no header in this profile";
    char *p = static_cast<char *>(hak_malloc(shim_class(profile.nclasses).usable)),
         *q = static_cast<char *>(hak_malloc(shim_class(1).usable));
    EXPECT_DEATH((p[-1] = q[-1], hak_free(p), hak_trim()), "not a block of its size class");
    hak_free(p);
    hak_free(q);
}

// Of a block that came out of its slab with the one before it, and waits in the cache.
TEST_F(MisuseDeathTest, HeaderTellsOfBlocksNeverHandedOut)
{
    if (profile.lookup != SHIM_HEADER)
        GTEST_SKIP() << "no header in this profile";
    for (size_t size : {64, 100, 1000}) {
        const auto c = shim_class(shim_class_of_size(hak::Small(size)));
        if ((c.list ? c.batch : c.cap / 2) < 2)
            continue; // one comes alone
        char *p = static_cast<char *>(hak_malloc(c.usable));
        EXPECT_DEATH(hak_free(hak::Opaque(p + c.size)), "double free") << "class of " << size;
        hak_free(p);
    }
}

TEST_F(MisuseDeathTest, HeaderTellsOfAlignedBlocks)
{
    if (profile.lookup != SHIM_HEADER)
        GTEST_SKIP() << "no header in this profile";
    std::vector<char *> blocks;
    for (int i = 0; i < 8; i++) {
        blocks.push_back(static_cast<char *>(hak_aligned_alloc(256, 300)));
        std::memset(blocks.back(), 0, 300);
    }
    for (char *p : blocks) {
        EXPECT_DEATH((hak_free(p), hak_free(hak::Opaque(p))),
                     "double free|not the start|overwritten");
        EXPECT_DEATH(hak_free(hak::Opaque(p + 16)), "not the start of a block");
    }
    for (char *p : blocks)
        hak_free(p);
}

// A write to any byte between a block's end and the next block.
TEST_F(MisuseDeathTest, GuardSeesOverflowOfOneByte)
{
    if (!profile.guard)
        GTEST_SKIP() << "no guard in this profile";
    for (unsigned cls : {1u, profile.nclasses}) {
        const size_t usable = shim_class(cls).usable;
        for (size_t size : {usable, usable - 1}) {
            char *p = static_cast<char *>(hak_malloc(size));
            std::memset(p, 0, size);
            for (size_t at = size; at < usable + profile.seal_bytes; at++)
                EXPECT_DEATH((p[at] ^= 1, hak_free(hak::Opaque(p))), "overflow past the end")
                    << "byte " << at << " of a block of " << size;
            hak_free(p);
        }
    }
}

// No block's seal is good for another one.
TEST_F(MisuseDeathTest, GuardSeesTheSealOfAnotherBlock)
{
    if (!profile.guard)
        GTEST_SKIP() << "no guard in this profile";
    const size_t usable = shim_class(1).usable;
    char *p = static_cast<char *>(hak_malloc(usable)), *q = static_cast<char *>(hak_malloc(usable));
    EXPECT_DEATH((std::memcpy(p + usable, q + usable, profile.seal_bytes), hak_free(p)),
                 "overflow past the end");
    hak_free(p);
    hak_free(q);
}

// When the block has waited.
TEST_F(MisuseDeathTest, GuardSeesAWriteToAFreedBlock)
{
    if (!profile.guard)
        GTEST_SKIP() << "no guard in this profile";
    for (unsigned cls : {1u, profile.nclasses}) {
        const auto c = shim_class(cls);
        if (c.size > profile.quarantine_bytes)
            continue;
        char *p = static_cast<char *>(hak_malloc(c.usable));
        for (size_t at : {size_t{0}, size_t{1}, c.usable / 2, c.size - 1})
            EXPECT_DEATH((hak_free(p), *hak::Opaque(p + at) ^= 1, hak_trim()), "write after free")
                << "byte " << at << " of " << c.size;
        hak_free(p);
    }
}

TEST_F(MisuseDeathTest, DebugBuildSeesMore)
{
    if (!profile.poison)
        GTEST_SKIP() << "not a debug build";
    char *p = static_cast<char *>(hak_malloc(100));
    std::memset(p, 1, 100);
    EXPECT_DEATH((hak_free(p), hak_free(hak::Opaque(p))), "double free");
    EXPECT_DEATH(
        {
            hak_free(p);
            hak::Opaque(p)[50] = 1;
            hak_malloc(100);
        },
        "write after free");
    EXPECT_DEATH(hak_free_sized(p, 100000), "free_sized with a size above");
    hak_free(p);
}

} // namespace
