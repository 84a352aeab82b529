/* support.h: what the tests share: a fixture that proves that nothing was lost, random numbers,
 * contents that can be checked. */
#ifndef HAK_TESTS_SUPPORT_H
#define HAK_TESTS_SUPPORT_H

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "tests/shim.h"

namespace hak {

inline const struct ::shim_profile &profile = ::shim_profile;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

/* For tests of what a cache that malloc and free work on themselves does. */
#define SKIP_IF_GUARDED()                                                                          \
    if (hak::profile.guard)                                                                        \
    GTEST_SKIP() << "freed blocks wait in this profile"

/* Freed pages go back to the system at once, one span after the other. */
#define SKIP_IF_PURGED_WHEN_FREED()                                                                \
    if (hak::profile.decay_ms == 0)                                                                \
    GTEST_SKIP() << "spans are purged when freed"

/* The largest request up to `size` that a class serves. */
inline size_t Small(size_t size)
{
    return std::min(size, profile.small_max);
}

/* What a block of that size takes. */
inline size_t BlockBytes(size_t size)
{
    if (size <= profile.small_max)
        return shim_class(shim_class_of_size(size)).size;
    return (size + profile.page_size - 1) / profile.page_size * profile.page_size;
}

/* Size of a large block whose pages realloc moves rather than copies, not less than `least`; that
 * itself where only blocks are moved that are too long for a test. */
inline size_t Moved(size_t least)
{
    return profile.move_min <= (64u << 20) ? std::max(profile.move_min, least) : least;
}

/* Gives back to the heap, and purges, whatever is free. */
inline void Settle()
{
    shim_cache_drain();
    hak_trim();
}

/* After Settle, with no block in use: all mapped memory is one free stock again. */
inline void ExpectAllFree()
{
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        struct shim_central_stats s = shim_central_stats(cls);
        ASSERT_EQ(s.slabs, 0u) << "class " << cls << ": " << s.out << " blocks out, " << s.parked
                               << " parked, " << s.free << " free";
    }
    struct shim_heap_stats heap = shim_heap_stats();
    EXPECT_EQ(heap.dirty, 0u);
    EXPECT_EQ(heap.clean, heap.mapped);
    EXPECT_EQ(hak_bigcache_bytes(), 0u);
    EXPECT_EQ(shim_large_stats().blocks, 0u);
    EXPECT_EQ(shim_large_stats().bytes, 0u);
}

/* Starts as a process with one thread, with all memory free, and ends so.  What a failed test has
 * lost is not held against those that follow. */
class HeapTest : public testing::Test {
  protected:
    void SetUp() override
    {
        os_fake_reset();
        ASSERT_TRUE(hak_heap_init());
        hak_process_forked();
        Settle();
    }

    void TearDown() override
    {
        os_fake_reset();
        Settle();
        static bool lost = false;
        if (!lost)
            ExpectAllFree();
        lost |= HasFailure();
    }
};

class Random {
  public:
    explicit Random(uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15u + 1) {}

    uint64_t Next()
    {
        state_ ^= state_ << 13;
        state_ ^= state_ >> 7;
        state_ ^= state_ << 17;
        return state_;
    }

    /* In 0..n-1. */
    size_t Below(size_t n)
    {
        return static_cast<size_t>(Next() % n);
    }

    /* 1..most, small ones as likely as large ones. */
    size_t Size(size_t most)
    {
        unsigned bits = 1 + static_cast<unsigned>(Below(64 - __builtin_clzll(most)));
        return 1 + Below(std::min(most, static_cast<size_t>(1) << bits));
    }

    template <typename T>
    void Shuffle(T *items, size_t n)
    {
        for (size_t i = n; i > 1; i--)
            std::swap(items[i - 1], items[Below(i)]);
    }

  private:
    uint64_t state_;
};

/* Byte `i` of contents numbered `tag`. */
inline unsigned char PatternByte(size_t tag, size_t i)
{
    return static_cast<unsigned char>((tag * 31 + i * 7 + (i >> 8) * 13 + (i >> 16)) ^ 0x5A);
}

inline void FillPattern(void *p, size_t size, size_t tag)
{
    for (size_t i = 0; i < size; i++)
        static_cast<unsigned char *>(p)[i] = PatternByte(tag, i);
}

/* Index of the first byte that differs from the contents; `size` if none does. */
inline size_t PatternEnd(const void *p, size_t size, size_t tag)
{
    for (size_t i = 0; i < size; i++) {
        if (static_cast<const unsigned char *>(p)[i] != PatternByte(tag, i))
            return i;
    }
    return size;
}

inline bool IsZero(const void *p, size_t size)
{
    const char *bytes = static_cast<const char *>(p);
    return size == 0 || (bytes[0] == 0 && std::memcmp(bytes, bytes + 1, size - 1) == 0);
}

inline bool IsAligned(const void *p, size_t align)
{
    return reinterpret_cast<uintptr_t>(p) % align == 0;
}

/* body(0), ..., body(n - 1), each in a thread of its own, to their ends. */
template <typename Body>
void RunThreads(unsigned n, Body body)
{
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < n; i++)
        threads.emplace_back([i, &body] { body(i); });
    for (std::thread &thread : threads)
        thread.join();
}

/* The same pointer, of which the compiler no longer knows where it comes from. */
template <typename T>
T *Opaque(T *p)
{
    asm volatile("" : "+r"(p));
    return p;
}

} // namespace hak

#endif
