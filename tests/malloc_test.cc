// malloc and its relatives: what the standards and the manual of the GNU C library say of them.
#include <cerrno>
#include <set>
#include <vector>

#include <unistd.h>

#include "tests/support.h"

using hak::profile;

namespace {

const size_t kMax = PTRDIFF_MAX;

// The sizes around which something changes: class borders, heap pages, the limits of the profile.
std::vector<size_t> EdgeSizes()
{
    std::set<size_t> sizes = {0, 1, 2, 7, 8, 15, 16, 17};
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        size_t usable = shim_class(cls).usable;
        sizes.insert({usable - 1, usable, usable + 1});
    }
    for (size_t page = 1; page <= 64; page *= 2) {
        size_t bytes = page * profile.page_size;
        sizes.insert({bytes - 17, bytes - 16, bytes - 1, bytes, bytes + 1, bytes + 4096});
    }
    return std::vector<size_t>(sizes.begin(), sizes.end());
}

class Malloc : public hak::HeapTest {
  protected:
    void SetUp() override
    {
        hak::HeapTest::SetUp();
        errno = 0;
    }
};

#define EXPECT_FAILS(call, error)                                                                  \
    do {                                                                                           \
        errno = 0;                                                                                 \
        EXPECT_EQ((call), nullptr);                                                                \
        EXPECT_EQ(errno, error) << #call;                                                          \
    } while (0)

TEST_F(Malloc, ServesEverySizeAlignedAndWritable)
{
    for (size_t size : EdgeSizes()) {
        char *p = static_cast<char *>(hak_malloc(size));
        ASSERT_NE(p, nullptr) << size;
        ASSERT_TRUE(hak::IsAligned(p, 16)) << size;
        size_t usable = hak_malloc_usable_size(p);
        ASSERT_GE(usable, size);
        hak::FillPattern(p, usable, size);
        char *q = static_cast<char *>(hak_malloc(size));
        ASSERT_TRUE(p + usable <= q || q + hak_malloc_usable_size(q) <= p) << size;
        std::memset(q, 0xFF, hak_malloc_usable_size(q));
        ASSERT_EQ(hak::PatternEnd(p, usable, size), usable) << size;
        hak_free(p);
        hak_free(q);
    }
    EXPECT_EQ(errno, 0);
}

TEST_F(Malloc, EverySmallSizeIsAligned)
{
    size_t step = profile.small_max > 8192 ? 3 : 1;
    for (size_t size = 0; size <= profile.small_max + 64; size += step) {
        void *p = hak_malloc(size);
        ASSERT_TRUE(hak::IsAligned(p, 16)) << size;
        ASSERT_GE(hak_malloc_usable_size(p), size);
        hak_free(p);
    }
}

TEST_F(Malloc, SizeZeroGivesBlocksOfTheirOwn)
{
    void *a = hak_malloc(0), *b = hak_malloc(0), *c = hak_calloc(0, 8), *d = hak_calloc(8, 0);
    std::set<void *> distinct = {a, b, c, d, nullptr};
    EXPECT_EQ(distinct.size(), 5u);
    for (void *p : {a, b, c, d})
        hak_free(p);
    void *aligned = hak_aligned_alloc(64, 0);
    EXPECT_NE(aligned, nullptr);
    EXPECT_TRUE(hak::IsAligned(aligned, 64));
    hak_free(aligned);
}

TEST_F(Malloc, HugeSizesFail)
{
    for (size_t size :
         {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 4096, SIZE_MAX - 65536, kMax + 1, kMax, kMax - 15,
          kMax - 65536, static_cast<size_t>(1) << 60, static_cast<size_t>(1) << 48}) {
        void *kept = hak_malloc(40);
        void *kept_large = hak_malloc(hak::Moved(0) + profile.small_max + 1);
        hak::FillPattern(kept, 40, 1);
        EXPECT_FAILS(hak_malloc(size), ENOMEM);
        EXPECT_FAILS(hak_calloc(1, size), ENOMEM);
        EXPECT_FAILS(hak_calloc(size, 1), ENOMEM);
        EXPECT_FAILS(hak_realloc(nullptr, size), ENOMEM);
        EXPECT_FAILS(hak_realloc(kept, size), ENOMEM);
        EXPECT_FAILS(hak_realloc(kept_large, size), ENOMEM);
        EXPECT_FAILS(hak_reallocarray(kept, 1, size), ENOMEM);
        EXPECT_FAILS(hak_memalign(16, size), ENOMEM);
        EXPECT_FAILS(hak_memalign(64, size), ENOMEM);
        EXPECT_FAILS(hak_aligned_alloc(1 << 20, size), ENOMEM);
        EXPECT_FAILS(hak_valloc(size), ENOMEM);
        EXPECT_FAILS(hak_pvalloc(size), ENOMEM);
        void *out = &out;
        EXPECT_EQ(hak_posix_memalign(&out, 64, size), ENOMEM);
        EXPECT_EQ(out, &out) << "left alone on failure";
        EXPECT_EQ(hak::PatternEnd(kept, 40, 1), 40u) << "left alone on failure";
        hak_free(kept);
        hak_free(kept_large);
    }
}

