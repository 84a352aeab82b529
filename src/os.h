/* os.h: what hakmem asks of the operating system, and nothing else: mechanism without policy.
 * Results of type int are 0 or an errno value; pointers are NULL on failure.  errno is left as it
 * was.  Addresses and sizes are multiples of HAK_PAGE_SIZE, and so of the page size of every
 * system.  But for hak_os_init, hak_os_start_thread, hak_os_handle_usr2 and hak_os_abort, nothing
 * here runs code of the C library or of anybody else, so that it may be called with a lock held.
 * tests/os_fake.c is a second implementation that fails on demand. */
#ifndef HAK_OS_H
#define HAK_OS_H

#include "base.h"

/* Maps fresh memory, zero, readable and writable, at exactly this place.  EEXIST: something is
 * there already, or the kernel maps nothing there. */
int hak_os_claim(void *addr, size_t size);
/* Maps fresh memory, zero, readable and writable, at any place. */
void *hak_os_map(size_t size);
int hak_os_release(void *addr, size_t size);

/* Gives the physical pages back; the range stays mapped and reads as zero. */
int hak_os_purge(void *addr, size_t size);
/* Replaces the range by one fresh, zero mapping, also where hak_os_move has left others. */
int hak_os_renew(void *addr, size_t size);
/* The same, but the new mapping cannot be accessed. */
int hak_os_renew_closed(void *addr, size_t size);
/* Moves the physical pages of [from, from + size) to `to`; `from` then reads as zero.  On failure
 * `from` is as it was and `to` reads as zero, except for HAK_OS_LOST: then `to` must not be used
 * again, by anybody. */
int hak_os_move(void *to, void *from, size_t size);
enum { HAK_OS_LOST = -1 };
/* Asks for huge pages in the range. */
void hak_os_advise_huge(void *addr, size_t size);
/* Lets the range read as zero in a child of fork, _Fork and clone; not in one of vfork. */
int hak_os_wipe_in_child(void *addr, size_t size);

/* Reads what the kernel told the process at its start; before, defaults serve.  Call once, from a
 * constructor, with no lock held. */
void hak_os_init(void);
/* Bytes of a page of the system. */
size_t hak_os_page_size(void);
/* Physical memory that the process has now, and the most that it has had, in bytes; 0 if the system
 * does not tell. */
size_t hak_os_resident_bytes(void);
size_t hak_os_peak_bytes(void);
/* Monotonic clock, milliseconds. */
uint64_t hak_os_now_ms(void);

/* Sleeps while *word holds `value`, at most timeout_ms (0: for ever); may wake early. */
void hak_os_wait(uint32_t *word, uint32_t value, uint32_t timeout_ms);
void hak_os_wake(uint32_t *word, int nthreads);
/* Starts a detached thread that does not disturb the program: it blocks all signals but the two
 * that the C library keeps for itself, is scheduled as work in the background, and may run on any
 * processor.  `name` has at most 15 letters.  EPERM: the process has a filter of system calls. */
int hak_os_start_thread(void *(*run)(void *), const char *name);

/* Whether the process has rights that its caller lacks: then the environment must not be trusted.
 */
bool hak_os_is_privileged(void);
uint32_t hak_os_process_id(void);
/* Sends the calling thread a signal. */
void hak_os_raise(int signal);
/* 64 random bits. */
uint64_t hak_os_random(void);
/* Runs `handler` at SIGUSR2 unless the program has a handler of its own; then EBUSY. */
int hak_os_handle_usr2(void (*handler)(int signal));
/* Appends to a file; makes the file if there is none. */
int hak_os_append(const char *path, const char *text, size_t len);
void hak_os_write_stderr(const char *text, size_t len);
HAK_NORETURN void hak_os_abort(void);

#endif
