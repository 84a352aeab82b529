/* loads.h: the loads that run side by side, each on a thread of its own.
 *
 * They are those of bench/ with contents that are checked and without an end of their own. */
#ifndef HAK_TESTS_STRESS_LOADS_H
#define HAK_TESTS_STRESS_LOADS_H

#include <cstdint>
#include <memory>
#include <vector>

namespace stress {

/* xorshift64*, as in bench/harness/random.h. */
class Random {
  public:
    explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D) {}
    uint64_t Next()
    {
        state_ ^= state_ >> 12;
        state_ ^= state_ << 25;
        state_ ^= state_ >> 27;
        return state_ * 0x2545F4914F6CDD1D;
    }
    uint32_t Below(uint32_t n)
    {
        return static_cast<uint32_t>((Next() >> 32) * n >> 32);
    }
    /* At least `least` and below `least << doublings`, each doubling as likely as the next. */
    size_t Size(size_t least, uint32_t doublings)
    {
        size_t low = least << Below(doublings);
        return low + Below(static_cast<uint32_t>(low));
    }

  private:
    uint64_t state_;
};

class Load {
  public:
    virtual ~Load() = default;
    /* Works for some ten to thousand calls of malloc and free. */
    virtual void Step() = 0;
    /* Frees every block. */
    virtual void Drain() = 0;
};

std::vector<std::unique_ptr<Load>> MakeLoads(uint64_t seed);

} // namespace stress

#endif