TEST_F(Malloc, HugeAlignmentsFail)
{
    for (unsigned log = 45; log < 64; log++) {
        for (size_t size : {static_cast<size_t>(0), static_cast<size_t>(1), profile.small_max + 1,
                            kMax, SIZE_MAX})
            EXPECT_FAILS(hak_memalign(static_cast<size_t>(1) << log, size), ENOMEM);
    }
}

TEST_F(Malloc, ProductsThatOverflowFail)
{
    const size_t half = static_cast<size_t>(1) << 32;
    void *p = hak_malloc(24);
    hak::FillPattern(p, 24, 5);
    EXPECT_FAILS(hak_calloc(half, half), ENOMEM);
    EXPECT_FAILS(hak_calloc(SIZE_MAX, 2), ENOMEM);
    EXPECT_FAILS(hak_calloc(half + 1, half), ENOMEM);
    EXPECT_FAILS(hak_reallocarray(p, half, half), ENOMEM);
    EXPECT_FAILS(hak_reallocarray(p, 2, SIZE_MAX / 2 + 1), ENOMEM);
    EXPECT_FAILS(hak_reallocarray(nullptr, half, half), ENOMEM);
    EXPECT_EQ(hak::PatternEnd(p, 24, 5), 24u);
    p = hak_reallocarray(p, 10, 100);
    EXPECT_EQ(hak::PatternEnd(p, 24, 5), 24u);
    EXPECT_GE(hak_malloc_usable_size(p), 1000u);
    hak_free(p);
}

// Recycled memory of every kind: class blocks, spans from the bigcache, dirty and purged runs.
TEST_F(Malloc, CallocClearsRecycledMemory)
{
    for (int round = 0; round < 3; round++) {
        for (size_t size : EdgeSizes()) {
            char *p = static_cast<char *>(hak_malloc(size));
            std::memset(p, 0xC3, hak_malloc_usable_size(p));
            hak_free(p);
            char *q = static_cast<char *>(hak_calloc(size, 1));
            ASSERT_TRUE(hak::IsZero(q, size)) << size;
            std::memset(q, 0xC3, size);
            hak_free(q);
        }
        if (round == 0)
            hak_bigcache_evict(UINT64_MAX);
        if (round == 1)
            hak_trim();
    }
}

TEST_F(Malloc, CallocOfFreshMemoryIsZero)
{
    for (size_t size :
         {static_cast<size_t>(100), profile.small_max, static_cast<size_t>(3) << 20}) {
        std::vector<char *> blocks;
        for (int i = 0; i < 20; i++) {
            blocks.push_back(static_cast<char *>(hak_calloc(1, size)));
            ASSERT_TRUE(hak::IsZero(blocks.back(), size));
        }
        for (char *p : blocks)
            hak_free(p);
    }
}

TEST_F(Malloc, ReallocOfNullAndToZero)
{
    void *p = hak_realloc(nullptr, 100);
    ASSERT_NE(p, nullptr);
    EXPECT_GE(hak_malloc_usable_size(p), 100u);
    EXPECT_EQ(hak_realloc(p, 0), nullptr);
    void *again = hak_malloc(100);
    if (!profile.guard && 100 <= profile.small_max) {
        EXPECT_EQ(again, hak::Opaque(p)) << "it was freed";
    }
    hak_free(again);
    void *large = hak_malloc(1 << 20);
    EXPECT_EQ(hak_realloc(large, 0), nullptr);
    EXPECT_EQ(hak_reallocarray(hak_malloc(10), 0, 8), nullptr);
    void *zero = hak_realloc(nullptr, 0);
    EXPECT_NE(zero, nullptr) << "as malloc(0)";
    hak_free(zero);
    EXPECT_EQ(errno, 0);
}

