/* decommit.h: how the memory of pages goes back to the system.  When it does, heap.h and purge.h
 * say.
 *
 * The call to the system may be made without the heap's lock, by the thread that owns the pages.
 * During the call the pages are neither free nor in use, and a thread that is short of memory waits
 * for them.  So such calls stand between hak_decommit_begin and hak_decommit_end. */
#ifndef HAK_DECOMMIT_H
#define HAK_DECOMMIT_H

#include "span.h"

/* Gives the memory of pages that the caller owns back to the system.  Returns the state that they
 * are in now: AWAY or CLEAN; DIRTY if the system refused.  Needs no lock. */
unsigned hak_decommit(uint32_t page, size_t npages);
/* The same for pages that cannot be accessed; BUSY if the system refused. */
unsigned hak_decommit_closed(uint32_t page, size_t npages);
/* Notes that the memory of the pages went back.  The heap's lock is held. */
void hak_decommit_note(uint32_t page, size_t npages);

/* Needs no lock. */
void hak_decommit_begin(void);
/* Called when the pages are free again.  The heap's lock is held. */
void hak_decommit_end(void);
/* Waits until as many purges have ended as are under way now; false: none are, or the thread cannot
 * wait.  The heap's lock is held, but not during the wait.  Locks before it in the order of lock.h
 * may be held: a purge under way takes none of them. */
bool hak_decommit_await(void);
/* Whether the thread is between begin and end. */
bool hak_decommit_is_under_way(void);

#endif
