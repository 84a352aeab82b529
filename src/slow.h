/* slow.h: where the fast paths end up: empty or full bins, large blocks, first calls, NULL,
 * pointers that are none of ours.  The signatures are those of malloc and free, so that the calls
 * are tail calls. */
#ifndef HAK_SLOW_H
#define HAK_SLOW_H

#include "base.h"

/* A block of at least `size` bytes; NULL with errno ENOMEM. */
HAK_COLD void *hak_malloc_slow(size_t size);
/* Frees p, a block or NULL; errno is left alone.  Ends the process for anything else. */
HAK_COLD void hak_free_slow(void *p);

/* A block aligned to `align`, a power of two; NULL with errno ENOMEM. */
void *hak_alloc_aligned(size_t align, size_t size);
/* A block of at least `size` bytes, above HAK_SMALL_MAX, all of them zero; memory that is fresh
 * from the system is not cleared.  NULL with errno ENOMEM. */
void *hak_alloc_large_zero(size_t size);

/* Bytes at p that the program may use; p is a block of ours. */
size_t hak_usable(const void *p);
/* Whether a block of `usable` bytes stays where it is when it is resized to `size` bytes.  It does
 * not if more than half would be wasted. */
HAK_INLINE bool hak_fits(size_t usable, size_t size)
{
    return size <= usable && size >= usable / 2;
}
/* Resizes block p to at least `size` bytes (not 0), in place or by moving its pages.  NULL: the
 * block has to be copied, and p is as it was. */
void *hak_resize(void *p, size_t size);

#endif
