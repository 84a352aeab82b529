/* runs.c: see runs.h. */
#include "runs.h"
#include "span_list.h"

enum { EXACT_BINS = 64, BINS_PER_DOUBLING_SHIFT = 2 };

static unsigned bin_of(size_t npages)
{
    if (npages < EXACT_BINS)
        return (unsigned)npages;
    unsigned log = hak_log2(npages);
    unsigned quarter = (unsigned)(npages >> (log - BINS_PER_DOUBLING_SHIFT)) & 3;
    unsigned bin = EXACT_BINS + ((log - 6) << BINS_PER_DOUBLING_SHIFT) + quarter;
    return hak_min(bin, HAK_RUN_BINS - 1u);
}

void hak_runs_insert(struct hak_runs *runs, struct hak_span *run)
{
    unsigned bin = bin_of(run->npages);
    hak_list_push(&runs->bins[bin], run);
    runs->nonempty[bin / 64] |= (uint64_t)1 << bin % 64;
    hak_store_relaxed(&runs->npages, runs->npages + run->npages);
}

void hak_runs_remove(struct hak_runs *runs, struct hak_span *run)
{
    unsigned bin = bin_of(run->npages);
    hak_list_remove(&runs->bins[bin], run);
    if (!runs->bins[bin])
        runs->nonempty[bin / 64] &= ~((uint64_t)1 << bin % 64);
    hak_store_relaxed(&runs->npages, runs->npages - run->npages);
}

/* Lowest bin at or above `bin` that holds a run; HAK_RUN_BINS if none. */
static unsigned next_nonempty(const struct hak_runs *runs, unsigned bin)
{
    for (unsigned word = bin / 64; word < HAK_RUN_BINS / 64; word++) {
        uint64_t bits = runs->nonempty[word];
        if (word == bin / 64)
            bits &= ~(uint64_t)0 << bin % 64;
        if (bits)
            return word * 64 + hak_ctz(bits);
    }
    return HAK_RUN_BINS;
}

struct hak_span *hak_runs_find(struct hak_runs *runs, size_t npages)
{
    unsigned bin = bin_of(npages);
    for (uint32_t page = runs->bins[bin]; page; page = hak_span_at(page)->next) {
        if (hak_span_at(page)->npages >= npages)
            return hak_span_at(page);
    }
    bin = bin + 1 < HAK_RUN_BINS ? next_nonempty(runs, bin + 1) : HAK_RUN_BINS;
    return bin < HAK_RUN_BINS ? hak_span_at(runs->bins[bin]) : NULL;
}

struct hak_span *hak_runs_longest(struct hak_runs *runs)
{
    for (unsigned word = HAK_RUN_BINS / 64; word-- > 0;) {
        if (runs->nonempty[word])
            return hak_span_at(runs->bins[word * 64 + hak_log2(runs->nonempty[word])]);
    }
    return NULL;
}
