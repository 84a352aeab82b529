/* shim.h: what the tests see of hakmem's insides, the same for every profile.
 *
 * The tests are compiled once; shim.c is compiled with each profile's constants and hands them out
 * here.  Functions of src/ that take and return plain types are declared as they are (shim.c
 * includes both, so that the compiler compares them); inline functions and structs have wrappers.
 * The test program keeps the C library's malloc: hak_malloc and its relatives go by their names. */
#ifndef HAK_TESTS_SHIM_H
#define HAK_TESTS_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "src/hakmem.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the profile --------------------------------------------------------------------------- */

enum shim_lookup { SHIM_HEADER, SHIM_MAP, SHIM_REGION };

struct shim_profile {
    const char *name;
    enum shim_lookup lookup;
    unsigned nclasses, list_classes;
    size_t small_max, header_bytes;
    size_t page_size; /* heap page */
    size_t heap_size; /* bytes of addresses, unless there is no room for them */
    unsigned inline_bits, max_batch;
    unsigned cache_slots, central_slots, central_chains, reciprocal_shift;
    bool bigcache;
    size_t thread_bytes, total_bytes, parked_bytes, quarantine_bytes;
    size_t bigcache_bytes, bigcache_pages;
    size_t move_min, commit_step;
    uint64_t decay_ms;
    bool purge_thread, debug, poison;
    bool guard, random;
    size_t seal_bytes; /* of a block that a hardened profile keeps to itself */
};
extern const struct shim_profile shim_profile;

struct shim_class {
    uint64_t reciprocal;
    size_t size, usable, align, slab_bytes, first;
    unsigned slab_pages, nblocks, colours, cap, batch, transfer, cache_slot, central_slot;
    bool list;
};
/* cls is 1..nclasses. */
struct shim_class shim_class(unsigned cls);
unsigned shim_class_of_size(size_t size);
unsigned shim_class_of_block(const void *p);

/* ---- heap, spans --------------------------------------------------------------------------- */

struct hak_span;

bool hak_heap_init(void);
struct hak_span *hak_heap_alloc(size_t npages, size_t align, unsigned cls);
void hak_heap_free(struct hak_span *span);
struct hak_span *hak_heap_try_dirty(size_t npages);
struct hak_span *hak_grow_alloc(size_t npages);
void hak_heap_free_clean(struct hak_span *span);
size_t hak_heap_free_purged(struct hak_span *span);
bool hak_grow_extend(struct hak_span *span, size_t npages);
void hak_grow_feed(struct hak_span *span, size_t npages);
size_t hak_grow_fill(struct hak_span *span, size_t first, bool *lost);
void hak_heap_trim(struct hak_span *span, size_t npages);
size_t hak_heap_purge(uint64_t until_ms, size_t keep);
size_t hak_heap_dirty_bytes(void);
struct hak_span *hak_span_find(const void *p);

struct shim_heap_stats {
    size_t mapped, dirty, clean;
    uint64_t purged, claims, purges;
};
struct shim_heap_stats shim_heap_stats(void);
char *shim_heap_base(void);
/* Bytes of addresses that the heap may grow over, and below which all pages in use lie. */
size_t shim_heap_size(void);
size_t shim_heap_limit(void);

/* Page numbers: see ranges.h. */
struct shim_range {
    size_t first, frontier, mapped, tabled, end;
};
/* Where slabs of the class come from, or large blocks if it is 0. */
struct shim_range shim_range(unsigned cls);

char *shim_span_start(const struct hak_span *span);
size_t shim_span_pages(const struct hak_span *span);
bool shim_span_zero(const struct hak_span *span);
/* Of its first page: see mapping.h. */
unsigned shim_span_mapping(const struct hak_span *span);
/* Moves the contents of `from` to the clean pages of `to` from its `first` on; returns pages moved.
 */
size_t shim_span_move(struct hak_span *to, size_t first, struct hak_span *from, bool *lost);

/* ---- slabs --------------------------------------------------------------------------------- */

struct hak_span *hak_slab_carve(unsigned cls, unsigned serial);
void hak_slab_free(struct hak_span *slab);
unsigned hak_slab_take(struct hak_span *slab, void **out, unsigned want);
void hak_slab_put(struct hak_span *slab, void *p);
void *hak_slab_block_of(const struct hak_span *slab, const void *p);
unsigned shim_slab_nfree(const struct hak_span *slab);
bool shim_slab_is_empty(const struct hak_span *slab);

uint64_t *hak_bits_take(unsigned nblocks);
void hak_bits_give(uint64_t *bits, unsigned nblocks);

/* ---- central ------------------------------------------------------------------------------- */

unsigned hak_central_fill(unsigned cls, void **out, unsigned want);
void hak_central_drain(unsigned cls, void **blocks, unsigned n);
void hak_central_return(unsigned cls, void **blocks, unsigned n);
size_t hak_central_trim(bool all);

