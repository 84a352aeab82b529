/* span.c: see span.h. */
#include "span.h"

struct hak_span *hak_span_set(uint32_t page, size_t npages, unsigned state)
{
    struct hak_span *span = hak_span_at(page);
    struct hak_span *last = span + npages - 1;
    span->npages = (uint32_t)npages;
    span->head = last->head = page;
    hak_store_relaxed(&last->state, (uint8_t)state);
    hak_store_relaxed(&span->state, (uint8_t)state);
    return span;
}

struct hak_span *hak_span_find(const void *p)
{
    if (!hak_heap_ready() || !hak_heap_contains(p))
        return NULL;
    size_t page = hak_page_of(p);
    if (HAK_LOOKUP_REGION && !hak_tables_have((uint32_t)page))
        return NULL;
    uint32_t head = hak_span_at(page)->head;
    if (head == 0 || head > page)
        return NULL;
    /* The `head` of an inner page may be left over from a former span.  The first page of that
     * former span is an inner or a last page now; if its descriptor holds one of these states, its
     * own `head` is another page. */
    struct hak_span *span = hak_span_at(head);
    unsigned state = hak_load_relaxed(&span->state);
    if ((state != HAK_SPAN_SLAB && state != HAK_SPAN_LARGE) || span->head != head ||
        page - head >= span->npages)
        return NULL;
    return span;
}

void hak_span_note(struct hak_span *span, const void *p)
{
    hak_span_at(hak_page_of(p))->head = hak_span_page(span);
}
