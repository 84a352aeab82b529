/* guard.h: the checks of a hardened profile (guard.checks).  Its threads' caches are closed to the
 * fast path, so that every call comes to slow.c and from there here.
 *
 *   block start                                              block start + class size
 *   | the program's bytes, as asked for | pad bytes | seal: pad byte, size, cookie |
 *
 * All that decides lies apart from the blocks: which blocks are live in a bitmap of the heap's, the
 * size of a large block in its descriptor.  The seal repeats the size of a small block, closed with
 * a cookie of block and process; one byte written behind the program's damages pad or seal.
 *
 * A freed block is filled and waits in its thread's queue until HAK_QUARANTINE_BYTES more have been
 * freed; whoever writes to it meanwhile, or until it is handed out again, is found out by the fill.
 * A freed large block gives its pages back and waits too; meanwhile it cannot be accessed.
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

/* Block p of the class is handed out, `size` bytes of it to the program. */
void hak_guard_open(void *p, unsigned cls, size_t size);
/* The same of the large block of `span`, which has HAK_SEAL bytes more at least. */
void hak_guard_open_large(struct hak_span *span, size_t size);

/* The span of the live block p, found with all checks but those of its contents; `call` names what
 * the program called. */
struct hak_span *hak_guard_find(const void *p, const char *call);
/* Bytes of a live block that were asked for. */
size_t hak_guard_size(const struct hak_span *span, const void *p);
/* Checks what lies behind the program's bytes. */
void hak_guard_check(const struct hak_span *span, const void *p);

/* Small block p, checked, is free: it waits, and others that waited long enough, of any class, go
 * to the cache.  `cache` may be NULL: then p goes back at once. */
void hak_guard_free(struct hak_cache *cache, struct hak_span *slab, void *p);
/* The same of a large block. */
void hak_guard_free_large(struct hak_span *span);

extern HAK_HIDDEN struct hak_lock hak_guard_lock;
/* Large blocks that wait, and the bytes of their spans. */
void hak_guard_waiting(size_t *blocks, size_t *bytes);
/* In a child of fork, where a thread that is gone may have been changing the queue: forgets it. */
void hak_guard_abandon(void);
/* Lets an access to a freed large block end the process with a message, unless the program handles
 * SIGSEGV itself.  Call once, from a constructor. */
void hak_guard_init(void);
/* Lets go of all that waits: in a thread's cache, of large blocks.  False: there was nothing. */
bool hak_guard_release(struct hak_cache *cache);
bool hak_guard_release_large(void);

#endif
