/* source.h: an input as a stream of numbers.
 *
 * The bytes of the input come first; a burst puts a sequence of random numbers in front of them, so
 * that an input of some bytes can stand for thousands of operations, and is repeatable. */
#ifndef HAK_TESTS_FUZZ_SOURCE_H
#define HAK_TESTS_FUZZ_SOURCE_H

#include <cstddef>
#include <cstdint>

namespace fuzz {

class Source {
  public:
    Source(const uint8_t *data, size_t size) : data_(data), left_(size) {}

    /* Whether another operation is to be done. */
    bool Next()
    {
        random_ = burst_ > 0;
        burst_ -= random_;
        return random_ || left_ > 0;
    }

    /* The operations to come take random numbers, `n` of them. */
    void Burst(uint32_t n, uint64_t seed)
    {
        burst_ = n;
        state_ = (seed + 1) * 0x9E3779B97F4A7C15;
    }

    /* Whether the present operation is one of a burst. */
    bool InBurst() const
    {
        return random_;
    }

    /* A number below 2^(8 * bytes); 0 when the input is used up. */
    uint32_t Take(unsigned bytes)
    {
        if (random_) {
            state_ ^= state_ >> 12;
            state_ ^= state_ << 25;
            state_ ^= state_ >> 27;
            return static_cast<uint32_t>(state_ * 0x2545F4914F6CDD1D >> (64 - 8 * bytes));
        }
        uint32_t value = 0;
        for (; bytes > 0 && left_ > 0; bytes--, left_--)
            value = value << 8 | *data_++;
        return value;
    }

  private:
    const uint8_t *data_;
    size_t left_;
    uint32_t burst_ = 0;
    bool random_ = false;
    uint64_t state_ = 1;
};

} // namespace fuzz

#endif
