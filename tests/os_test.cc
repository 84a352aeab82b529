// The OS layer keeps its contract: what each call does, and that errno is left alone.
#include <cerrno>
#include <string>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/memory.h"
#include "tests/support.h"

namespace {

constexpr size_t kSize = 1 << 20;

class Os : public testing::Test {
  protected:
    void SetUp() override
    {
        os_fake_reset();
        base_ = static_cast<char *>(hak_os_map(2 * kSize));
        ASSERT_NE(base_, nullptr);
        errno = 77;
    }

    void TearDown() override
    {
        EXPECT_EQ(errno, 77);
        EXPECT_EQ(hak_os_release(base_, 2 * kSize), 0);
    }

    char *base_ = nullptr;
};

TEST_F(Os, MappedMemoryIsZeroAndWritable)
{
    EXPECT_TRUE(hak::IsZero(base_, 2 * kSize));
    std::memset(base_, 1, 2 * kSize);
    EXPECT_EQ(hak::ProtectionOf(base_), "rw-");
}

TEST_F(Os, ClaimsWhatIsFreeAndNothingElse)
{
    std::memset(base_, 1, 2 * kSize);
    EXPECT_EQ(hak_os_claim(base_, kSize), EEXIST);
    ASSERT_EQ(hak_os_release(base_ + kSize, kSize), 0);
    EXPECT_EQ(hak::ProtectionOf(base_ + kSize), "");
    EXPECT_EQ(hak_os_claim(base_ + kSize - 65536, kSize), EEXIST) << "its first pages are taken";
    EXPECT_EQ(hak::ProtectionOf(base_ + kSize), "") << "nothing is left behind";
    EXPECT_EQ(hak_os_claim(base_ + kSize, kSize), 0);
    EXPECT_TRUE(hak::IsZero(base_ + kSize, kSize));
    EXPECT_EQ(base_[kSize - 1], 1);
    base_[2 * kSize - 1] = 2;
}

TEST_F(Os, PurgedMemoryIsZeroAndStaysMapped)
{
    std::memset(base_, 1, kSize);
    ASSERT_EQ(hak_os_purge(base_, kSize / 2), 0);
    EXPECT_TRUE(hak::IsZero(base_, kSize / 2));
    EXPECT_EQ(base_[kSize / 2], 1);
    base_[0] = 2;
}

TEST_F(Os, MovesPagesAndRenewsTheirPlace)
{
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

TEST_F(Os, TakesAccessAwayAndGivesItBack)
{
    std::memset(base_, 1, 2 * kSize);
    ASSERT_EQ(hak_os_renew_closed(base_ + kSize, kSize), 0);
    EXPECT_EQ(hak::ProtectionOf(base_ + kSize), "---");
    EXPECT_DEATH(*hak::Opaque(base_ + 5) = *hak::Opaque(base_ + kSize), "");
    ASSERT_EQ(hak_os_renew(base_, 2 * kSize), 0);
    EXPECT_TRUE(hak::IsZero(base_, 2 * kSize));
    base_[kSize] = base_[0] = 1;
}

TEST_F(Os, WipesInAChildOfFork)
{
    std::memset(base_, 1, 2 * kSize);
    if (hak_os_wipe_in_child(base_, kSize) != 0)
        GTEST_SKIP() << "not on this kernel";
    pid_t child = fork();
    if (child == 0)
        _exit(hak::IsZero(base_, kSize) && base_[kSize] == 1 ? 0 : 1);
    int status = 1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(base_[0], 1);
}

TEST_F(Os, FailuresAreReturnedAndErrnoIsLeftAlone)
{
    ASSERT_EQ(hak_os_release(base_ + kSize, kSize), 0);
    EXPECT_EQ(hak_os_purge(base_ + kSize, kSize), ENOMEM);
    EXPECT_NE(hak_os_move(base_, base_ + kSize, kSize), 0);
    EXPECT_EQ(hak_os_release(base_ + 1, kSize), EINVAL);
    EXPECT_EQ(hak_os_map(size_t(1) << 60), nullptr);
    EXPECT_EQ(hak_os_map(SIZE_MAX - 65535), nullptr);
    EXPECT_NE(hak_os_claim(base_ + kSize, size_t(1) << 60), 0);
    EXPECT_EQ(hak_os_claim(base_ + kSize, kSize), 0);
}

} // namespace