TEST_F(Malloc, ReallocKeepsContentsFromEveryEdgeToTheNext)
{
    std::vector<size_t> sizes = EdgeSizes();
    char *p = static_cast<char *>(hak_malloc(1));
    size_t have = 1;
    hak::FillPattern(p, have, 3);
    auto resize = [&](size_t size) {
        p = static_cast<char *>(hak_realloc(p, size));
        ASSERT_NE(p, nullptr) << size;
        ASSERT_TRUE(hak::IsAligned(p, 16)) << size;
        ASSERT_GE(hak_malloc_usable_size(p), size);
        size_t kept = std::min(have, size);
        ASSERT_EQ(hak::PatternEnd(p, kept, 3), kept) << "from " << have << " to " << size;
        for (size_t i = kept; i < size; i++)
            p[i] = static_cast<char>(hak::PatternByte(3, i));
        have = size;
    };
    for (size_t i = 1; i < sizes.size(); i++)
        ASSERT_NO_FATAL_FAILURE(resize(sizes[i]));
    for (size_t i = sizes.size(); i-- > 1;)
        ASSERT_NO_FATAL_FAILURE(resize(sizes[i]));
    hak_free(p);
}

TEST_F(Malloc, ReallocKeepsContentsBetweenRandomSizes)
{
    hak::Random random(17);
    struct Block {
        char *p;
        size_t size, tag;
    };
    std::vector<Block> blocks(24, {nullptr, 0, 0});
    for (int step = 0; step < 1500; step++) {
        Block &b = blocks[random.Below(blocks.size())];
        size_t size = random.Size(step % 16 ? 200000 : 3 << 20);
        size_t kept = std::min(size, b.size);
        b.p = static_cast<char *>(hak_realloc(b.p, size));
        ASSERT_NE(b.p, nullptr);
        ASSERT_EQ(hak::PatternEnd(b.p, kept, b.tag), kept) << "step " << step;
        b.size = size;
        b.tag = static_cast<size_t>(step);
        hak::FillPattern(b.p, size, b.tag);
    }
    for (Block &b : blocks)
        hak_free(b.p);
}

// Up to 64 MiB: in place, by moving pages, back again, and moved once more.
TEST_F(Malloc, ReallocOfVeryLargeBlocks)
{
    const size_t step = 4096;
    auto mark = [](char *p, size_t from, size_t to) {
        for (size_t i = from; i < to; i += step)
            std::memcpy(p + i, &i, sizeof i);
    };
    auto intact = [](const char *p, size_t size) {
        for (size_t i = 0; i < size; i += step) {
            if (std::memcmp(p + i, &i, sizeof i) != 0)
                return false;
        }
        return true;
    };
    uint64_t moves = shim_large_stats().moves;
    for (int round = 0; round < 2; round++) {
        size_t size = profile.page_size * 2;
        char *p = static_cast<char *>(hak_malloc(size));
        mark(p, 0, size);
        std::vector<void *> walls;
        while (size < (64u << 20)) {
            walls.push_back(hak_malloc(profile.page_size * 2)); // behind p, as it may be
            size_t next = size * 2 + profile.page_size;
            p = static_cast<char *>(hak_realloc(p, next));
            ASSERT_NE(p, nullptr);
            ASSERT_TRUE(intact(p, size)) << size;
            mark(p, size, next);
            size = next;
        }
        while (size > profile.page_size * 4) {
            size /= 3;
            p = static_cast<char *>(hak_realloc(p, size));
            ASSERT_TRUE(intact(p, size - step)) << size;
        }
        hak_free(p);
        for (void *wall : walls)
            hak_free(wall);
        hak_trim();
    }
    if (profile.move_min <= (16u << 20)) {
        EXPECT_GT(shim_large_stats().moves, moves) << "no pages were moved";
    }
}

TEST_F(Malloc, MovedMemoryIsZeroForCallocAfterwards)
{
    size_t size = hak::Moved(4 << 20);
    for (int round = 0; round < 4; round++) {
        char *p = static_cast<char *>(hak_malloc(size));
        void *wall = hak_malloc(1 << 20);
        std::memset(p, 0xAB, size);
        p = static_cast<char *>(hak_realloc(p, size * 2));
        std::memset(p, 0xAB, size * 2);
        char *q = static_cast<char *>(hak_calloc(1, size));
        EXPECT_TRUE(hak::IsZero(q, size));
        hak_free(p);
        char *r = static_cast<char *>(hak_calloc(2, size));
        EXPECT_TRUE(hak::IsZero(r, 2 * size));
        hak_free(q);
        hak_free(r);
        hak_free(wall);
    }
}

