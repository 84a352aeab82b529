// Pages moved without copying: from span to span, behind a span that grows, and out again.
#include <vector>

#include "tests/support.h"

using hak::profile;

namespace {

constexpr size_t kPage = 65536;

hak_span *Alloc(size_t npages)
{
    return hak_heap_alloc(npages, kPage, 0);
}

// A span that follows on nothing free, so that what is freed in front of it stays by itself.
struct Guarded {
    hak_span *span;
    hak_span *guard;
};

Guarded AllocGuarded(size_t npages)
{
    hak_span *span = Alloc(npages);
    return {span, Alloc(1)};
}

size_t Bytes(const hak_span *span)
{
    return shim_span_pages(span) * kPage;
}

void Fill(hak_span *span, size_t tag)
{
    hak::FillPattern(shim_span_start(span), Bytes(span), tag);
}

bool Holds(const hak_span *span, size_t bytes, size_t tag)
{
    return hak::PatternEnd(shim_span_start(span), bytes, tag) == bytes;
}

class Mapping : public hak::HeapTest {
  protected:
    void SetUp() override
    {
        hak::HeapTest::SetUp();
        os_fake_set_clock(now_);
        hak_heap_purge(UINT64_MAX, 0);
    }

    uint64_t now_ = 10000000; // later than any pause after a refusal in another test
};

TEST_F(Mapping, MovesContentsAndLeavesCleanPages)
{
    hak_span *from = Alloc(5), *to = Alloc(5);
    bool lost;
    ASSERT_TRUE(shim_span_zero(to));
    Fill(from, 7);
    EXPECT_EQ(shim_span_move(to, 0, from, &lost), 5u);
    EXPECT_FALSE(lost);
    EXPECT_TRUE(Holds(to, 5 * kPage, 7));
    EXPECT_TRUE(hak::IsZero(shim_span_start(from), 5 * kPage));
    EXPECT_NE(shim_span_mapping(to), 0u);
    char *start = shim_span_start(from);
    hak_heap_free_clean(from);
    from = Alloc(5);
    EXPECT_EQ(shim_span_start(from), start);
    EXPECT_TRUE(shim_span_zero(from));
    hak_heap_free(from);
    hak_heap_free(to);
}

// What was moved in pieces from several places can be moved on, piece by piece.
TEST_F(Mapping, MovesWhatLiesInSeveralMappings)
{
    hak_span *to = Alloc(6), *on = Alloc(6);
    bool lost;
    for (size_t i = 0; i < 3; i++) {
        hak_span *from = Alloc(2);
        std::memset(shim_span_start(from), static_cast<int>(i + 1), 2 * kPage);
        ASSERT_EQ(shim_span_move(to, 2 * i, from, &lost), 2u);
        hak_heap_free_clean(from);
    }
    ASSERT_EQ(shim_span_move(on, 0, to, &lost), 6u);
    for (size_t i = 0; i < 6 * kPage; i += 512)
        ASSERT_EQ(shim_span_start(on)[i], static_cast<char>(i / (2 * kPage) + 1));
    hak_heap_free_clean(to);
    hak_heap_free(on);
}

TEST_F(Mapping, MovedPagesAreTheHeapsOwnOncePurged)
{
    hak_span *from = Alloc(4), *to = Alloc(4), *guard = Alloc(1);
    bool lost;
    ASSERT_EQ(shim_span_move(to, 0, from, &lost), 4u);
    Fill(to, 3);
    char *start = shim_span_start(to);
    hak_heap_free(to);
    EXPECT_EQ(hak_heap_purge(UINT64_MAX, 0), profile.decay_ms == 0 ? 0 : 4 * kPage);
    hak_heap_free_clean(from);
    to = Alloc(4);
    EXPECT_TRUE(shim_span_zero(to));
    EXPECT_TRUE(hak::IsZero(shim_span_start(to), 4 * kPage));
    EXPECT_EQ(shim_span_start(to) == start ? shim_span_mapping(to) : 0, 0u);
    hak_heap_free(to);
    hak_heap_free(guard);
}

TEST_F(Mapping, ASpanThatCannotBePurgedOrRenewedIsNotSaidToBeZero)
{
    for (bool moved : {false, true}) {
        hak_span *from = Alloc(4), *span = Alloc(4), *guard = Alloc(1);
        char *start = shim_span_start(span);
        bool lost;
        if (moved) {
            ASSERT_EQ(shim_span_move(span, 0, from, &lost), 4u);
        }
        Fill(span, 5);
        os_fake_fail(OS_GIVE_BACK, 1, true);
        hak_heap_free(span);
        hak_heap_purge(UINT64_MAX, 0);
        span = hak_heap_try_dirty(4);
        ASSERT_NE(span, nullptr);
        ASSERT_EQ(shim_span_start(span), start);
        EXPECT_FALSE(shim_span_zero(span));
        os_fake_fail(0, 0, false);
        hak_heap_free(span);
        hak_heap_purge(UINT64_MAX, 0);
        EXPECT_EQ(hak_heap_dirty_bytes(), 0u);
        span = Alloc(4);
        ASSERT_EQ(shim_span_start(span), start);
        EXPECT_TRUE(hak::IsZero(start, 4 * kPage));
        hak_heap_free(span);
        hak_heap_free(from);
        hak_heap_free(guard);
        hak::Settle();
    }
}

// However often pages of all kinds were moved, purged and unmapped, moving works as at first.
TEST_F(Mapping, MovesAgainAfterAllWasFree)
{
    hak::Random random(3);
    for (int round = 0; round < 200; round++) {
        std::vector<hak_span *> spans;
        for (int i = 0; i < 10; i++)
            spans.push_back(Alloc(1 + random.Below(6)));
        for (int i = 0; i < 10; i++) {
            size_t n = random.Below(spans.size());
            hak_span *from = spans[n], *to = Alloc(shim_span_pages(from));
            bool lost;
            if (!shim_span_zero(to)) {
                spans.push_back(to);
                continue;
            }
            std::memset(shim_span_start(from), round + 1, 64);
            ASSERT_EQ(shim_span_move(to, 0, from, &lost), shim_span_pages(to)) << round;
            ASSERT_EQ(shim_span_start(to)[63], static_cast<char>(round + 1));
            hak_heap_free_clean(from);
            spans[n] = to;
        }
        random.Shuffle(spans.data(), spans.size());
        for (hak_span *span : spans)
            hak_heap_free(span);
        shim_set_has_threads(random.Below(2));
        if (random.Below(3) == 0)
            hak_heap_purge(UINT64_MAX, random.Below(30) * kPage);
    }
}

// Dirty pages from elsewhere come to lie behind the span, which then takes them.
TEST_F(Mapping, FeedsASpanThatGrows)
{
    if (profile.decay_ms == 0)
        GTEST_SKIP() << "there are no dirty pages";
    auto [dirty, guard] = AllocGuarded(64);
    hak_span *span = Alloc(32); // the clean pages behind the frontier follow
    Fill(dirty, 1);
    Fill(span, 2);
    hak_heap_free(dirty);
    size_t before = hak_heap_dirty_bytes();
    hak_grow_feed(span, 64);
    EXPECT_EQ(hak_heap_dirty_bytes(), before) << "pages are moved, not made";
    ASSERT_TRUE(hak_grow_extend(span, 64));
    EXPECT_EQ(hak_heap_dirty_bytes(), before - 32 * kPage);
    EXPECT_TRUE(Holds(span, 32 * kPage, 2));
    Fill(span, 4);
    EXPECT_TRUE(Holds(span, 64 * kPage, 4));
    hak_heap_free(span);
    hak_heap_free(guard);
}

TEST_F(Mapping, FillsTheEndOfASpanFromDirtyPages)
{
    if (profile.decay_ms == 0)
        GTEST_SKIP() << "there are no dirty pages";
    auto [dirty, guard] = AllocGuarded(40);
    hak_span *span = hak_grow_alloc(64);
    ASSERT_NE(span, nullptr);
    Fill(dirty, 1);
    hak_heap_free(dirty);
    bool lost;
    ASSERT_EQ(hak_grow_fill(span, 24, &lost), 40u);
    EXPECT_FALSE(lost);
    EXPECT_EQ(hak_heap_dirty_bytes(), 0u);
    EXPECT_TRUE(hak::IsZero(shim_span_start(span), 24 * kPage));
    Fill(span, 2);
    EXPECT_TRUE(Holds(span, 64 * kPage, 2));
    hak_heap_free(span);
    hak_heap_free(guard);
}

// The system refuses to move: nothing is lost, and it is not asked again for a second.
TEST_F(Mapping, PausesAfterARefusal)
{
    hak_span *from = Alloc(4), *to = Alloc(4);
    bool lost = true;
    Fill(from, 9);
    os_fake_fail(OS_MOVE, 1, true);
    EXPECT_EQ(shim_span_move(to, 0, from, &lost), 0u);
    EXPECT_FALSE(lost);
    EXPECT_EQ(os_fake_count(OS_MOVE), 1u);
    EXPECT_TRUE(Holds(from, 4 * kPage, 9));
    EXPECT_EQ(shim_span_move(to, 0, from, &lost), 0u);
    EXPECT_EQ(os_fake_count(OS_MOVE), 1u);
    os_fake_fail(0, 0, false);
    os_fake_set_clock(now_ += 1000);
    EXPECT_EQ(shim_span_move(to, 0, from, &lost), 4u);
    EXPECT_TRUE(Holds(to, 4 * kPage, 9));
    hak_heap_free_clean(from);
    hak_heap_free(to);
}

} // namespace
