/* grow.h: large spans that grow, and dirty pages that are moved to them from elsewhere. */
#ifndef HAK_GROW_H
#define HAK_GROW_H

#include "span.h"

/* A LARGE span of npages for a block that grows: where more free pages follow it, in a dirty run if
 * one is long enough, so that it can grow in place.  NULL: as hak_heap_alloc. */
struct hak_span *hak_grow_alloc(size_t npages);
/* Grows a LARGE span in place to npages; false: the pages behind it are taken. */
bool hak_grow_extend(struct hak_span *span, size_t npages);
/* Prepares a LARGE span to grow to npages without page faults: where clean pages follow the span,
 * moves dirty ones there, and some more for the next time.  They stay free until they are taken. */
void hak_grow_feed(struct hak_span *span, size_t npages);
/* Moves dirty pages to the clean pages of a LARGE span from its `first` on; returns how many of
 * these, from there on, are dirty now.  *lost: the pages cannot be used any more, and the span must
 * be left as it is for good. */
size_t hak_grow_fill(struct hak_span *span, size_t first, bool *lost);

#endif
