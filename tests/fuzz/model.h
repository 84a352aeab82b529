/* model.h: what a correct allocator may do, as seen from outside: the blocks that the program has,
 * none of which overlaps another, and what was written to them.
 *
 * A block belongs to one thread at a time, which alone calls the functions here for it; those of
 * different blocks may run at the same moment.  A block is claimed after the allocator gave it out
 * and unclaimed before it goes back, so that two claims that meet are two live blocks that do. */
#ifndef HAK_TESTS_FUZZ_MODEL_H
#define HAK_TESTS_FUZZ_MODEL_H

#include <cstddef>
#include <cstdint>

namespace fuzz {

/* How a block was allocated: it says which calls may free it. */
enum class Kind { kPlain, kAligned, kNew, kNewArray, kNewAligned };

struct Block {
    char *p = nullptr; /* NULL: no block */
    size_t asked = 0;  /* bytes that the program asked for */
    size_t size = 0;   /* bytes that it uses: asked, or all that malloc_usable_size allows */
    size_t align = 0;
    uint64_t seed = 0;  /* of its contents */
    bool dense = false; /* all its bytes are written and checked, not only some */
    Kind kind = Kind::kPlain;
};

/* Ends the process: `call` did not keep to the rules with this block. */
[[noreturn]] void Fault(const char *call, const Block &block, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A new block of at least `asked` bytes at p, from `call`: checks alignment and usable size, claims
 * its addresses and fills it.  Uses all usable bytes if `whole`. */
void Admit(const char *call, Block &block, bool whole);
/* The block is about to be freed or moved by `call`: checks its contents, gives up its claim. */
void Dismiss(const char *call, const Block &block);
/* Takes the claim again for a block that `call` left where it was. */
void Restore(const char *call, const Block &block);

/* Checks the contents, of which only the first `limit` bytes count. */
void CheckContents(const char *call, const Block &block, size_t limit = SIZE_MAX);
/* Checks that the block reads as zero. */
void CheckZero(const char *call, const Block &block);

/* Bytes and blocks that are claimed. */
size_t LiveBytes();
size_t LiveBlocks();

} // namespace fuzz

#endif
