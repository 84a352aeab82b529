// The OS layer keeps its contract: what each call does, and that errno is left alone.
#include <cerrno>

#include <sys/resource.h>

#include "tests/support.h"

namespace {

constexpr size_t kSize = 1 << 20;

class Os : public testing::Test {
  protected:
    void SetUp() override
    {
        os_fake_reset();
        base_ = static_cast<char *>(hak_os_reserve(2 * kSize, kSize));
        ASSERT_NE(base_, nullptr);
        EXPECT_TRUE(hak::IsAligned(base_, kSize));
        errno = 77;
    }

    void TearDown() override
    {
        EXPECT_EQ(errno, 77);
        hak_os_release(base_, 2 * kSize);
    }

    char *base_ = nullptr;
};

TEST_F(Os, CommittedMemoryIsZeroAndWritable)
{
    ASSERT_EQ(hak_os_commit(base_, kSize), 0);
    EXPECT_TRUE(hak::IsZero(base_, kSize));
    std::memset(base_, 1, kSize);
    ASSERT_EQ(hak_os_commit(base_, 2 * kSize), 0) << "once more, and further";
    EXPECT_EQ(base_[kSize - 1], 1);
    EXPECT_EQ(hak_os_purge(base_ + kSize, kSize), 0);
}

TEST_F(Os, PurgedMemoryIsZeroAndStaysCommitted)
{
    ASSERT_EQ(hak_os_commit(base_, kSize), 0);
    std::memset(base_, 1, kSize);
    ASSERT_EQ(hak_os_purge(base_, kSize / 2), 0);
    EXPECT_TRUE(hak::IsZero(base_, kSize / 2));
    EXPECT_EQ(base_[kSize / 2], 1);
    base_[0] = 2;
}

TEST_F(Os, TellsWhatIsResident)
{
    ASSERT_EQ(hak_os_commit(base_, kSize), 0);
    EXPECT_EQ(hak_os_resident(base_, kSize), 0u);
    base_[0] = 1;
    EXPECT_GE(hak_os_resident(base_, kSize), hak_os_page_size());
    std::memset(base_, 1, kSize);
    EXPECT_EQ(hak_os_resident(base_, kSize), kSize);
    ASSERT_EQ(hak_os_purge(base_, kSize), 0);
    EXPECT_EQ(hak_os_resident(base_, kSize), 0u);
}

TEST_F(Os, MovesPagesAndRenewsTheirPlace)
{
    ASSERT_EQ(hak_os_commit(base_, 2 * kSize), 0);
    hak::FillPattern(base_, kSize, 8);
    ASSERT_EQ(hak_os_move(base_ + kSize, base_, kSize), 0);
    EXPECT_EQ(hak::PatternEnd(base_ + kSize, kSize, 8), kSize);
    EXPECT_TRUE(hak::IsZero(base_, kSize));
    base_[5] = 5;
    for (size_t half : {0, 1}) {
        ASSERT_EQ(hak_os_renew(base_ + half * kSize, kSize), 0);
        EXPECT_TRUE(hak::IsZero(base_ + half * kSize, kSize));
        base_[half * kSize] = 1;
    }
}

TEST_F(Os, FailuresAreReturnedAndErrnoIsLeftAlone)
{
    char *nowhere = static_cast<char *>(hak_os_reserve(kSize, 4096));
    hak_os_release(nowhere, kSize);
    EXPECT_NE(hak_os_commit(nowhere, kSize), 0);
    EXPECT_NE(hak_os_purge(nowhere, kSize), 0);
    EXPECT_NE(hak_os_move(base_, nowhere, kSize), 0);
    EXPECT_EQ(hak_os_reserve(size_t(1) << 60, 4096), nullptr);
    EXPECT_EQ(hak_os_reserve(SIZE_MAX - 4095, 1 << 20), nullptr);
    EXPECT_EQ(hak_os_reserve_readable(size_t(1) << 60), nullptr);
}

TEST_F(Os, ReadableMemoryCostsNothingUntilCommitted)
{
    size_t size = size_t(1) << 34;
    char *table = static_cast<char *>(hak_os_reserve_readable(size));
    ASSERT_NE(table, nullptr);
    EXPECT_EQ(*hak::Opaque(table + size / 2), 0);
    EXPECT_DEATH(*hak::Opaque(table + size / 2) = 1, "");
    ASSERT_EQ(hak_os_commit(table, hak_os_page_size()), 0);
    *hak::Opaque(table) = 1;
    hak_os_release(table, size);
}

TEST_F(Os, KnowsTheLimitOfTheAddressSpace)
{
    if (hak::kSanitized)
        GTEST_SKIP() << "the sanitizer's own memory is beyond any limit";
    struct rlimit before, limited;
    getrlimit(RLIMIT_AS, &before);
    if (before.rlim_cur == RLIM_INFINITY) {
        EXPECT_EQ(hak_os_address_space_left(), SIZE_MAX);
    }
    limited = before;
    limited.rlim_cur = size_t(1) << 44;
    ASSERT_EQ(setrlimit(RLIMIT_AS, &limited), 0);
    size_t left = hak_os_address_space_left();
    setrlimit(RLIMIT_AS, &before);
    EXPECT_LT(left, size_t(1) << 44);
    EXPECT_GT(left, size_t(1) << 30);
}

} // namespace
