/* checked.cc: see checked.h. */
#include "tests/stress/checked.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace stress {
namespace {

constexpr size_t kStride = 4096;

struct Head {
    size_t size;
    uint64_t seed;
};
static_assert(sizeof(Head) == kHead, "the head is what fits into the smallest block");

std::atomic<uint64_t> limits, calls, refused;

uint64_t WordAt(uint64_t seed, size_t place)
{
    return (seed + place) * 0x9E3779B97F4A7C15;
}

/* Calls visit(place) for each place that holds a word: 8 bytes, not within the head. */
template <typename Visit>
void ForEachPlace(size_t size, Visit visit)
{
    if (size < kHead + 8)
        return;
    visit(kHead);
    for (size_t place = kStride; place + 8 <= size; place += kStride)
        visit(place);
    visit((size - 8) & ~size_t{7});
}

void Fill(void *p, size_t size, uint64_t seed)
{
    Head head{size, seed};
    std::memcpy(p, &head, sizeof head);
    ForEachPlace(size, [&](size_t place) {
        uint64_t word = WordAt(seed, place);
        std::memcpy(static_cast<char *>(p) + place, &word, sizeof word);
    });
}

/* The block's contents, of which the first `kept` bytes count. */
void CheckWords(const void *p, const Head &head, size_t kept)
{
    ForEachPlace(head.size, [&](size_t place) {
        uint64_t word;
        if (place + sizeof word > kept)
            return;
        std::memcpy(&word, static_cast<const char *>(p) + place, sizeof word);
        if (word != WordAt(head.seed, place))
            Fail("block %p of %zu bytes: changed at byte %zu", p, head.size, place);
    });
}

Head HeadOf(const void *p)
{
    Head head;
    std::memcpy(&head, p, sizeof head);
    return head;
}

void *Filled(void *p, size_t size, uint64_t seed)
{
    if (p)
        Fill(p, size, seed);
    return p;
}

} // namespace

void Fail(const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    int length = std::vsnprintf(text, sizeof text - 1, format, arguments);
    va_end(arguments);
    length = std::min(length, static_cast<int>(sizeof text) - 2);
    text[length++] = '\n';
    if (write(STDERR_FILENO, "stress: ", 8) + write(STDERR_FILENO, text, length) < 0)
        _exit(3);
    _exit(1);
}

void *Granted(const char *call, void *p, size_t size, uint64_t before)
{
    calls.fetch_add(1, std::memory_order_relaxed);
    if (p)
        return p;
    refused.fetch_add(1, std::memory_order_relaxed);
    if (before % 2 == 0 && Limits() == before)
        Fail("%s of %zu bytes: no memory, although no limit is set", call, size);
    return nullptr;
}

void *Malloc(size_t size, uint64_t seed)
{
    uint64_t before = Limits();
    return Filled(Granted("malloc", std::malloc(size), size, before), size, seed);
}

void *Calloc(size_t size, uint64_t seed)
{
    uint64_t before = Limits();
    char *p = static_cast<char *>(Granted("calloc", std::calloc(1, size), size, before));
    if (p && (p[0] != 0 || std::memcmp(p, p + 1, size - 1) != 0))
        Fail("calloc of %zu bytes: %p is not zero", size, static_cast<void *>(p));
    return Filled(p, size, seed);
}

void *Aligned(size_t align, size_t size, uint64_t seed)
{
    uint64_t before = Limits();
    void *p = Granted("aligned_alloc", std::aligned_alloc(align, size), size, before);
    if (reinterpret_cast<uintptr_t>(p) % align != 0)
        Fail("aligned_alloc of %zu bytes: %p is no multiple of %zu", size, p, align);
    return Filled(p, size, seed);
}

void *Realloc(void *p, size_t size)
{
    Check(p);
    Head head = HeadOf(p);
    uint64_t before = Limits();
    void *moved = Granted("realloc", std::realloc(p, size), size, before);
    if (!moved) {
        Check(p);
        return nullptr;
    }
    CheckWords(moved, head, std::min(head.size, size));
    return Filled(moved, size, head.seed);
}

void Free(void *p)
{
    if (p)
        Check(p);
    std::free(p);
    calls.fetch_add(1, std::memory_order_relaxed);
}

void Check(const void *p)
{
    Head head = HeadOf(p);
    CheckWords(p, head, head.size);
}

uint64_t Limits()
{
    return limits.load();
}

void NextLimit()
{
    limits.fetch_add(1);
}

void AdoptLimits()
{
    for (auto resource : {RLIMIT_DATA, RLIMIT_AS}) {
        struct rlimit limit;
        bool limited = getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
        if (limited && Limits() % 2 == 0)
            NextLimit();
    }
}

uint64_t Calls()
{
    return calls.load();
}

uint64_t Refused()
{
    return refused.load();
}

} // namespace stress
