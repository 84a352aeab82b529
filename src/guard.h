/* guard.h: the checks of a hardened profile (guard.checks).  Its threads' caches are closed to the
 * fast path, so that every call comes to slow.c and from there here.
 *
 *   block start                                              block start + class size
 *   | the program's bytes, as asked for | pad bytes | seal: pad byte, size, cookie |
 *
 * What the checks decide by lies apart from the blocks: a bitmap of the heap says which blocks are
 * live, and a large block's descriptor has its size.  The seal holds the size of a small block,
 * mixed with a cookie of block and process.  One byte written behind the program's bytes damages
 * pad or seal.
 *
 * A freed block is filled and waits in its thread's queue until HAK_QUARANTINE_BYTES more have been
 * freed.  The fill shows whether somebody wrote to the block before it is handed out again.  A
 * freed large block gives its pages back and waits too; meanwhile it cannot be accessed.
 *
 * Faults end the process with hak_fatal.  In other profiles nothing here is called. */
#ifndef HAK_GUARD_H
#define HAK_GUARD_H

#include "cache.h"
#include "span.h"

enum { HAK_SEAL = HAK_GUARD ? 8 : 0 }; /* bytes that a block is larger than the request */

/* hak_span.guard.state: of a large block. */
enum hak_guard_state {
    HAK_GUARD_NONE = 0,
    HAK_GUARD_LIVE,    /* the program holds it */
    HAK_GUARD_WAITING, /* freed, in the queue */
};

/* Checks and seals block p of the class, which is handed out; the program gets `size` bytes of it.
 */
void hak_guard_open(void *p, unsigned cls, size_t size);
/* The same for the large block of `span`, which has at least HAK_SEAL bytes more. */
void hak_guard_open_large(struct hak_span *span, size_t size);

/* The span of the live block p.  Checks all but the block's contents, and ends the process with a
 * message if p is no live block; `call` names what the program called. */
struct hak_span *hak_guard_find(const void *p, const char *call);
/* Bytes of a live block that were asked for. */
size_t hak_guard_size(const struct hak_span *span, const void *p);
/* Ends the process if somebody wrote behind the program's bytes. */
void hak_guard_check(const struct hak_span *span, const void *p);

/* Frees small block p, which was checked: p waits, and others that have waited long enough, of any
 * class, go to the cache.  `cache` may be NULL: then p goes back at once. */
void hak_guard_free(struct hak_cache *cache, struct hak_span *slab, void *p);
/* The same for a large block. */
void hak_guard_free_large(struct hak_span *span);

extern HAK_HIDDEN struct hak_lock hak_guard_lock;
/* Large blocks that wait, and the bytes of their spans. */
void hak_guard_waiting(size_t *blocks, size_t *bytes);
/* In a child of fork: a thread that is gone may have been changing the queue of large blocks.
 * Forgets the queue. */
void hak_guard_abandon(void);
/* Lets an access to a freed large block end the process with a message, unless the program handles
 * SIGSEGV itself.  Call once, from a constructor. */
void hak_guard_init(void);
/* Frees all small blocks that wait in a thread's cache, all large blocks that wait.  False: none
 * waited. */
bool hak_guard_release(struct hak_cache *cache);
bool hak_guard_release_large(void);

#endif
