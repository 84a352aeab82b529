// The heap grows piece by piece over addresses that are not its own until they are mapped, and
// gives pieces back.
#include <map>
#include <vector>

#include "tests/fresh.h"
#include "tests/memory.h"

using hak::ForeignMapping;
using hak::profile;
using hak::ProtectionOf;

namespace {

constexpr size_t kPage = 65536;

using GrowthDeathTest = hak::FreshProcessTest;
class Growth : public hak::HeapTest {};

// For tests of what is mapped beyond the pages that are wanted.
#define SKIP_IF_STEPS_ARE_SHORT()                                                                  \
    if (profile.commit_step < 4 * kPage)                                                           \
    GTEST_SKIP() << "no more is mapped than is wanted"

// With the header lookup, of the pages that go back to the system so many stay mapped.
constexpr size_t kReadablePages = (16 << 20) / kPage;
#define SKIP_IF_PAGES_STAY_READABLE()                                                              \
    if (profile.lookup == SHIM_HEADER)                                                             \
    GTEST_SKIP() << "so few pages stay mapped, to be read"

char *PageAt(size_t page)
{
    return shim_heap_base() + page * kPage;
}

// Pages behind the frontier that are mapped already.
size_t Ready(unsigned cls = 0)
{
    return shim_range(cls).mapped - shim_range(cls).frontier;
}

size_t Mapped()
{
    return shim_heap_stats().mapped;
}

char *End(const hak_span *span)
{
    return shim_span_start(span) + shim_span_pages(span) * kPage;
}

hak_span *Alloc(size_t npages, unsigned cls = 0)
{
    return hak_heap_alloc(npages, kPage, cls);
}

// Large blocks, and where classes have ranges of their own the largest class.
std::vector<unsigned> Ranges()
{
    if (profile.lookup == SHIM_REGION)
        return {0, profile.nclasses};
    return {0};
}

// Spans that are checked against each other, and against what is not hakmem's.
class Spans {
  public:
    explicit Spans(unsigned cls = 0) : cls_(cls) {}

    hak_span *Add(size_t npages, size_t align = kPage)
    {
        hak_span *span = hak_heap_alloc(npages, align, cls_);
        if (!span)
            return nullptr;
        char *start = shim_span_start(span);
        size_t size = npages * kPage;
        for (const ForeignMapping *mapping : foreign)
            EXPECT_FALSE(mapping->Overlaps(start, size));
        auto next = spans_.lower_bound(start);
        EXPECT_TRUE(next == spans_.end() || next->first >= start + size);
        EXPECT_TRUE(next == spans_.begin() || End(std::prev(next)->second) <= start);
        if (shim_span_zero(span)) {
            EXPECT_TRUE(hak::IsZero(start, std::min(size, kLooked)));
        }
        Mark(span);
        spans_[start] = span;
        return span;
    }

    void Free(char *start)
    {
        hak_span *span = spans_.at(start);
        const size_t tag = static_cast<size_t>(start - shim_heap_base()) / kPage;
        for (size_t page = 0; page < shim_span_pages(span); page += Distance(span))
            EXPECT_EQ(hak::PatternEnd(start + page * kPage, 64, tag + page), 64u);
        spans_.erase(start);
        hak_heap_free(span);
    }

    void FreeAll()
    {
        while (!spans_.empty())
            Free(spans_.begin()->first);
    }

    // Of the span in the middle, if they were numbered by their addresses.
    char *Some(size_t n)
    {
        return std::next(spans_.begin(), static_cast<ptrdiff_t>(n % spans_.size()))->first;
    }

    size_t Count() const
    {
        return spans_.size();
    }

    std::vector<const ForeignMapping *> foreign;

  private:
    // At most so many bytes of a span are looked at, and some of its pages marked: where steps are
    // long, a span may be longer than memory.
    static constexpr size_t kLooked = 16 << 20;

    static size_t Distance(const hak_span *span)
    {
        return 1 + shim_span_pages(span) * kPage / kLooked;
    }

    static void Mark(hak_span *span)
    {
        char *start = shim_span_start(span);
        size_t tag = static_cast<size_t>(start - shim_heap_base()) / kPage;
        for (size_t page = 0; page < shim_span_pages(span); page += Distance(span))
            hak::FillPattern(start + page * kPage, 64, tag + page);
    }

