/* runs.h: a set of free page runs, found by size.
 *
 * Bins 1..63 hold runs of exactly that many pages; from there on four bins share each power of two.
 * A bin is a list (span_list.h); a bit in `nonempty` says which bins to look at.  Owned by the heap
 * and guarded by its lock. */
#ifndef HAK_RUNS_H
#define HAK_RUNS_H

#include "span.h"

enum { HAK_RUN_BINS = 192 };

struct hak_runs {
    uint64_t nonempty[HAK_RUN_BINS / 64];
    uint32_t bins[HAK_RUN_BINS]; /* lists */
    size_t npages;               /* sum over all runs; read without the lock as well */
};

void hak_runs_insert(struct hak_runs *runs, struct hak_span *run);
void hak_runs_remove(struct hak_runs *runs, struct hak_span *run);
/* A run of at least npages, the tightest bin first; it stays in the set.  NULL: none. */
struct hak_span *hak_runs_find(struct hak_runs *runs, size_t npages);
/* The longest run, to within the width of a bin.  NULL: the set is empty. */
struct hak_span *hak_runs_longest(struct hak_runs *runs);

#endif
