/* poison.c: see poison.h.  The first word of a free block may be its link and is not filled.
 * Blocks that were never freed hold other bytes than FREED and pass the check. */
#include <string.h>

#include "block.h"
#include "poison.h"
#include "report.h"
#include "slab.h"

enum { FRESH = 0xA5, FREED = 0xDF, LINK = sizeof(void *) };

static bool is_freed(const uint8_t *p, size_t size)
{
    return size > LINK && p[LINK] == FREED && memcmp(p + LINK, p + LINK + 1, size - LINK - 1) == 0;
}

void hak_poison_alloc(void *p, size_t cls)
{
    const uint8_t *bytes = p;
    size_t size = hak_class_usable(cls);
    /* The ends hold FREED, but not all between them: somebody wrote there. */
    if (size > 2 * LINK && bytes[LINK] == FREED && bytes[LINK + 1] == FREED &&
        bytes[size - 1] == FREED && bytes[size - 2] == FREED && !is_freed(bytes, size))
        hak_fatal("write after free", p);
    memset(p, FRESH, size);
}

static bool chain_holds(const void *head, const void *p)
{
    for (const void *block = head; block; block = hak_block_next(block)) {
        if (block == p)
            return true;
    }
    return false;
}

void hak_poison_free(const struct hak_cache *cache, void *p, size_t cls)
{
    const struct hak_bin *bin = &cache->bins[HAK_BIN_BASE + cls];
    const struct hak_span *slab = hak_span_find(p);
    size_t size = hak_class_usable(cls);
    if (!slab || slab->state != HAK_SPAN_SLAB || hak_slab_block_of(slab, p) != p)
        hak_fatal("invalid free, not the start of a block", p);
    if (is_freed(p, size)) {
        bool held = false;
        if (hak_class_is_list(cls)) {
            held = chain_holds(bin->head, p) || chain_holds(cache->spare[cls].head, p);
        } else {
            for (unsigned i = 0; i < bin->n; i++)
                held |= bin->slots[i] == p;
        }
        if (held)
            hak_fatal("double free", p);
    }
    memset(p, FREED, size);
}
