/* span_list.h: lists of spans, linked through their descriptors by page number.  Page 0 is never
 * used, so 0 ends a list.
 *
 * A list has one end: the span that was pushed last comes first.  It is linked by prev and next.  A
 * queue has two ends and keeps the order in which spans were freed.  It is linked by older and
 * newer, so that a span may be in a list and in a queue at once.  The caller holds the lock that
 * guards the list. */
#ifndef HAK_SPAN_LIST_H
#define HAK_SPAN_LIST_H

#include "span.h"

/* `first` is the list: the page number of its first span, 0 if it is empty. */
HAK_INLINE void hak_list_push(uint32_t *first, struct hak_span *span)
{
    uint32_t page = hak_span_page(span);
    span->prev = 0;
    span->next = *first;
    if (span->next)
        hak_span_at(span->next)->prev = page;
    *first = page;
}

HAK_INLINE void hak_list_remove(uint32_t *first, struct hak_span *span)
{
    if (span->next)
        hak_span_at(span->next)->prev = span->prev;
    if (span->prev)
        hak_span_at(span->prev)->next = span->next;
    else
        *first = span->next;
}

struct hak_queue {
    uint32_t oldest, newest; /* page numbers, 0 if it is empty */
};

HAK_INLINE void hak_queue_append(struct hak_queue *queue, struct hak_span *span)
{
    uint32_t page = hak_span_page(span);
    span->newer = 0;
    span->older = queue->newest;
    if (queue->newest)
        hak_span_at(queue->newest)->newer = page;
    else
        queue->oldest = page;
    queue->newest = page;
}

HAK_INLINE void hak_queue_remove(struct hak_queue *queue, struct hak_span *span)
{
    if (span->older)
        hak_span_at(span->older)->newer = span->newer;
    else
        queue->oldest = span->newer;
    if (span->newer)
        hak_span_at(span->newer)->older = span->older;
    else
        queue->newest = span->older;
}

/* Puts `span` where `other`, which leaves, stood.  They may be the same. */
HAK_INLINE void hak_queue_replace(struct hak_queue *queue, struct hak_span *span,
                                  const struct hak_span *other)
{
    uint32_t page = hak_span_page(span);
    span->older = other->older;
    span->newer = other->newer;
    if (span->older)
        hak_span_at(span->older)->newer = page;
    else
        queue->oldest = page;
    if (span->newer)
        hak_span_at(span->newer)->older = page;
    else
        queue->newest = page;
}

#endif