TEST_F(Malloc, ReallocCopiesWhenPagesCannotBeMoved)
{
    size_t size = hak::Moved(2 << 20);
    char *p = static_cast<char *>(hak_malloc(size));
    void *wall = hak_malloc(size);
    hak::FillPattern(p, size, 9);
    os_fake_fail(OS_MOVE, 1, true);
    p = static_cast<char *>(hak_realloc(p, size * 3));
    ASSERT_NE(p, nullptr);
    EXPECT_EQ(hak::PatternEnd(p, size, 9), size);
    hak_free(p);
    hak_free(wall);
}

TEST_F(Malloc, ShrinkingGivesMemoryBack)
{
    size_t before = shim_large_stats().bytes;
    void *p = hak_malloc(32 << 20);
    p = hak_realloc(p, 1 << 20);
    EXPECT_LE(shim_large_stats().bytes - before, 2u << 20);
    EXPECT_LT(hak_malloc_usable_size(p), 2u << 20);
    p = hak_realloc(p, 100);
    size_t small = std::max<size_t>(profile.small_max, 4096);
    EXPECT_LE(hak_malloc_usable_size(p), 100 <= profile.small_max ? small : profile.page_size);
    hak_free(p);
    shim_cache_drain();
    EXPECT_EQ(shim_large_stats().bytes, before);
}

// Every power of two up to 16 MiB, with sizes from nothing to several times as much.
TEST_F(Malloc, AlignedBlocksOfManySizes)
{
    struct Block {
        char *p;
        size_t usable, tag;
    };
    for (size_t align = 1; align <= (16u << 20); align *= 2) {
        std::vector<Block> blocks;
        for (size_t size :
             {static_cast<size_t>(0), static_cast<size_t>(1), static_cast<size_t>(24),
              static_cast<size_t>(100), static_cast<size_t>(1000), align / 2, align - 1, align,
              align + 1, align * 3 / 2, profile.small_max / 2, profile.small_max - 1,
              profile.small_max, profile.small_max + 1, static_cast<size_t>(70000)}) {
            for (int i = 0; i < 2; i++) {
                void *p = i ? hak_aligned_alloc(align, size) : hak_memalign(align, size);
                ASSERT_NE(p, nullptr) << align << " " << size;
                ASSERT_TRUE(hak::IsAligned(p, std::max<size_t>(align, 16))) << align << " " << size;
                size_t usable = hak_malloc_usable_size(p);
                ASSERT_GE(usable, size);
                // The two ends, and not 16 MiB in between.
                size_t ends = std::min<size_t>(usable, 5000);
                hak::FillPattern(p, ends, blocks.size());
                std::memset(static_cast<char *>(p) + usable - ends / 2, 0x3C, ends / 2);
                hak::FillPattern(p, ends / 2, blocks.size());
                blocks.push_back({static_cast<char *>(p), usable, blocks.size()});
            }
        }
        for (Block &b : blocks) {
            for (Block &other : blocks) {
                ASSERT_TRUE(&b == &other || b.p + b.usable <= other.p ||
                            other.p + other.usable <= b.p);
            }
            size_t half = std::min<size_t>(b.usable, 5000) / 2;
            ASSERT_EQ(hak::PatternEnd(b.p, half, b.tag), half) << "align " << align;
        }
        for (size_t i = 0; i < blocks.size(); i++) {
            size_t half = std::min<size_t>(blocks[i].usable, 5000) / 2;
            if (i % 3 == 0) {
                char *p = static_cast<char *>(hak_realloc(blocks[i].p, blocks[i].usable + 40));
                ASSERT_EQ(hak::PatternEnd(p, half, blocks[i].tag), half) << "align " << align;
                hak_free(p);
            } else if (i % 3 == 1 && half > 0) {
                char *p = static_cast<char *>(hak_realloc(blocks[i].p, half));
                ASSERT_EQ(hak::PatternEnd(p, half, blocks[i].tag), half) << "align " << align;
                hak_free_sized(p, half);
            } else {
                hak_free_aligned_sized(blocks[i].p, align, blocks[i].usable);
            }
        }
    }
}

