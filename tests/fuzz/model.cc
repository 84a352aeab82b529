/* model.cc: see model.h.
 *
 * Claims are kept for granules of 16 bytes, which no two blocks share, and for units of 64 KiB:
 *
 *   unit          | unit          | unit          |
 *          [ granule bits | whole unit    | granule bits )       a block
 *
 * The state of a unit is the number of blocks with granule bits in it, or WHOLE: it is all one
 * block's.  Both tables cover every address a process can have and are resident only where blocks
 * have been. */
#include "tests/fuzz/model.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/fuzz/calls.h"

namespace fuzz {
namespace {

constexpr size_t kAddressBits = 47, kGranule = 16, kUnit = 65536;
constexpr int32_t kWhole = -1;

std::atomic<size_t> live_bytes, live_blocks;

/* Zeroed memory for a table of which little is touched. */
template <typename T>
T *Table(size_t n)
{
    void *p = mmap(nullptr, n * sizeof(T), PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) {
        std::perror("fuzz: no address space for the table of claims");
        std::abort();
    }
    return static_cast<T *>(p);
}

std::atomic<uint64_t> *Granules()
{
    static auto *const table =
        Table<std::atomic<uint64_t>>((size_t{1} << kAddressBits) / kGranule / 64);
    return table;
}

std::atomic<int32_t> *Units()
{
    static auto *const table = Table<std::atomic<int32_t>>((size_t{1} << kAddressBits) / kUnit);
    return table;
}

/* Sets or clears the bits of the granules [first, last); false: one was not as it should be. */
bool Mark(size_t first, size_t last, bool set)
{
    bool good = true;
    while (first < last) {
        size_t n = std::min(last - first, 64 - first % 64);
        uint64_t mask = (n == 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1) << first % 64;
        std::atomic<uint64_t> &word = Granules()[first / 64];
        uint64_t before = set ? word.fetch_or(mask) : word.fetch_and(~mask);
        good &= (before & mask) == (set ? 0 : mask);
        first += n;
    }
    return good;
}

/* The granules [first, last) of one unit, which is not whole. */
bool MarkPart(size_t first, size_t last, bool set)
{
    if (first == last)
        return true;
    int32_t before = Units()[first * kGranule / kUnit].fetch_add(set ? 1 : -1);
    return Mark(first, last, set) && (set ? before >= 0 : before > 0);
}

bool MarkUnit(size_t unit, bool set)
{
    int32_t have = set ? 0 : kWhole;
    return Units()[unit].compare_exchange_strong(have, set ? kWhole : 0);
}

/* All claims of a block; a block without bytes has an address of its own all the same. */
bool Claim(const Block &block, bool set)
{
    constexpr size_t kPerUnit = kUnit / kGranule;
    auto address = reinterpret_cast<uintptr_t>(block.p);
    size_t bytes = std::max<size_t>(block.size, 1);
    size_t first = address / kGranule, last = (address + bytes + kGranule - 1) / kGranule;
    size_t unit = (first + kPerUnit - 1) / kPerUnit, end = last / kPerUnit;
    live_bytes += set ? bytes : -bytes;
    live_blocks += set ? 1 : -1;
    if (first / kPerUnit == (last - 1) / kPerUnit && unit >= end)
        return MarkPart(first, last, set);
    bool good = MarkPart(first, unit * kPerUnit, set);
    for (; unit < end; unit++)
        good &= MarkUnit(unit, set);
    return MarkPart(end * kPerUnit, last, set) && good;
}

uint64_t WordAt(uint64_t seed, size_t index)
{
    return seed + index * 0x9E3779B97F4A7C15;
}

void FillRange(const Block &block, size_t from, size_t to)
{
    size_t at = from & ~size_t{7};
    for (; at < to; at += 8) {
        uint64_t word = WordAt(block.seed, at / 8);
        if (at >= from && at + 8 <= to) {
            std::memcpy(block.p + at, &word, 8);
            continue;
        }
        for (size_t i = std::max(at, from); i < std::min(at + 8, to); i++)
            block.p[i] = static_cast<char>(word >> (i - at) * 8);
    }
}

bool RangeHolds(const Block &block, size_t from, size_t to)
{
    uint64_t differences = 0;
    for (size_t at = from & ~size_t{7}; at < to; at += 8) {
        uint64_t word = WordAt(block.seed, at / 8), have = word;
        if (at >= from && at + 8 <= to)
            std::memcpy(&have, block.p + at, 8);
        else
            for (size_t i = std::max(at, from); i < std::min(at + 8, to); i++)
                std::memcpy(reinterpret_cast<char *>(&have) + (i - at), block.p + i, 1);
        differences |= have ^ word;
    }
    return differences == 0;
}

/* Calls visit(from, to) for the parts of the block that are written and checked: all of it, or its
 * ends and the bytes at each power of two.  The first depends on the size only at the block's end,
 * so that a block that was moved to one of another size can still be checked. */
template <typename Visit>
void ForEachPart(const Block &block, size_t limit, Visit visit)
{
    constexpr size_t kAll = 2048, kEdge = 256, kSpot = 16;
    size_t size = block.size;
    auto part = [&](size_t from, size_t to) {
        if (from < limit)
            visit(from, std::min({to, size, limit}));
    };
    if (block.dense || size <= kAll) {
        part(0, size);
        return;
    }
    part(0, kEdge);
    for (size_t at = kEdge * 2; at + kEdge < size; at *= 2)
        part(at, at + kSpot);
    part(size - kEdge, size);
}

void Check(const char *call, const Block &block, bool set)
{
    if (!Claim(block, set))
        Fault(call, block, "%s", set ? "overlaps a block that is in use" : "lost its claim");
}

} // namespace

void Fault(const char *call, const Block &block, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    std::fprintf(stderr, "fuzz(%s): %s: block %p of %zu bytes, %zu used, alignment %zu: %s\n",
                 hak_profile(), call, static_cast<void *>(block.p), block.asked, block.size,
                 block.align, text);
    std::abort();
}

void Admit(const char *call, Block &block, bool whole)
{
    size_t align = std::max<size_t>(block.align, 16);
    block.size = block.asked;
    if (reinterpret_cast<uintptr_t>(block.p) >> kAddressBits != 0)
        Fault(call, block, "no address of a program's");
    if (reinterpret_cast<uintptr_t>(block.p) % align != 0)
        Fault(call, block, "not aligned");
    size_t usable = hak_malloc_usable_size(block.p);
    if (usable < block.asked)
        Fault(call, block, "usable size is %zu, less than asked for", usable);
    if (whole)
        block.size = usable;
    Check(call, block, true);
    ForEachPart(block, SIZE_MAX, [&](size_t from, size_t to) { FillRange(block, from, to); });
}

void Dismiss(const char *call, const Block &block)
{
    CheckContents(call, block);
    Check(call, block, false);
}

void Restore(const char *call, const Block &block)
{
    Check(call, block, true);
    CheckContents(call, block);
}

void CheckContents(const char *call, const Block &block, size_t limit)
{
    ForEachPart(block, limit, [&](size_t from, size_t to) {
        if (!RangeHolds(block, from, to))
            Fault(call, block, "contents changed between bytes %zu and %zu", from, to);
    });
}

void CheckZero(const char *call, const Block &block)
{
    Block all = block;
    all.size = block.asked;
    ForEachPart(all, SIZE_MAX, [&](size_t from, size_t to) {
        if (from < to &&
            (all.p[from] != 0 || std::memcmp(all.p + from, all.p + from + 1, to - from - 1) != 0))
            Fault(call, all, "not zero between bytes %zu and %zu", from, to);
    });
}

size_t LiveBytes()
{
    return live_bytes;
}

size_t LiveBlocks()
{
    return live_blocks;
}

} // namespace fuzz
