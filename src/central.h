/* central.h: the meeting place of the threads, one for each class.
 *
 * First come transfer batches: whole batches that a cache drained, parked for the next cache that
 * needs one, so that blocks freed by one thread and allocated by another never touch a slab.  List
 * classes park chains (linked blocks and their count), array classes pointers.  Behind them are
 * the slabs: those with both free and used blocks in a list, and at most one that is all free.
 *
 * Each class has its lock; the heap is called with it held. */
#ifndef HAK_CENTRAL_H
#define HAK_CENTRAL_H

#include "classes.h"
#include "lock.h"

struct hak_chain {
    void *head;
    uint32_t n;
};

/* Fills `out` with up to `want` (at most HAK_MAX_BATCH) blocks of the class, fewer if memory runs
 * out; 0: out of memory.  Parked pointers first, then slabs in address order. */
unsigned hak_central_fill(unsigned cls, void **out, unsigned want);
/* Fills `out` with blocks of an array class that are parked; 0: none are. */
unsigned hak_central_fill_parked(unsigned cls, void **out, unsigned want);
/* A parked chain of a list class; its head is NULL if none is parked. */
struct hak_chain hak_central_fill_chain(unsigned cls);

/* Takes back n blocks: array classes park them while there is room, the rest goes to the slabs. */
void hak_central_drain(unsigned cls, void **blocks, unsigned n);
/* Takes back a chain of a list class: parks it while there is room, else its blocks go to the
 * slabs. */
void hak_central_drain_chain(unsigned cls, struct hak_chain chain);
/* Takes back n blocks to their slabs, parking nothing. */
void hak_central_return(unsigned cls, void **blocks, unsigned n);
void hak_central_return_chain(unsigned cls, struct hak_chain chain);

/* Returns to their slabs all parked blocks, and to the heap all free slabs, of those classes that
 * were not used since the last call; of all classes if `all`.  Returns the bytes of these slabs. */
size_t hak_central_trim(bool all);

/* In a child of fork: a thread that is gone may have been changing the class.  Forgets the class's
 * slabs and what is parked; blocks of these slabs that come back are not handed out again. */
void hak_central_abandon(unsigned cls);

struct hak_central_stats {
    uint64_t fills;  /* batches handed to caches */
    uint64_t drains; /* batches taken back */
    uint64_t misses; /* fills that went to a slab */
    size_t slabs;    /* now */
    size_t parked;   /* blocks, now */
    size_t free;     /* blocks free in slabs, now */
};
void hak_central_stats(unsigned cls, struct hak_central_stats *out);
struct hak_lock *hak_central_lock(unsigned cls);

#endif
