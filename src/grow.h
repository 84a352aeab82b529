/* grow.h: large spans that grow, and pages moved to them from where they lie unused. */
#ifndef HAK_GROW_H
#define HAK_GROW_H

#include "span.h"

/* A LARGE span of npages for a block that grows: where more free pages follow it, in a dirty run if
 * one is long enough, so that it can grow in place.  NULL: as hak_heap_alloc. */
struct hak_span *hak_grow_alloc(size_t npages);
/* Grows a LARGE span in place to npages; false: the pages behind it are taken. */
bool hak_grow_extend(struct hak_span *span, size_t npages);
/* Lets a LARGE span grow to npages without page faults: where clean pages follow it, dirty ones are
 * moved there from elsewhere, and some more for the next time.  They are free until taken. */
void hak_grow_feed(struct hak_span *span, size_t npages);
/* The same for the clean pages of a LARGE span from its `first` on; returns how many were brought,
 * from there on.  *lost: the pages cannot be used any more, so that the span has to be left as it
 * is for good. */
size_t hak_grow_fill(struct hak_span *span, size_t first, bool *lost);

#endif
