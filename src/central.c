/* central.c: see central.h. */
#include "central.h"
#include "block.h"
#include "report.h"
#include "slab.h"
#include "span_list.h"

/* Everything here is guarded by the lock. */
struct central {
    struct hak_lock lock;
    uint32_t partial; /* list of the slabs with both free and used blocks */
    uint32_t nparked; /* chains (list classes) or pointers (array classes) parked */
    uint32_t nslabs;
    uint32_t serial;        /* slabs carved, for their colour */
    uint32_t nblocks;       /* blocks parked */
    bool used;              /* since the last trim */
    uint32_t abandoned;     /* how often its slabs were abandoned */
    struct hak_span *empty; /* the one slab kept though all its blocks are free */
    size_t nfree;           /* blocks free in slabs */
    size_t released;        /* bytes of slabs given back to the heap, in total */
    uint64_t fills, drains, misses;
} HAK_CACHE_ALIGNED;

static struct central centrals[HAK_NCLASSES + 1];
static struct hak_chain chains[HAK_CENTRAL_CHAINS + 1];
static void *slots[HAK_CENTRAL_SLOTS + 1];
static size_t parked_bytes; /* of all classes; accessed atomically */

/* ---- parked blocks ------------------------------------------------------------------------- */

/* How many of n blocks may be parked beside those that are. */
static uint32_t parkable(unsigned cls, uint32_t n)
{
    size_t parked = hak_load_relaxed(&parked_bytes), most = HAK_PARKED_BYTES;
    size_t left = parked < most ? most - parked : 0;
    size_t size = hak_classes[cls].size;
    return n * size <= left ? n : (uint32_t)(left / size);
}

/* Adds in this order, so that hak_central_abandon never subtracts more than was added. */
static void note_parked(struct central *central, unsigned cls, uint32_t n)
{
    hak_add_relaxed(&parked_bytes, (size_t)n * hak_classes[cls].size);
    central->nblocks += n;
}

static void note_unparked(struct central *central, unsigned cls, uint32_t n)
{
    central->nblocks -= n;
    hak_add_relaxed(&parked_bytes, -((size_t)n * hak_classes[cls].size));
}

/* ---- slabs --------------------------------------------------------------------------------- */

static void release_slab(struct central *central, struct hak_span *slab)
{
    central->released += hak_span_bytes(slab);
    central->nslabs--;
    central->nfree -= slab->nfree;
    hak_slab_free(slab);
}

/* A slab with free blocks, in the list of partial ones; NULL: out of memory. */
static struct hak_span *open_slab(struct central *central, unsigned cls)
{
    if (central->partial)
        return hak_span_at(central->partial);
    struct hak_span *slab = central->empty;
    central->empty = NULL;
    if (!slab) {
        slab = hak_slab_carve(cls, central->serial);
        if (!slab)
            return NULL;
        central->serial++;
        central->nslabs++;
        central->nfree += slab->nfree;
        slab->epoch = central->abandoned;
    }
    hak_list_push(&central->partial, slab);
    return slab;
}

static unsigned take_from_slabs(struct central *central, unsigned cls, void **out, unsigned want)
{
    unsigned n = 0;
    while (n < want) {
        struct hak_span *slab = open_slab(central, cls);
        if (!slab)
            break;
        unsigned got = hak_slab_take(slab, out + n, want - n);
        n += got;
        central->nfree -= got;
        if (slab->nfree == 0)
            hak_list_remove(&central->partial, slab);
    }
    return n;
}

static void put_to_slab(struct central *central, unsigned cls, void *p)
{
    struct hak_span *slab = hak_span_find(p);
    if (hak_unlikely(!slab || slab->cls != cls))
        hak_fatal("invalid free, not a block of its size class", p);
    if (hak_unlikely(slab->epoch != central->abandoned))
        return;
    hak_slab_put(slab, p);
    central->nfree++;
    if (slab->nfree == 1 && !hak_slab_is_empty(slab))
        hak_list_push(&central->partial, slab);
    if (!hak_slab_is_empty(slab))
        return;
    if (slab->nfree > 1)
        hak_list_remove(&central->partial, slab);
    if (central->empty)
        release_slab(central, slab);
    else
        central->empty = slab;
}

/* ---- fill ---------------------------------------------------------------------------------- */

static unsigned take_parked(struct central *central, unsigned cls, void **out, unsigned want)
{
    unsigned n = hak_min(want, central->nparked);
    if (hak_class_is_list(cls) || n == 0)
        return 0;
    central->nparked -= n;
    note_unparked(central, cls, n);
    void **parked = slots + hak_classes[cls].central_slot + central->nparked;
    for (unsigned i = 0; i < n; i++)
        out[i] = parked[i];
    return n;
}

unsigned hak_central_fill(unsigned cls, void **out, unsigned want)
{
    struct central *central = &centrals[cls];
    hak_lock_acquire(&central->lock);
    central->used = true;
    central->fills++;
    unsigned n = take_parked(central, cls, out, want);
    if (n < want) {
        central->misses++;
        n += take_from_slabs(central, cls, out + n, want - n);
    }
    hak_lock_release(&central->lock);
    return n;
}

