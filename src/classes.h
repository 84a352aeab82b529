/* classes.h: the shape of the generated size-class tables.
 *
 * Classes are numbered 1..HAK_NCLASSES by rising block size; 0 means "not a small block".  The
 * tables themselves are generated (hak_classes.c), and the generator proves them before it writes
 * them.  The C code relies on the assertions below besides. */
#ifndef HAK_CLASSES_H
#define HAK_CLASSES_H

#include "base.h"
#include "hak_config.h"

#define HAK_PAGE_SIZE ((size_t)1 << HAK_PAGE_SHIFT)

struct hak_class {
    uint64_t reciprocal;   /* ceil(2^HAK_RECIPROCAL_SHIFT / size) */
    uint32_t size;         /* bytes from one block to the next */
    uint32_t align;        /* every block's address is a multiple of this */
    uint16_t slab_pages;   /* heap pages in a slab */
    uint16_t nblocks;      /* blocks in a slab */
    uint16_t first;        /* offset of block 0 in a slab of colour 0, bytes */
    uint16_t colours;      /* slab i starts its blocks at first + 64 * (i mod colours) */
    uint16_t cap;          /* most blocks in one thread's cache */
    uint16_t batch;        /* most blocks that move between a cache and central at a time */
    uint16_t transfer;     /* most batches parked in central */
    uint32_t cache_slot;   /* array classes: first pointer in a cache's slots */
    uint32_t central_slot; /* first pointer (array classes) or chain (list classes) in central */
};

extern HAK_HIDDEN const struct hak_class hak_classes[HAK_NCLASSES + 1];

/* A cache's bin for a class is bins[HAK_BIN_BASE + class].  With the header lookup the base is the
 * bit that marks the header of a live block, so that the header byte is itself the bin's index.
 * Bytes that are no such header are indices of bins without room. */
enum {
    HAK_HEADER_LIVE = 0x80,
    HAK_BIN_BASE = HAK_LOOKUP_HEADER ? HAK_HEADER_LIVE : 0,
    HAK_NBINS = HAK_LOOKUP_HEADER ? 256 : HAK_NCLASSES + 1,
};

/* Bin of the smallest class for a request, by ceil((size + HAK_HEADER_BYTES) / 16). */
extern HAK_HIDDEN const uint8_t hak_bin_of_step[HAK_CLASS_STEPS];

enum {
    HAK_MAX_CLASSES = 126, /* a class fits 7 bits, 127 is spare */
    HAK_QUANTUM = 16,      /* every block's alignment, every class size's divisor */
    HAK_MAX_BLOCKS = 4096, /* blocks in a slab: HAK_PAGE_SIZE / HAK_QUANTUM */
    HAK_MAX_BATCH = 512,
};

_Static_assert(HAK_NCLASSES >= 1 && HAK_NCLASSES <= HAK_MAX_CLASSES, "a header holds a class");
_Static_assert(HAK_LIST_CLASSES <= HAK_NCLASSES, "list classes are the first classes");
_Static_assert(HAK_PAGE_SHIFT == 16, "the external bitmap holds 4096 bits a heap page");
_Static_assert(HAK_LOOKUP_HEADER + HAK_LOOKUP_MAP + HAK_LOOKUP_REGION == 1, "one class lookup");
_Static_assert(HAK_HEADER_BYTES == HAK_LOOKUP_HEADER, "the header is one byte");
_Static_assert(HAK_SMALL_MAX + HAK_HEADER_BYTES <= (HAK_CLASS_STEPS - 1) * 16, "steps cover it");

/* Bin and class for a request of at most HAK_SMALL_MAX bytes. */
HAK_INLINE size_t hak_bin_of_size(size_t size)
{
    return hak_bin_of_step[(size + HAK_HEADER_BYTES + HAK_QUANTUM - 1) / HAK_QUANTUM];
}

HAK_INLINE unsigned hak_class_of_size(size_t size)
{
    return (unsigned)hak_bin_of_size(size) - HAK_BIN_BASE;
}

/* Bytes of a block of the class that belong to the program. */
HAK_INLINE size_t hak_class_usable(size_t cls)
{
    return hak_classes[cls].size - HAK_HEADER_BYTES;
}

HAK_INLINE bool hak_class_is_list(size_t cls)
{
    return HAK_LIST_CLASSES == HAK_NCLASSES || cls <= HAK_LIST_CLASSES;
}

#endif
