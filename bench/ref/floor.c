/* floor.c: the reference `floor`: the least that an allocator of the usual kind has to do.  malloc
 * rounds the size up to a class and takes the block of it that was freed last; free finds the class
 * in the block's address.  Freed blocks are kept in arrays, so that neither call touches a block.
 *
 *   base + cls * REGION
 *   | blocks made so far -> ...    | NULL, freed blocks -> ...    | region of the next class
 *                                                         ^ tops[cls]
 *
 * No locks: one thread at a time may call malloc and free.  No memory is ever given back or used
 * for another class, nothing is checked. */
#include "reserve.h"

enum {
    SMALL_MOST = 65536, /* up to here a table has the class */
    SMALL_STEP = 16,
    CHUNK = 65536,  /* blocks are made of so many bytes at a time, or one by one if larger */
    FIRST_BITS = 6, /* classes: 16, 32, 48, 64 bytes, then four for each power of two ... */
    LAST_BITS = 24, /* ... up to 16 MiB */
    CLASSES = 1 + 4 + 4 * (LAST_BITS - FIRST_BITS), /* 0 has no blocks */
    PAGE = 4096,
    LINE = 64,
    LONGER_FROM = 1024, /* bytes; from here on a block is a cache line longer, see make_region */
};
#define REGION ((size_t)512 << 20)
#define MARGIN ((size_t)4 << 20) /* of a region, for where its parts begin */

static uint8_t small_classes[SMALL_MOST / SMALL_STEP + 1]; /* 0 until there are regions */
static void *nothing[2];
static void **tops[CLASSES] = {[0 ... CLASSES - 1] = &nothing[1]};
static char *base;                             /* NULL until there are regions */
static char *unmade[CLASSES], *limit[CLASSES]; /* where the next block is made; end of all blocks */

/* Of at least one byte. */
static unsigned class_of(size_t size)
{
    if (size <= 1 << FIRST_BITS)
        return (unsigned)((size + 15) / 16);
    unsigned bits = 63 - (unsigned)__builtin_clzll(size - 1); /* size is in (2^bits, 2^(bits+1)] */
    unsigned quarter = (unsigned)((size - 1) >> (bits - 2)) & 3;
    return 5 + 4 * (bits - FIRST_BITS) + quarter;
}

static size_t block_size(unsigned cls)
{
    if (cls < 5)
        return cls * 16;
    size_t size = (size_t)((cls - 5) % 4 + 5) << (FIRST_BITS - 2 + (cls - 5) / 4);
    return size < LONGER_FROM ? size : size + LINE;
}

/* The array has room for all blocks that fit before it.  Blocks and arrays begin at other pages and
 * cache lines in each region: otherwise those of all classes would share a few sets of the
 * processor's caches of data and of addresses. */
static void make_region(unsigned cls)
{
    size_t each = block_size(cls), most = (REGION - MARGIN) / (each + sizeof(void *));
    unmade[cls] = base + cls * REGION + cls * 5 * (PAGE + LINE);
    limit[cls] = unmade[cls] + most * each;
    tops[cls] = (void **)(limit[cls] + PAGE / 2 + cls * 3 * (PAGE + LINE)) + 1;
}

/* False: there are not so many addresses. */
static bool make_regions(void)
{
    char *all = mmap(NULL, CLASSES * REGION, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (all == MAP_FAILED)
        return false;
    base = all;
    for (unsigned cls = 1; cls < CLASSES; cls++)
        make_region(cls);
    for (size_t size = 1; size <= SMALL_MOST; size++)
        small_classes[(size + SMALL_STEP - 1) / SMALL_STEP] = (uint8_t)class_of(size);
    small_classes[0] = 1;
    return true;
}

static __attribute__((noinline, cold)) void *make_blocks(size_t size)
{
    unsigned cls = class_of(size + (size == 0));
    size_t each = block_size(cls), n = each < CHUNK ? CHUNK / each : 1;
    if ((!base && !make_regions()) || (size_t)(limit[cls] - unmade[cls]) < n * each) {
        errno = ENOMEM;
        return NULL;
    }
    char *first = unmade[cls];
    unmade[cls] += n * each;
    for (size_t i = n; i-- > 1;)
        *tops[cls]++ = first + i * each;
    return first;
}

/* Where the class keeps its top.  The compiler may not look through it: if the address is in one
 * register, some processors hand on what was just stored there without a delay; if it is the sum of
 * two, they do not. */
static inline void ***top_of(size_t cls)
{
    void ***top = &tops[cls];
    __asm__("" : "+r"(top));
    return top;
}

static inline void *take(size_t cls, size_t size)
{
    void ***top = top_of(cls), **freed = *top, *p = freed[-1];
    if (__builtin_expect(p == NULL, 0))
        return make_blocks(size);
    *top = freed - 1;
    return p;
}

static __attribute__((noinline)) void *malloc_large(size_t size)
{
    return size <= (size_t)1 << LAST_BITS ? take(class_of(size), size) : ref_take_sized(size);
}

REF_EXPORT void *malloc(size_t size)
{
    if (__builtin_expect(size > SMALL_MOST, 0))
        return malloc_large(size);
    return take(small_classes[(size + SMALL_STEP - 1) / SMALL_STEP], size);
}

/* Blocks of the other calls lie elsewhere, and stay. */
REF_EXPORT void free(void *p)
{
    size_t cls = (size_t)((uintptr_t)p - (uintptr_t)base) / REGION;
    if (__builtin_expect(cls >= CLASSES, 0))
        return;
    void ***top = top_of(cls), **freed = *top;
    *freed = p;
    *top = freed + 1;
}
