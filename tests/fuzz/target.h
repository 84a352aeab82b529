/* target.h: an input, played from beginning to end. */
#ifndef HAK_TESTS_FUZZ_TARGET_H
#define HAK_TESTS_FUZZ_TARGET_H

#include <cstddef>
#include <cstdint>

namespace fuzz {

/* Plays the input: its first byte says how many threads share the rest, 1 to 4.  When it returns
 * no block is in use, and the allocator has been asked whether it agrees.  Returns the calls made
 * to the allocator. */
uint64_t Play(const uint8_t *data, size_t size);

} // namespace fuzz

#endif
