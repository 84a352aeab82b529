/* libfuzzer.cc: inputs from libFuzzer, which learns from the allocator's branches. */
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz::Play(data, size);
    return 0;
}
