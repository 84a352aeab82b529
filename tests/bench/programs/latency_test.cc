// The sample of latencies: the histogram's resolution, and which calls are timed.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include "gtest/gtest.h"

extern "C" {
#include "bench/harness/clock.h"
#include "bench/harness/latency.h"
}

namespace {

constexpr double kResolution = 1.0 / 32;

struct Sample {
    bench_latency latency{};

    void Count(uint64_t ticks)
    {
        bench_latency_count(&latency, ticks);
    }
    double Percentile(double part) const
    {
        return bench_latency_percentile(&latency, part);
    }
};

TEST(Histogram, BucketsFollowEachOther)
{
    unsigned last = 0;
    for (uint64_t ticks = 1; ticks < 1 << 20; ticks++) {
        unsigned bucket = bench_bucket(ticks);
        ASSERT_GE(bucket, last) << ticks;
        ASSERT_LE(bucket, last + 1) << ticks;
        last = bucket;
    }
}

TEST(Histogram, EndsWithTheLastBucket)
{
    uint64_t end = uint64_t{1} << BENCH_MOST_BITS;
    EXPECT_EQ(bench_bucket(end - 1), unsigned{BENCH_BUCKETS - 1});
    EXPECT_EQ(bench_bucket(end), unsigned{BENCH_BUCKETS - 1});
    EXPECT_EQ(bench_bucket(UINT64_MAX), unsigned{BENCH_BUCKETS - 1});
    EXPECT_LT(bench_bucket(end / 2), unsigned{BENCH_BUCKETS - 1});
}

TEST(Histogram, TakesFewKibibytes)
{
    EXPECT_LE(sizeof(bench_latency), 5u << 10);
}

TEST(Percentile, OfNothing)
{
    EXPECT_EQ(Sample().Percentile(0.5), 0);
}

TEST(Percentile, OfOneValue)
{
    for (uint64_t ticks = 0; ticks < uint64_t{1} << 40; ticks = ticks * 3 / 2 + 1) {
        Sample sample;
        sample.Count(ticks);
        EXPECT_EQ(sample.Percentile(1), static_cast<double>(ticks));
        EXPECT_EQ(bench_latency_calls(&sample.latency), 1u);
    }
}

TEST(Percentile, OfEvenlySpreadValues)
{
    Sample sample;
    for (uint64_t ticks = 1; ticks <= 100000; ticks++)
        sample.Count(ticks);
    for (double part : {0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
        double ticks = 100000 * part;
        EXPECT_NEAR(sample.Percentile(part), ticks, ticks * kResolution) << part;
    }
}

TEST(Percentile, OfTwoValuesFarApart)
{
    Sample sample;
    for (int i = 0; i < 989; i++)
        sample.Count(40);
    for (int i = 0; i < 11; i++)
        sample.Count(1000000);
    EXPECT_NEAR(sample.Percentile(0.5), 40, 1);
    EXPECT_NEAR(sample.Percentile(0.98), 40, 1);
    EXPECT_NEAR(sample.Percentile(0.99), 1e6, 1e6 * kResolution);
    EXPECT_EQ(sample.Percentile(1), 1e6);
}

// A counter that advances by 26 ticks, read before and after calls of equal length.
TEST(Percentile, OfLessThanAStep)
{
    bench_latency_step = 26;
    bench_latency_cost = 45;
    for (int length = 0; length <= 100; length++) {
        Sample sample;
        for (int begin = 0; begin < 26; begin++)
            sample.Count((begin + 45 + length) / 26 * 26);
        EXPECT_NEAR(sample.Percentile(0.5), length, 26 * 0.15);
        EXPECT_NEAR(sample.Percentile(0.99), length, 26 * 1.5);
        EXPECT_NEAR(sample.Percentile(1), length, 26);
    }
    bench_latency_step = 1;
    bench_latency_cost = 0;
}

TEST(Percentile, GrowsWithThePart)
{
    Sample sample;
    for (uint64_t i = 0; i < 5000; i++)
        sample.Count(i * i * 7919 % 100003);
    double last = 0;
    for (double part = 0.001; part <= 1; part += 0.001) {
        EXPECT_GE(sample.Percentile(part), last);
        last = sample.Percentile(part);
    }
    EXPECT_LE(last, static_cast<double>(sample.latency.most));
}

// The longer calls are the last thread's.
TEST(Merged, HasTheCallsOfAllThreads)
{
    char text[200];
    double p50 = 0, p99 = 0;
    for (uint64_t ticks : {40, 1000000}) {
        Sample sample;
        for (int i = 0; i < (ticks == 40 ? 600 : 400); i++)
            sample.Count(ticks);
        bench_latency_merge(&sample.latency);
    }
    bench_latency_print(text, sizeof text, 1);
    ASSERT_EQ(std::sscanf(text, " p50_ns=%lf p99_ns=%lf", &p50, &p99), 2) << text;
    EXPECT_NEAR(p50, 40, 40 * kResolution);
    EXPECT_NEAR(p99, 1e6, 1e6 * kResolution);
}

TEST(Timed, IsWhatTheCallTook)
{
    constexpr double kNanoseconds = 200e3;
    bench_latency latency{};
    ASSERT_TRUE(bench_latency_setup());
    bench_latency_begin(&latency, 2);
    bench_latency_calibrate();
    double begin = bench_now();
    uint64_t first = bench_ticks();
    for (int i = 0; i < 25; i++) {
        uint64_t start = bench_ticks();
        for (double now = bench_now(); bench_now() < now + kNanoseconds * 1e-9;)
            continue;
        bench_timed(&latency, start);
    }
    uint64_t ticks = bench_ticks() - first;
    double ns_per_tick = (bench_now() - begin) * 1e9 / static_cast<double>(ticks);
    EXPECT_EQ(bench_latency_calls(&latency), 25u);
    // What takes the processor away makes a call longer, never shorter.
    double shortest = bench_latency_percentile(&latency, 0.04) * ns_per_tick;
    EXPECT_NEAR(shortest, kNanoseconds, kNanoseconds * (kResolution + 0.02));
}

TEST(Timed, CostsNothingItself)
{
    bench_latency latency{};
    ASSERT_TRUE(bench_latency_setup());
    bench_latency_begin(&latency, 2);
    bench_latency_calibrate();
    for (int i = 0; i < 1001; i++)
        bench_timed(&latency, bench_ticks());
    EXPECT_LE(bench_latency_percentile(&latency, 0.5), bench_latency_cost / 2 + 1.0);
    bench_latency_step = 1;
    bench_latency_cost = 0;
}

// Which calls of a loop of cycles with so many calls each are timed, by their place in the cycle.
std::vector<unsigned> Places(unsigned calls, uint64_t cycles, uint32_t every)
{
    std::vector<unsigned> places(calls);
    bench_latency latency{};
    bench_latency_begin(&latency, every);
    BENCH_SAMPLED(i, 0, cycles, calls, &latency, (void)0, {
        BENCH_SAMPLED(call, 0, calls, 1, &latency, (void)0, {
            places[call]++;
            bench_timed(&latency, bench_ticks());
        });
    });
    return places;
}

TEST(Sampling, MeetsEveryPlaceAlike)
{
    for (unsigned calls : {1, 2, 64, 200, 5000}) {
        constexpr uint64_t kSamples = 100000;
        constexpr uint32_t kEvery = 1000;
        unsigned sum = 0;
        std::vector<unsigned> places = Places(calls, kSamples * kEvery / calls, kEvery);
        double mean = static_cast<double>(kSamples) / calls;
        for (unsigned place : places) {
            EXPECT_NEAR(place, mean, 8 * std::sqrt(mean)) << calls;
            sum += place;
        }
        EXPECT_NEAR(sum, kSamples, kSamples / 100);
    }
}

TEST(Sampling, NoneWhenItIsOff)
{
    setenv("BENCH_LATENCY", "off", 1);
    EXPECT_TRUE(bench_latency_setup());
    EXPECT_EQ(Places(1, 1000000, 2)[0], 0u);
    setenv("BENCH_LATENCY", "of", 1);
    EXPECT_FALSE(bench_latency_setup());
    unsetenv("BENCH_LATENCY");
    EXPECT_TRUE(bench_latency_setup());
    EXPECT_GT(Places(1, 1000000, 2)[0], 0u);
}

} // namespace