unsigned hak_central_fill_parked(unsigned cls, void **out, unsigned want)
{
    struct central *central = &centrals[cls];
    hak_lock_acquire(&central->lock);
    unsigned n = take_parked(central, cls, out, want);
    if (n > 0) {
        central->used = true;
        central->fills++;
    }
    hak_lock_release(&central->lock);
    return n;
}

struct hak_chain hak_central_fill_chain(unsigned cls)
{
    struct central *central = &centrals[cls];
    struct hak_chain chain = {NULL, 0};
    hak_lock_acquire(&central->lock);
    if (central->nparked > 0) {
        central->used = true;
        central->fills++;
        chain = chains[hak_classes[cls].central_slot + --central->nparked];
        note_unparked(central, cls, chain.n);
    }
    hak_lock_release(&central->lock);
    return chain;
}

/* ---- drain --------------------------------------------------------------------------------- */

static void return_locked(struct central *central, unsigned cls, void **blocks, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        put_to_slab(central, cls, blocks[i]);
}

void hak_central_return(unsigned cls, void **blocks, unsigned n)
{
    struct central *central = &centrals[cls];
    hak_lock_acquire(&central->lock);
    central->drains++;
    return_locked(central, cls, blocks, n);
    hak_lock_release(&central->lock);
}

void hak_central_drain(unsigned cls, void **blocks, unsigned n)
{
    const struct hak_class *shape = &hak_classes[cls];
    struct central *central = &centrals[cls];
    void **parked = slots + shape->central_slot;
    uint32_t most = (uint32_t)shape->transfer * shape->batch;
    hak_lock_acquire(&central->lock);
    central->used = true;
    central->drains++;
    unsigned room = parkable(cls, hak_min(n, most - central->nparked));
    for (unsigned i = 0; i < room; i++)
        parked[central->nparked + i] = blocks[i];
    central->nparked += room;
    note_parked(central, cls, room);
    return_locked(central, cls, blocks + room, n - room);
    hak_lock_release(&central->lock);
}

/* The walk reads the blocks, which may be cold, before the lock is taken. */
void hak_central_return_chain(unsigned cls, struct hak_chain chain)
{
    void *blocks[HAK_MAX_BATCH];
    unsigned n = 0;
    for (void *p = chain.head; p && n < chain.n; p = hak_block_next(p))
        blocks[n++] = p;
    hak_central_return(cls, blocks, n);
}

void hak_central_drain_chain(unsigned cls, struct hak_chain chain)
{
    const struct hak_class *shape = &hak_classes[cls];
    struct central *central = &centrals[cls];
    hak_lock_acquire(&central->lock);
    central->used = true;
    bool room = central->nparked < shape->transfer && parkable(cls, chain.n) == chain.n;
    if (room) {
        central->drains++;
        chains[shape->central_slot + central->nparked++] = chain;
        note_parked(central, cls, chain.n);
    }
    hak_lock_release(&central->lock);
    if (!room)
        hak_central_return_chain(cls, chain);
}

/* ---- trim, statistics ---------------------------------------------------------------------- */

static void trim_locked(struct central *central, unsigned cls)
{
    uint32_t slot = hak_classes[cls].central_slot;
    note_unparked(central, cls, central->nblocks);
    if (hak_class_is_list(cls)) {
        while (central->nparked > 0) {
            struct hak_chain chain = chains[slot + --central->nparked];
            for (void *p = chain.head; p && chain.n > 0; chain.n--) {
                void *next = hak_block_next(p);
                put_to_slab(central, cls, p);
                p = next;
            }
        }
    } else {
        return_locked(central, cls, slots + slot, central->nparked);
        central->nparked = 0;
    }
    if (central->empty)
        release_slab(central, central->empty);
    central->empty = NULL;
}

size_t hak_central_trim(bool all)
{
    size_t bytes = 0;
    for (unsigned cls = 1; cls <= HAK_NCLASSES; cls++) {
        struct central *central = &centrals[cls];
        hak_lock_acquire(&central->lock);
        size_t before = central->released;
        if (all || !central->used)
            trim_locked(central, cls);
        central->used = false;
        bytes += central->released - before;
        hak_lock_release(&central->lock);
    }
    return bytes;
}

void hak_central_abandon(unsigned cls)
{
    struct central *central = &centrals[cls];
    note_unparked(central, cls, central->nblocks);
    central->partial = central->nparked = central->nslabs = 0;
    central->empty = NULL;
    central->nfree = 0;
    central->abandoned++;
}

void hak_central_stats(unsigned cls, struct hak_central_stats *out)
{
    struct central *central = &centrals[cls];
    hak_lock_acquire(&central->lock);
    out->fills = central->fills;
    out->drains = central->drains;
    out->misses = central->misses;
    out->slabs = central->nslabs;
    out->parked = central->nblocks;
    out->free = central->nfree;
    hak_lock_release(&central->lock);
}

struct hak_lock *hak_central_lock(unsigned cls)
{
    return &centrals[cls].lock;
}
