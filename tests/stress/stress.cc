/* stress.cc: all loads at once in one process, for a given time.
 *
 *   program SECONDS [SEED]
 *
 * Every now and then the process is trimmed, sleeps for longer than the purge's decay, or may have
 * only a little more memory than it has.  At quiet points all loads free their blocks: what the
 * allocator says is in use, and what is resident, must then not grow over the run.
 *
 * Ends with status 0 and one line; 1: a fault, named on standard error; 2: wrong arguments. */
#include <malloc.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

#include "src/hakmem.h"
#include "tests/stress/checked.h"
#include "tests/stress/loads.h"

namespace stress {
namespace {

using Clock = std::chrono::steady_clock;

enum Phase { kRun, kIdle, kDrain, kStop };

constexpr auto kPatience = std::chrono::seconds(300); /* for all loads to come to a quiet point */
constexpr size_t kMinPoints = 12;                     /* quiet points of a run */
/* Growth that is no leak, beside that of what caches of living threads say they keep: freed blocks
 * that wait in a hardened profile keep their neighbours resident. */
constexpr size_t kSlackBytes = size_t{4} << 20;
constexpr size_t kSlackPercent = 10;

/* Limits that leave so much are not expected to be noticed. */
constexpr size_t kTightBytes = size_t{64} << 20;
/* Of so many tighter ones one refuses a call, however busy the machine is. */
constexpr unsigned kTightLimits = 10;

std::atomic<int> phase{kRun};
std::atomic<unsigned> point; /* number of the quiet point that the phase kDrain leads to */
std::atomic<unsigned> quiet; /* loads that have drained for it */
unsigned tight;              /* limits that could be noticed */

void SleepMs(unsigned ms)
{
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

void RunLoad(Load &load)
{
    unsigned drained = 0; /* a phase may be over before a load that sleeps has seen it */
    for (;;) {
        unsigned next = point; /* before the phase, so that it is the phase's or an earlier one */
        int now = phase;
        if (now == kRun) {
            load.Step();
        } else if (now == kStop) {
            load.Drain();
            return;
        } else if (now == kIdle || drained == next) {
            SleepMs(1);
        } else {
            drained = next;
            load.Drain();
            quiet++;
        }
    }
}

/* A number of KiB in /proc/self/status, in bytes.  Allocates nothing. */
size_t StatusBytes(const char *key)
{
    char line[256];
    size_t kib = 0, length = std::strlen(key);
    static char buffer[4096];
    FILE *file = std::fopen("/proc/self/status", "r");
    if (!file)
        return 0;
    setvbuf(file, buffer, _IOFBF, sizeof buffer);
    while (std::fgets(line, sizeof line, file)) {
        if (std::strncmp(line, key, length) == 0)
            kib = std::strtoull(line + length + 1, nullptr, 10);
    }
    std::fclose(file);
    return kib * 1024;
}

/* Memory that the heap has mapped and not handed out, which no limit keeps from use.  Allocates
 * nothing. */
size_t CleanBytes()
{
    static char json[1 << 16];
    const char *key = "\"clean_bytes\": ";
    hak_stats_json(json, sizeof json);
    const char *at = std::strstr(json, key);
    return at ? std::strtoull(at + std::strlen(key), nullptr, 10) : 0;
}

/* Grants the process `more` bytes beyond what it has, for `ms`. */
void Limit(int resource, const char *key, size_t more, unsigned ms)
{
    struct rlimit limit;
    size_t now = StatusBytes(key);
    if (now == 0 || getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0)
        return;
    tight += more + CleanBytes() < kTightBytes;
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = std::min<rlim_t>(now + more, limit.rlim_max);
    NextLimit();
    if (setrlimit(static_cast<__rlimit_resource>(resource), &limit) == 0)
        SleepMs(ms);
    limit.rlim_cur = before;
    setrlimit(static_cast<__rlimit_resource>(resource), &limit);
    NextLimit();
}

/* One of the things that happen to a process now and then. */
void Disturb(Random &random)
{
    switch (random.Below(6)) {
    case 0:
        hak_trim();
        break;
    case 1:
        malloc_trim(0);
        break;
    case 2:
        phase = kIdle;
        SleepMs(300 + random.Below(900));
        phase = kRun;
        break;
    case 3:
        Limit(RLIMIT_DATA, "VmData", size_t{random.Below(16)} << 20, 100 + random.Below(400));
        break;
    case 4:
        Limit(RLIMIT_AS, "VmSize", size_t{random.Below(16)} << 20, 100 + random.Below(400));
        break;
    default: {
        struct mallinfo2 info = mallinfo2();
        if (info.arena + info.hblkhd == 0)
            Fail("mallinfo2: no memory in a busy process");
    }
    }
    SleepMs(random.Below(200));
}

struct Point {
    size_t live, rss;
    size_t kept; /* by threads and between them */
};

/* All loads free their blocks; what remains. */
Point QuietPoint(const std::vector<std::unique_ptr<Load>> &loads)
{
    auto begin = Clock::now();
    quiet = 0;
    point++;
    phase = kDrain;
    while (quiet < loads.size()) {
        if (Clock::now() - begin > kPatience)
            Fail("only %u of %zu loads came to rest", quiet.load(), loads.size());
        SleepMs(1);
    }
    /* What loads had handed to others that had drained already. */
    for (const auto &load : loads)
        load->Drain();
    hak_trim();
    struct mallinfo2 info = mallinfo2();
    size_t rss = StatusBytes("VmRSS");
    phase = kRun;
    return {info.uordblks + info.hblkhd, rss, info.fsmblks};
}

/* The median of a value of the points [from, to). */
size_t Median(const std::vector<Point> &points, size_t from, size_t to, size_t Point::*value)
{
    std::vector<size_t> values;
    for (size_t i = from; i < to; i++)
        values.push_back(points[i].*value);
    std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
    return values[values.size() / 2];
}

/* Medians of the first third of the points, of which the very first warm up, and of the last. */
struct Thirds {
    size_t first, last;
};

Thirds MediansOf(const std::vector<Point> &points, size_t Point::*value)
{
    size_t n = points.size(), third = n / 3;
    return {Median(points, 1, 1 + third, value), Median(points, n - third, n, value)};
}

void ExpectFlat(const std::vector<Point> &points, const char *what, size_t Point::*value)
{
    Thirds of = MediansOf(points, value), kept = MediansOf(points, &Point::kept);
    std::printf("stress(%s): %s at quiet points: %zu KiB in the first third, %zu in the last\n",
                hak_profile(), what, of.first / 1024, of.last / 1024);
    size_t may = of.first + of.first * kSlackPercent / 100 + kSlackBytes;
    if (kept.last > kept.first)
        may += 2 * (kept.last - kept.first);
    if (of.last > may)
        Fail("%s grows from %zu to %zu bytes", what, of.first, of.last);
}

void Run(double seconds, uint64_t seed)
{
    Random random(seed);
    auto loads = MakeLoads(seed);
    std::vector<std::thread> threads;
    std::vector<Point> points;
    points.reserve(1 << 16);
    for (const auto &load : loads)
        threads.emplace_back(RunLoad, std::ref(*load));
    auto begin = Clock::now();
    auto elapsed = [&] { return std::chrono::duration<double>(Clock::now() - begin).count(); };
    double interval = std::min(seconds / (kMinPoints + 1), 20.0);
    while (elapsed() < seconds || points.size() < kMinPoints) {
        double next = interval * static_cast<double>(points.size() + 1);
        do
            Disturb(random);
        while (elapsed() < next);
        if (points.size() < points.capacity())
            points.push_back(QuietPoint(loads));
    }
    phase = kStop;
    for (std::thread &thread : threads)
        thread.join();
    ExpectFlat(points, "memory in use", &Point::live);
    ExpectFlat(points, "resident memory", &Point::rss);
    if (Refused() == 0 && tight >= kTightLimits)
        Fail("no call was refused: the limits have no effect");
    std::printf("stress(%s): %" PRIu64 " million calls in %.0f s, %" PRIu64
                " refused under %" PRIu64 " limits, %zu quiet points\n",
                hak_profile(), Calls() / 1000000, elapsed(), Refused(), Limits() / 2,
                points.size());
}

} // namespace
} // namespace stress

int main(int argc, char **argv)
{
    char *end = nullptr, *seed_end = nullptr;
    double seconds = argc > 1 ? std::strtod(argv[1], &end) : 0;
    uint64_t seed = argc > 2 ? std::strtoull(argv[2], &seed_end, 10) : 1;
    if (argc < 2 || argc > 3 || *end != '\0' || !(seconds >= 1 && seconds <= 1e6) ||
        (argc == 3 && (seed_end == argv[2] || *seed_end != '\0'))) {
        std::fprintf(stderr,
                     "usage: %s SECONDS [SEED]: from 1 to 1000000 seconds, the seed a number\n",
                     argv[0]);
        return 2;
    }
    stress::Run(seconds, seed);
    return 0;
}
