/* random.cc: random inputs, for a given number of calls.
 *
 *   program CALLS [SEED]
 *
 * A run on one thread is repeatable from its seed; the seed of each input is printed when the
 * model finds a fault, so that `program 1 SEED` plays that input alone.  It is linked with the
 * objects that the allocator's libraries hold.  Exit status 0, 2 (arguments), or an abort. */
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/fuzz/calls.h"
#include "tests/fuzz/target.h"

namespace {

volatile uint64_t seed;

void TellSeed(int)
{
    char text[64];
    int n = std::snprintf(text, sizeof text, "random: the input's seed is %" PRIu64 "\n", seed);
    if (write(STDERR_FILENO, text, static_cast<size_t>(n)) != n)
        _exit(1);
}

/* An input: 1 to 4 threads, each with some bursts and some bytes of its own. */
size_t Compose(uint8_t *input, size_t room)
{
    uint64_t state = (seed + 1) * 0x9E3779B97F4A7C15;
    auto next = [&] {
        state ^= state >> 12, state ^= state << 25, state ^= state >> 27;
        return state * 0x2545F4914F6CDD1D >> 32;
    };
    unsigned nthreads = next() % 4;
    size_t part = 8 + next() % 4 * 8, size = 1 + part * (nthreads + 1);
    input[0] = static_cast<uint8_t>(nthreads);
    for (size_t i = 1; i < size && i < room; i++)
        input[i] = (i - 1) % 8 == 0 ? 255 : static_cast<uint8_t>(next());
    return size;
}

bool Number(const char *text, uint64_t *number)
{
    char *end;
    *number = std::strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0';
}

} // namespace

int main(int argc, char **argv)
{
    using Clock = std::chrono::steady_clock;
    uint64_t wanted, first = 1, calls = 0, inputs = 0;
    uint8_t input[256];
    if (argc < 2 || argc > 3 || !Number(argv[1], &wanted) ||
        (argc == 3 && !Number(argv[2], &first))) {
        std::fprintf(stderr, "usage: %s CALLS [SEED]: whole numbers from 0 on\n", argv[0]);
        return 2;
    }
    signal(SIGABRT, TellSeed);
    auto begin = Clock::now();
    for (seed = first; calls < wanted; seed = seed + 1, inputs++)
        calls += fuzz::Play(input, Compose(input, sizeof input));
    double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    std::printf("random(%s): %" PRIu64 " calls in %" PRIu64 " inputs from seed %" PRIu64
                ", %.0f s, %.2f million a second\n",
                hak_profile(), calls, inputs, first, seconds,
                static_cast<double>(calls) / seconds / 1e6);
    return 0;
}
