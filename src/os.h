/* os.h: what hakmem asks of the operating system, and nothing else: mechanism without policy.
 * int results are 0 or an errno value; pointers are NULL on failure.  errno is left as it was.
 * Addresses and sizes are multiples of the OS page.  tests/os_fake.c is a second implementation
 * that fails on demand. */
#ifndef HAK_OS_H
#define HAK_OS_H

#include "base.h"

/* Address space without access; costs no memory and no commit charge. */
void *hak_os_reserve(size_t size, size_t align);
/* Address space that reads as zero and cannot be written until committed. */
void *hak_os_reserve_readable(size_t size);
void hak_os_release(void *addr, size_t size);

/* Makes reserved memory readable and writable. */
int hak_os_commit(void *addr, size_t size);
/* Gives the physical pages back; the range stays committed and reads as zero. */
int hak_os_purge(void *addr, size_t size);
/* Replaces the range by a fresh, committed, zero mapping, undoing what hak_os_move left. */
int hak_os_renew(void *addr, size_t size);
/* Moves the physical pages of [from, from + size) to `to`; `from` then reads as zero.  On failure
 * `from` is as it was and `to` reads as zero, except for HAK_OS_LOST: then `to` must not be used
 * again, by anybody. */
int hak_os_move(void *to, void *from, size_t size);
enum { HAK_OS_LOST = -1 };
/* Bytes of the range, at most HAK_OS_RESIDENT_MOST, that are in physical memory; all of them if
 * that can't be told. */
size_t hak_os_resident(void *addr, size_t size);
enum { HAK_OS_RESIDENT_MOST = 1 << 20 };
/* Huge-page advice for the range: asks for them, or for none. */
void hak_os_advise_huge(void *addr, size_t size, bool want);

size_t hak_os_page_size(void);
/* Address space this process may still map, SIZE_MAX where it is not limited. */
size_t hak_os_address_space_left(void);
/* Physical memory of the process, now and at most so far, in bytes; 0 if that can't be told. */
size_t hak_os_resident_bytes(void);
size_t hak_os_peak_bytes(void);
/* Monotonic clock, milliseconds. */
uint64_t hak_os_now_ms(void);

/* Sleeps while *word holds `value`, at most timeout_ms (0: for ever); may wake early. */
void hak_os_wait(uint32_t *word, uint32_t value, uint32_t timeout_ms);
void hak_os_wake(uint32_t *word, int nthreads);
void hak_os_sleep_ms(uint32_t ms);
/* Starts a detached thread with all signals blocked. */
int hak_os_start_thread(void *(*run)(void *));

/* Whether the process has rights that its caller lacks, so that the environment is not to be
 * trusted. */
bool hak_os_is_privileged(void);
uint32_t hak_os_process_id(void);
/* 64 random bits. */
uint64_t hak_os_random(void);
/* Runs `handler` at SIGUSR2 unless the program has a handler of its own; then EBUSY. */
int hak_os_handle_usr2(void (*handler)(int signal));
/* Appends to a file, which is made if there is none. */
int hak_os_append(const char *path, const char *text, size_t len);
void hak_os_write_stderr(const char *text, size_t len);
HAK_NORETURN void hak_os_abort(void);

#endif