TEST_F(Malloc, PosixMemalign)
{
    for (size_t align = sizeof(void *); align <= (1u << 20); align *= 2) {
        void *p = nullptr;
        errno = 77;
        ASSERT_EQ(hak_posix_memalign(&p, align, 100), 0);
        EXPECT_TRUE(hak::IsAligned(p, align));
        EXPECT_EQ(errno, 77);
        hak_free(p);
        EXPECT_EQ(errno, 77);
    }
    for (size_t align : {0, 1, 2, 3, 4, 6, 12, 24, 65537}) {
        void *p = &p;
        errno = 77;
        EXPECT_EQ(hak_posix_memalign(&p, align, 100), EINVAL) << align;
        EXPECT_EQ(p, &p);
        EXPECT_EQ(errno, 77);
    }
}

TEST_F(Malloc, AlignmentsThatAreNoPowerOfTwoFail)
{
    for (size_t align : {static_cast<size_t>(0), static_cast<size_t>(3), static_cast<size_t>(48),
                         static_cast<size_t>(4097), SIZE_MAX}) {
        EXPECT_FAILS(hak_aligned_alloc(align, 100), EINVAL);
        EXPECT_FAILS(hak_memalign(align, 100), EINVAL);
    }
}

TEST_F(Malloc, PageAlignedBlocks)
{
    size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    for (size_t size :
         {static_cast<size_t>(0), static_cast<size_t>(1), page - 1, page, page + 1, page * 20}) {
        void *v = hak_valloc(size), *pv = hak_pvalloc(size);
        EXPECT_TRUE(hak::IsAligned(v, page));
        EXPECT_TRUE(hak::IsAligned(pv, page));
        EXPECT_GE(hak_malloc_usable_size(v), size);
        EXPECT_GE(hak_malloc_usable_size(pv), std::max<size_t>(1, (size + page - 1) / page) * page);
        hak_free(v);
        hak_free(pv);
    }
    EXPECT_FAILS(hak_pvalloc(SIZE_MAX - page / 2), ENOMEM);
}

TEST_F(Malloc, UsableSizeOfNullIsZero)
{
    EXPECT_EQ(hak_malloc_usable_size(nullptr), 0u);
    hak_free(nullptr);
    hak_free_sized(nullptr, 10);
    hak_free_aligned_sized(nullptr, 16, 10);
    EXPECT_EQ(errno, 0);
}

// A block grown or aligned beyond its size is freed with the size it was asked for.
TEST_F(Malloc, SizedFreesTakeAnyBlock)
{
    for (size_t size : EdgeSizes()) {
        hak_free_sized(hak_malloc(size), size);
        hak_free_sized(hak_calloc(1, size), size);
        hak_free_sized(hak_realloc(hak_malloc(size + 300), size + 200), size + 200);
        hak_free_aligned_sized(hak_aligned_alloc(64, size), 64, size);
    }
}

TEST_F(Malloc, FreeLeavesErrnoAlone)
{
    std::vector<void *> blocks;
    for (int round = 0; round < 2; round++) {
        shim_cache_drain(); // closed blocks of a hardened profile are lost if they cannot be
                            // unmapped
        for (size_t size : EdgeSizes()) {
            for (int i = 0; i < (size < 100000 ? 20 : 2); i++)
                blocks.push_back(hak_malloc(size));
        }
        // The second time giving memory back fails as well.
        if (round == 1)
            os_fake_fail(OS_GIVE_BACK | OS_START_THREAD, 1, true);
        errno = 77;
        for (void *p : blocks)
            hak_free(p);
        EXPECT_EQ(errno, 77);
        blocks.clear();
        os_fake_reset();
    }
}

TEST_F(Malloc, TrimGivesFreeMemoryBack)
{
    std::vector<void *> blocks;
    for (int i = 0; i < 2000; i++)
        blocks.push_back(hak_malloc(hak::Small(i % 2 ? 2000 : 200)));
    void *large = hak_malloc(8 << 20);
    uint64_t purged = shim_heap_stats().purged;
    for (void *p : blocks)
        hak_free(p);
    hak_free(large);
    purged = shim_heap_stats().purged - purged;
    uint64_t all = shim_heap_stats().purged;
    size_t bytes = hak_trim();
    EXPECT_EQ(shim_central_stats(shim_class_of_size(hak::Small(200))).slabs, 0u)
        << "the caller's cache as well";
    // A large block that a hardened profile closed gave its memory back before.
    size_t before = shim_heap_stats().purged - all - bytes;
    EXPECT_LE(before, profile.guard ? 9u << 20 : 0);
    EXPECT_GE(purged + bytes + before, 8u << 20);
    EXPECT_EQ(hak_trim(), 0u);
    EXPECT_STREQ(hak_profile(), profile.name);
}

} // namespace
