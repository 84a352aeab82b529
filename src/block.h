/* block.h: the byte before a block, which only the header lookup has.
 *
 *   p[-1]  HAK_HEADER_LIVE | class   a small block that the program holds
 *          class                     a small block that hakmem holds (cache, central, slab)
 *          HAK_HEADER_LIVE           a block found through its span: large, or aligned inside a
 *                                    small block
 * Block starts are 16 bytes into a slab, so that with class sizes that are multiples of 64 the
 * byte is in the cache line of the block's first bytes.  With the other lookups all of this
 * compiles to nothing. */
#ifndef HAK_BLOCK_H
#define HAK_BLOCK_H

#include "classes.h"

/* Marks a block that goes to the program; `index` is that of the class's bin. */
HAK_INLINE void hak_block_mark_live(void *p, size_t index)
{
    if (HAK_LOOKUP_HEADER)
        ((uint8_t *)p)[-1] = (uint8_t)index;
}

HAK_INLINE void hak_block_mark_free(void *p)
{
    if (HAK_LOOKUP_HEADER) {
        uint8_t *header = (uint8_t *)p - 1;
        hak_forget(*header); /* one instruction on memory, no register kept for it */
        *header &= (uint8_t)~HAK_HEADER_LIVE;
    }
}

/* Marks a block that comes out of its slab: free, of the class. */
HAK_INLINE void hak_block_init(void *p, size_t cls)
{
    if (HAK_LOOKUP_HEADER)
        ((uint8_t *)p)[-1] = (uint8_t)cls;
}

/* Marks a block that is found through its span. */
HAK_INLINE void hak_block_mark_span(void *p)
{
    if (HAK_LOOKUP_HEADER)
        ((uint8_t *)p)[-1] = HAK_HEADER_LIVE;
}

/* The link of a free block in a list. */
HAK_INLINE void *hak_block_next(const void *p)
{
    return *(void *const *)p;
}

HAK_INLINE void hak_block_set_next(void *p, void *next)
{
    *(void **)p = next;
}

#endif
