/* checked.h: blocks of malloc that say by themselves what must be in them.
 *
 *   | size, seed | 16 bytes at each 4 KiB and at the end, made from seed and place | */
#ifndef HAK_TESTS_STRESS_CHECKED_H
#define HAK_TESTS_STRESS_CHECKED_H

#include <cstddef>
#include <cstdint>

namespace stress {

/* The least size of a block. */
constexpr size_t kHead = 16;

/* Ends the process with one line and status 1. */
[[noreturn]] void Fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* p, or NULL if memory was refused, which is a fault unless a limit was in force: `limits` is what
 * Limits() was before the call. */
void *Granted(const char *call, void *p, size_t size, uint64_t limits);

/* Blocks of at least kHead bytes, filled; NULL: refused. */
void *Malloc(size_t size, uint64_t seed);
void *Calloc(size_t size, uint64_t seed);
void *Aligned(size_t align, size_t size, uint64_t seed);
/* The contents are checked before and after; NULL, with p as it was: refused. */
void *Realloc(void *p, size_t size);
/* Checks and frees; NULL is ignored. */
void Free(void *p);
void Check(const void *p);

/* A number that is odd while the process is limited, and changes with each limit. */
uint64_t Limits();
/* The next limit begins, or the present one has ended. */
void NextLimit();
/* In a child of fork: its limits were copied at another moment than what Limits() is. */
void AdoptLimits();

/* Calls to the allocator, and how many of them were refused. */
uint64_t Calls();
uint64_t Refused();

} // namespace stress

#endif