/* Links the n blocks in the given order and parks them as one chain. */
void shim_central_drain_chain(unsigned cls, void **blocks, unsigned n);
/* A parked chain's blocks in their order; at most `room`; returns how many, 0: none parked. */
unsigned shim_central_fill_chain(unsigned cls, void **out, unsigned room);

struct shim_central_stats {
    uint64_t fills, drains, misses;
    size_t slabs, parked, free;
    size_t out; /* blocks neither parked nor free in slabs: in caches and in use */
};
struct shim_central_stats shim_central_stats(unsigned cls);

/* ---- the process --------------------------------------------------------------------------- */

/* Forgets that there were threads, and a purge thread: as in a child of fork. */
void hak_process_forked(void);
void shim_set_has_threads(bool has_threads);
bool shim_has_threads(void);
/* Whether this is a child that has not found out yet. */
bool shim_process_is_new(void);

/* ---- locks --------------------------------------------------------------------------------- */

/* Every lock that fork takes, by number. */
unsigned shim_nlocks(void);
void shim_lock_acquire(unsigned lock);
void shim_lock_release(unsigned lock);
/* Whether the calling thread holds it, and how often it entered it besides. */
bool shim_lock_is_mine(unsigned lock);
unsigned shim_lock_nested(unsigned lock);
bool shim_lock_is_free(unsigned lock);
/* Whether the calling thread may enter locks that it holds. */
void shim_set_reentrant(bool reentrant);

/* ---- thread caches ------------------------------------------------------------------------- */

struct shim_bin {
    unsigned n, spare, limit;
    unsigned waiting; /* freed, but kept back by a hardened profile */
};
/* The calling thread's stock of the class. */
struct shim_bin shim_cache_bin(unsigned cls);
/* Gives back all that the calling thread caches. */
void shim_cache_drain(void);
bool shim_cache_is_open(void);

struct shim_cache_stats {
    size_t threads, bytes;
    uint64_t refills, flushes;
};
struct shim_cache_stats shim_cache_stats(void);

/* ---- large blocks, bigcache ---------------------------------------------------------------- */

struct hak_span *hak_bigcache_take(size_t npages);
void hak_bigcache_put(struct hak_span *span);
size_t hak_bigcache_evict(uint64_t until_ms);
size_t hak_bigcache_bytes(void);
size_t hak_bigcache_resident(void);
bool hak_bigcache_is_light(void);

struct shim_bigcache_stats {
    size_t bytes;
    uint64_t hits, misses, evictions;
};
struct shim_bigcache_stats shim_bigcache_stats(void);

struct shim_large_stats {
    size_t blocks, bytes;
    uint64_t moves;
};
struct shim_large_stats shim_large_stats(void);

/* ---- the OS layer -------------------------------------------------------------------------- */

int hak_os_claim(void *addr, size_t size);
void *hak_os_map(size_t size);
int hak_os_release(void *addr, size_t size);
int hak_os_purge(void *addr, size_t size);
int hak_os_renew(void *addr, size_t size);
int hak_os_renew_closed(void *addr, size_t size);
int hak_os_move(void *to, void *from, size_t size);
int hak_os_wipe_in_child(void *addr, size_t size);
size_t hak_os_page_size(void);

/* ---- the fake OS: os_fake.c ---------------------------------------------------------------- */

/* Calls of os.h that can be counted and made to fail. */
enum os_call {
    OS_CLAIM = 1 << 0,
    OS_MAP = 1 << 1,
    OS_RELEASE = 1 << 2,
    OS_PURGE = 1 << 3,
    OS_RENEW = 1 << 4,
    OS_CLOSE = 1 << 5, /* hak_os_renew_closed */
    OS_MOVE = 1 << 6,
    OS_START_THREAD = 1 << 7,
    OS_ALL = (1 << 8) - 1,
    OS_MEMORY = OS_CLAIM | OS_MAP,
    OS_GIVE_BACK = OS_RELEASE | OS_PURGE | OS_RENEW | OS_CLOSE, /* each way to do that */
};

/* Nothing fails; the clock stands at 1000 ms; starting a thread succeeds and starts none. */
void os_fake_reset(void);
/* Of the calls in the mask `calls` the n-th from now on fails, and if `on` all later ones too. */
void os_fake_fail(unsigned calls, unsigned n, bool on);
/* Of the calls in the mask the next n fail. */
void os_fake_fail_next(unsigned calls, unsigned n);
/* Calls in the mask since the last os_fake_reset or call that made some fail, failed ones included.
 */
unsigned os_fake_count(unsigned calls);
void os_fake_set_clock(uint64_t ms);
/* The real clock and real threads. */
void os_fake_use_real_time(void);
/* A variable of the environment: how many claims are refused from the start of the process on. */
#define OS_FAKE_REFUSED "OS_FAKE_REFUSED"
/* Claims are refused once so many bytes more are mapped than now, as by a limit of the process. */
void os_fake_set_room(size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
