/* target.cc: see target.h. */
#include "tests/fuzz/target.h"

#include <atomic>
#include <thread>
#include <vector>

#include "tests/fuzz/calls.h"
#include "tests/fuzz/player.h"

namespace fuzz {
namespace {

/* Every so many inputs what is kept for reuse is given back, so that nothing hides there. */
constexpr unsigned kInputsPerTrim = 64;

/* With no block in use, the allocator must say that there is none. */
void ExpectNothingLive()
{
    static unsigned inputs;
    if (++inputs % kInputsPerTrim != 0)
        return;
    hak_trim();
    struct mallinfo2 info = hak_mallinfo2();
    if (LiveBlocks() != 0 || info.uordblks != 0 || info.hblkhd != 0)
        Fault("mallinfo2", Block(),
              "%zu bytes of small and %zu of large blocks in use when there are %zu blocks",
              info.uordblks, info.hblkhd, LiveBlocks());
}

} // namespace

uint64_t Play(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    unsigned nplayers = 1 + data[0] % 4;
    data++, size--;
    std::atomic<uint64_t> calls{0};
    Mailbox mailbox(nplayers);
    auto play = [&](unsigned i) {
        size_t from = size * i / nplayers, to = size * (i + 1) / nplayers;
        calls += Player(Source(data + from, to - from), mailbox, i, nplayers == 1).Play();
    };
    std::vector<std::thread> others;
    for (unsigned i = 1; i < nplayers; i++)
        others.emplace_back(play, i);
    play(0);
    for (std::thread &other : others)
        other.join();
    calls += Player(Source(nullptr, 0), mailbox, 0, true).Clear();
    ExpectNothingLive();
    return calls;
}

} // namespace fuzz