    unsigned cls_;
    std::map<char *, hak_span *> spans_;
};

void ExpectAllFree()
{
    hak::Settle();
    hak::ExpectAllFree();
}

// ---- steps ----

TEST_F(GrowthDeathTest, MapsAWholeStep)
{
    auto body = [] {
        ASSERT_TRUE(hak_heap_init());
        for (unsigned cls : Ranges()) {
            struct shim_range before = shim_range(cls);
            hak_span *span = Alloc(1, cls);
            EXPECT_EQ(shim_range(cls).mapped - before.mapped,
                      std::min(profile.commit_step / kPage, before.end - before.first));
            hak_heap_free(span);
            ExpectAllFree();
        }
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// ---- what somebody else has mapped ----

TEST_F(GrowthDeathTest, StepsOverWhatSomebodyElseMapped)
{
    auto body = [] {
        ASSERT_TRUE(hak_heap_init());
        for (unsigned cls : Ranges()) {
            for (size_t distance : {0, 1, 3, 9}) { // pages behind what is mapped
                Spans spans(cls);
                spans.Add(1);
                struct shim_range range = shim_range(cls);
                ForeignMapping foreign(PageAt(range.mapped + distance), kPage);
                spans.foreign = {&foreign};
                while (shim_range(cls).frontier <= range.mapped + distance + 20)
                    ASSERT_NE(spans.Add(4), nullptr);
                EXPECT_GE(PageAt(shim_range(cls).frontier), foreign.End());
                spans.FreeAll();
                ExpectAllFree();
            }
        }
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// Free runs end where the other mapping is, and merge up to there.
TEST_F(GrowthDeathTest, MergesOnBothSidesOfAnothersMapping)
{
    auto body = [] {
        ASSERT_TRUE(hak_heap_init());
        for (unsigned cls : Ranges()) {
            Spans spans(cls);
            spans.Add(1);
            if (Ready(cls) > 15)
                spans.Add(Ready(cls) - 15);
            ForeignMapping foreign(PageAt(shim_range(cls).mapped), kPage);
            spans.foreign = {&foreign};
            std::vector<char *> before, behind;
            while (behind.size() < 10) {
                char *start = shim_span_start(spans.Add(2));
                (start < foreign.End() ? before : behind).push_back(start);
            }
            char *end = PageAt(shim_range(cls).frontier);
            for (std::vector<char *> *side : {&before, &behind}) {
                for (size_t i = 0; i < side->size(); i += 2)
                    spans.Free((*side)[i]);
                for (size_t i = 1; i < side->size(); i += 2)
                    spans.Free((*side)[i]);
            }
            // Ten spans' worth fits behind only as one run; in front there is another such run.
            hak_span *sum = spans.Add(20);
            EXPECT_EQ(shim_span_start(sum), behind[0]);
            EXPECT_EQ(End(sum), end);
            if (before.size() > 1) {
                EXPECT_EQ(shim_span_start(spans.Add(2 * before.size())), before[0]);
            }
            spans.FreeAll();
            ExpectAllFree();
        }
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// The frontier hops farther each time, so that a long mapping costs few calls.
TEST_F(GrowthDeathTest, StepsOverALongMapping)
{
    auto body = [] {
        Spans spans;
        ASSERT_TRUE(hak_heap_init());
        spans.Add(1);
        ForeignMapping foreign(PageAt(shim_range(0).mapped), size_t(1) << 30);
        spans.foreign = {&foreign};
        os_fake_reset();
        ASSERT_NE(spans.Add(Ready() + 100), nullptr);
        EXPECT_LE(os_fake_count(OS_CLAIM), 50u);
        EXPECT_GE(PageAt(shim_range(0).frontier), foreign.End());
        spans.FreeAll();
        ExpectAllFree();
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// Spans of all lengths between mappings that turn up anywhere in front of the heap.
TEST_F(GrowthDeathTest, GrowsAmongOthersMappings)
{
    auto body = [] {
        ASSERT_TRUE(hak_heap_init());
        for (unsigned cls : Ranges()) {
            hak::Random random(cls + 3);
            std::vector<std::unique_ptr<ForeignMapping>> foreign;
            Spans spans(cls);
            size_t beyond = 0; // the last of them
            for (int step = 0; step < 1500; step++) {
                if (step % 50 == 0) {
                    size_t page = std::max(beyond, shim_range(cls).mapped) + random.Below(60);
                    beyond = page + 1;
                    foreign.push_back(std::make_unique<ForeignMapping>(
                        PageAt(page), (1 + random.Below(5)) * 4096));
                    spans.foreign.push_back(foreign.back().get());
                }
                if (random.Below(100) < 60 || spans.Count() == 0)
                    ASSERT_NE(spans.Add(random.Size(40), kPage << random.Below(4)), nullptr);
                else
                    spans.Free(spans.Some(random.Next()));
                if (step % 20 == 0) {
                    shim_set_has_threads(random.Below(2));
                    hak_heap_purge(UINT64_MAX, random.Below(200) * kPage);
                }
            }
            spans.FreeAll();
            ExpectAllFree();
        }
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// ---- memory that goes away and comes back ----

// Runs that are short stay mapped in a process with threads, and with the header lookup some more.
TEST_F(GrowthDeathTest, UnmapsWhatItPurges)
{
    auto body = [] {
        Spans spans;
        bool header = profile.lookup == SHIM_HEADER;
        ASSERT_TRUE(hak_heap_init());
        for (size_t npages : {size_t{8}, kReadablePages + 1}) {
            char *start = shim_span_start(spans.Add(npages));
            hak_span *guard = Alloc(1);
            size_t mapped = Mapped();
            for (bool threads : {true, false}) {
                shim_set_has_threads(threads);
                spans.Free(start);
                hak_heap_purge(UINT64_MAX, 0);
                size_t ready = Ready();
                bool stays =
                    (threads && npages == 8) || (header && npages + ready <= kReadablePages);
                std::string expected = stays ? "rw-" : "";
                EXPECT_EQ(ProtectionOf(start), expected);
                EXPECT_EQ(ProtectionOf(start + npages * kPage - 1), expected);
                EXPECT_EQ(Mapped(), stays ? mapped : mapped - npages * kPage);
                EXPECT_EQ(shim_span_start(spans.Add(npages)), start);
                EXPECT_EQ(ProtectionOf(start), "rw-");
                EXPECT_LE(Mapped(), mapped);
            }
            spans.FreeAll();
            hak_heap_free(guard);
            ExpectAllFree();
        }
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// A process has room for so many mappings; beyond, free pages are replaced by fresh ones, which
// takes no further call of a kind that a program with one thread does not make.
TEST_F(GrowthDeathTest, KeepsTheNumberOfMappingsLow)
{
    auto body = [] {
        constexpr unsigned kHoles = 8192, kMore = 500;
        ASSERT_TRUE(hak_heap_init());
        shim_set_has_threads(false);
        std::vector<hak_span *> spans, between;
        for (unsigned i = 0; i < kHoles + kMore; i++) {
            spans.push_back(Alloc(1));
            between.push_back(Alloc(1));
        }
        unsigned before = os_fake_count(OS_PURGE);
        for (hak_span *span : spans)
            hak_heap_free_purged(span);
        EXPECT_EQ(os_fake_count(OS_PURGE), before);
        EXPECT_EQ(shim_heap_stats().dirty, 0u);
        EXPECT_EQ(ProtectionOf(shim_span_start(spans[kReadablePages])), "");
        EXPECT_EQ(ProtectionOf(shim_span_start(spans.back())), "rw-");
        for (hak_span *span : between)
            hak_heap_free(span);
        hak_heap_purge(UINT64_MAX, 0);
        ExpectAllFree();
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

TEST_F(GrowthDeathTest, TheFrontierRetreats)
{
    auto body = [] {
        ASSERT_TRUE(hak_heap_init());
        for (bool threads : {true, false}) {
            Spans spans;
            char *start = nullptr;
            for (size_t npages : {size_t{1}, kReadablePages, size_t{5}})
                start = shim_span_start(spans.Add(npages));
            struct shim_range before = shim_range(0);
            EXPECT_EQ(before.frontier, before.first + 6 + kReadablePages);
            shim_set_has_threads(false); // for those that are purged when freed
            spans.FreeAll();
            shim_set_has_threads(threads);
            hak_heap_purge(UINT64_MAX, 0);
            struct shim_range after = shim_range(0);
            EXPECT_EQ(after.frontier, after.first);
            // A run that is purged piece by piece may leave some pages to be read.
            bool pieces = profile.decay_ms == 0 && profile.lookup == SHIM_HEADER;
            EXPECT_LE(after.mapped, after.first + (pieces ? kReadablePages : 0));
            EXPECT_EQ(ProtectionOf(start), "");
            // A pointer to where nothing is any more is looked up without harm.
            EXPECT_EQ(shim_class_of_block(start), 0u);
            EXPECT_EQ(hak_span_find(start), nullptr);
        }
        EXPECT_EQ(Mapped(), Ready() * kPage)
            << "what was mapped behind the frontier is not any more";
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// Of a long run no more is mapped again than is wanted, or than one step.
TEST_F(GrowthDeathTest, PartOfAnAwayRunComesBack)
{
    SKIP_IF_STEPS_ARE_SHORT();
    SKIP_IF_PAGES_STAY_READABLE();
    auto body = [] {
        Spans spans;
        ASSERT_TRUE(hak_heap_init());
        size_t step = profile.commit_step / kPage;
        char *start = shim_span_start(spans.Add(10 * step));
        hak_span *guard = Alloc(1);
        spans.Free(start);
        hak_heap_purge(UINT64_MAX, 0);
        size_t mapped = Mapped();
        EXPECT_EQ(shim_span_start(spans.Add(1)), start);
        EXPECT_EQ(Mapped(), mapped + step * kPage);
        EXPECT_EQ(shim_span_start(spans.Add(step - 1)), start + kPage);
        EXPECT_EQ(Mapped(), mapped + step * kPage) << "there was one step";
        EXPECT_EQ(shim_span_start(spans.Add(3 * step)), start + step * kPage);
        EXPECT_EQ(Mapped(), mapped + 4 * step * kPage);
        // An aligned span in the middle leaves the parts before and behind.
        hak_span *aligned = spans.Add(step, 4 * kPage);
        EXPECT_LT(shim_span_start(aligned), start + 10 * step * kPage);
        spans.FreeAll();
        hak_heap_purge(UINT64_MAX, 0);
        EXPECT_EQ(Mapped(), mapped);
        EXPECT_EQ(shim_span_start(spans.Add(10 * step)), start) << "one run again";
        spans.FreeAll();
        hak_heap_free(guard);
        ExpectAllFree();
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// While pages are away somebody else may map something there; then they are not hakmem's any more.
TEST_F(GrowthDeathTest, AnAwayRunThatSomebodyElseMapped)
{
    SKIP_IF_PAGES_STAY_READABLE();
    auto body = [] {
        ASSERT_TRUE(hak_heap_init());
        for (unsigned cls : Ranges()) {
            Spans spans(cls);
            shim_set_has_threads(false);
            char *start = shim_span_start(spans.Add(30));
            char *guard = shim_span_start(spans.Add(1));
            spans.Free(start);
            hak_heap_purge(UINT64_MAX, 0);
            {
                ForeignMapping foreign(start + 11 * kPage, 4096);
                spans.foreign = {&foreign};
                ASSERT_NE(spans.Add(30), nullptr);
                os_fake_reset();
                for (size_t npages : {8, 8, 1})
                    ASSERT_NE(spans.Add(npages), nullptr);
                EXPECT_LE(os_fake_count(OS_CLAIM), 3u) << "what is taken is tried again";
                hak_heap_purge(UINT64_MAX, 0);
            }
            spans.foreign = {};
            spans.Free(guard);
            spans.FreeAll();
            ExpectAllFree();
        }
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// ---- refused ----

// Each of the OS calls that growing takes fails in turn: NULL, nothing lost, and then it works.
TEST_F(Growth, SurvivesFailureOfEachClaim)
{
    for (unsigned nth = 1;; nth++) {
        ASSERT_LT(nth, 10u);
        size_t before = Mapped();
        // Beyond what there are descriptors for.
        size_t npages = shim_range(0).tabled - shim_range(0).first + 1100;
        os_fake_fail(OS_CLAIM, nth, true);
        hak_span *span = Alloc(npages);
        unsigned calls = os_fake_count(OS_CLAIM);
        os_fake_reset();
        if (span) {
            EXPECT_GT(nth, 2u) << "tables and pages are mapped by calls of their own";
            EXPECT_LT(calls, nth);
            hak_heap_free(span);
            break;
        }
        EXPECT_GE(calls, nth);
        EXPECT_LE(Mapped(), before);
        hak::ExpectAllFree();
        hak_span *small = Alloc(1);
        ASSERT_NE(small, nullptr);
        std::memset(shim_span_start(small), 1, kPage);
        hak_heap_free(small);
        hak::Settle();
    }
}

TEST_F(GrowthDeathTest, MapsLessWhenTheFullStepIsRefused)
{
    SKIP_IF_PAGES_STAY_READABLE();
    SKIP_IF_STEPS_ARE_SHORT();
    auto body = [] {
        ASSERT_TRUE(hak_heap_init());
        // Once, so that the tables reach that far.
        hak_span *first = Alloc(1);
        hak_heap_free(Alloc(Ready() + 1));
        hak_heap_free(first);
        hak_heap_purge(UINT64_MAX, 0);
        first = Alloc(1);
        struct shim_range range = shim_range(0);
        os_fake_fail_next(OS_CLAIM, 1);
        hak_span *span = Alloc(range.mapped - range.frontier + 1);
        ASSERT_NE(span, nullptr);
        EXPECT_EQ(os_fake_count(OS_CLAIM), 2u);
        EXPECT_EQ(shim_range(0).mapped, range.mapped + 1);
        EXPECT_EQ(shim_range(0).frontier, range.mapped + 1);
        // The same of pages that come back.
        hak_span *guard = Alloc(1);
        hak_heap_free(span);
        hak_heap_purge(UINT64_MAX, 0);
        size_t mapped = Mapped();
        os_fake_fail_next(OS_CLAIM, 1);
        hak_span *back = Alloc(1);
        ASSERT_EQ(back, span);
        EXPECT_EQ(os_fake_count(OS_CLAIM), 2u);
        EXPECT_EQ(Mapped(), mapped + kPage);
        for (hak_span *each : {first, guard, back})
            hak_heap_free(each);
        ExpectAllFree();
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// Free pages that are dirty and clean side by side merge when nothing else is left.
TEST_F(GrowthDeathTest, LeavesWhatIsFreeToMergeIt)
{
    SKIP_IF_PURGED_WHEN_FREED();
    auto body = [] {
        ASSERT_TRUE(hak_heap_init());
        hak_span *whole = Alloc(12), *guard = Alloc(1 + Ready() / 8 * 8);
        shim_set_has_threads(true);
        hak_heap_trim(whole, 6);
        hak_heap_purge(UINT64_MAX, 0);
        hak_heap_free(whole); // 6 dirty pages, 6 clean ones
        EXPECT_EQ(shim_heap_stats().dirty, 6 * kPage);
        EXPECT_LT(Ready(), 12u);
        os_fake_set_room(0);
        hak_span *both = Alloc(12);
        EXPECT_EQ(both, whole);
        EXPECT_TRUE(both && shim_span_zero(both));
        EXPECT_EQ(Alloc(12), nullptr);
        os_fake_reset();
        hak_heap_free(both);
        hak_heap_free(guard);
        ExpectAllFree();
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// A limit of the process's memory is reached while hakmem has some that is free, in pieces: they go
// back, and the request is met elsewhere.
TEST_F(GrowthDeathTest, LeavesWhatIsFreeToGrow)
{
    SKIP_IF_PURGED_WHEN_FREED();
    auto body = [] {
        ASSERT_TRUE(hak_heap_init());
        hak_span *spans[] = {Alloc(12), Alloc(1), Alloc(12), Alloc(1 + Ready() / 8 * 8)};
        shim_set_has_threads(true);
        hak_heap_free(spans[0]);
        hak_heap_purge(UINT64_MAX, 0);
        hak_heap_free(spans[2]);
        EXPECT_EQ(shim_heap_stats().dirty, 12 * kPage);
        EXPECT_LT(Ready(), 12u);
        os_fake_set_room(0);
        size_t mapped = Mapped();
        os_fake_fail(OS_RELEASE | OS_CLOSE, 1, true);
        EXPECT_EQ(Alloc(24), nullptr) << "nothing can be given back";
        hak_span *dirty = Alloc(12);
        EXPECT_EQ(dirty, spans[2]) << "but what is there is still of use";
        hak_heap_free(dirty);
        os_fake_fail(0, 0, false);
        hak_span *big = Alloc(24);
        ASSERT_NE(big, nullptr);
        EXPECT_GT(shim_span_start(big), shim_span_start(spans[3]));
        EXPECT_TRUE(hak::IsZero(shim_span_start(big), 24 * kPage));
        EXPECT_LE(Mapped(), mapped);
        os_fake_reset();
        for (hak_span *span : {spans[1], spans[3], big})
            hak_heap_free(span);
        ExpectAllFree();
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

// What lies behind the frontier cannot be unmapped, when the run in front of it can.
TEST_F(GrowthDeathTest, ARefusedReleaseBehindTheFrontier)
{
    SKIP_IF_PURGED_WHEN_FREED();
    SKIP_IF_STEPS_ARE_SHORT();
    SKIP_IF_PAGES_STAY_READABLE();
    auto body = [] {
        ASSERT_TRUE(hak_heap_init());
        Spans spans;
        hak_span *first = spans.Add(1);
        char *start = shim_span_start(spans.Add(2));
        EXPECT_GT(shim_range(0).mapped, shim_range(0).frontier);
        spans.Free(start);
        os_fake_fail(OS_RELEASE, 2, true);
        EXPECT_EQ(hak_heap_purge(UINT64_MAX, 0), 2 * kPage);
        os_fake_reset();
        EXPECT_EQ(shim_span_start(spans.Add(25)), shim_span_start(first) + 3 * kPage);
        for (size_t npages : {5, 15})
            ASSERT_NE(spans.Add(npages), nullptr);
        spans.FreeAll();
        ExpectAllFree();
    };
    EXPECT_IN_FRESH_PROCESS(body);
}

} // namespace
