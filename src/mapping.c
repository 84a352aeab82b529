/* mapping.c: see mapping.h. */
#include "mapping.h"
#include "os.h"

enum {
    MOST_SEAMS = 8192, /* the system's usual limit for a process is 65530 mappings */
    FEW_PIECES = 8,    /* pieces that a move may always have, however short */
    LEAST_PIECE = 4,   /* pages of the further pieces, on average: a call to the system for fewer
                          costs as much as their page faults */
    PAUSE_MS = 1000,   /* how long nothing is moved after the system refused */
};

static uint32_t serial;    /* moves so far: the last one's number */
static uint32_t nseams;    /* pages in another mapping than the page before them */
static uint64_t paused_ms; /* the end of the pause */

/* The mapping of a page; the heap's own if the page's descriptor is not mapped. */
static uint32_t mapping_of(uint32_t page)
{
    return hak_tables_have(page) ? hak_span_at(page)->mapping : 0;
}

static uint32_t seams(uint32_t page, size_t npages)
{
    uint32_t n = 0, before = mapping_of(page - 1);
    for (size_t i = 0; i <= npages; i++) {
        uint32_t mapping = mapping_of(page + (uint32_t)i);
        n += mapping != before;
        before = mapping;
    }
    return n;
}

static void set_mapping(uint32_t page, size_t npages, uint32_t mapping)
{
    uint32_t before = seams(page, npages);
    for (size_t i = 0; i < npages; i++)
        hak_heap.spans[page + i].mapping = mapping;
    hak_store_relaxed(&nseams, nseams + seams(page, npages) - before);
}

/* How many pages from `page` on, at most npages, lie in one mapping. */
static size_t piece(uint32_t page, size_t npages)
{
    size_t n = 1;
    while (n < npages && hak_span_at(page + n)->mapping == hak_span_at(page)->mapping)
        n++;
    return n;
}

size_t hak_mapping_move(uint32_t to, uint32_t from, size_t npages, bool *lost)
{
    size_t done = 0;
    *lost = false;
    if (hak_os_now_ms() < hak_load_relaxed(&paused_ms))
        return 0;
    size_t most = FEW_PIECES + npages / LEAST_PIECE;
    for (size_t i = 0; i < most && done < npages; i++) {
        if (hak_load_relaxed(&nseams) >= MOST_SEAMS)
            break;
        uint32_t at = from + (uint32_t)done, dest = to + (uint32_t)done;
        size_t n = piece(at, npages - done);
        int error = hak_os_move(hak_page_address(dest), hak_page_address(at), n << HAK_PAGE_SHIFT);
        if (error) {
            hak_store_relaxed(&paused_ms, hak_os_now_ms() + PAUSE_MS);
            *lost = error == HAK_OS_LOST;
            break;
        }
        hak_lock_acquire(&hak_heap_lock);
        set_mapping(dest, n, ++serial);
        hak_lock_release(&hak_heap_lock);
        done += n;
    }
    return done;
}

int hak_mapping_purge(uint32_t page, size_t npages)
{
    size_t bytes = npages << HAK_PAGE_SHIFT;
    if (hak_load_relaxed(&nseams) == 0 ||
        (hak_span_at(page)->mapping == 0 && piece(page, npages) == npages))
        return hak_os_purge(hak_page_address(page), bytes);
    return hak_os_renew(hak_page_address(page), bytes);
}

void hak_mapping_reset(uint32_t page, size_t npages)
{
    if (nseams > 0)
        set_mapping(page, npages, 0);
}
