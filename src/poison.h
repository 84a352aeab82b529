/* poison.h: checks of the debug build.  It fills blocks, so that use before initialisation and
 * after free shows, and looks for a freed block among those that the cache holds. */
#ifndef HAK_POISON_H
#define HAK_POISON_H

#include "cache.h"

/* Checks that nobody wrote to the free block, ends the process if so, and fills it. */
void hak_poison_alloc(void *p, size_t cls);
/* Ends the process if the cache holds the block already; fills it. */
void hak_poison_free(const struct hak_cache *cache, void *p, size_t cls);

#endif
