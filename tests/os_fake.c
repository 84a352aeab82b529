/* os_fake.c: stands between hakmem and its OS layer in the test program, counts and fails calls.
 *
 * The linker's --wrap sends each call of hak_os_x to __wrap_hak_os_x; the function of os_linux.c
 * is __real_hak_os_x.  Calls may come from any thread; tests change what fails while only one
 * thread runs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "atomic.h"
#include "os.h"
#include "tests/shim.h"

enum { NCALLS = 8 };
_Static_assert(OS_ALL == (1 << NCALLS) - 1, "one counter for each call");

static unsigned counts[NCALLS];
static unsigned fail_mask;
static unsigned fail_from, fail_to; /* which calls in the mask fail, counted from 1 */
static bool real_time;
static uint64_t clock_ms = 1000;
static size_t room = SIZE_MAX;

void os_fake_reset(void)
{
    os_fake_fail(0, 0, false);
    real_time = false;
    clock_ms = 1000;
    room = SIZE_MAX;
}

static void fail(unsigned calls, unsigned from, unsigned to)
{
    for (unsigned i = 0; i < NCALLS; i++)
        counts[i] = 0;
    fail_mask = calls;
    fail_from = from;
    fail_to = to;
}

void os_fake_fail(unsigned calls, unsigned n, bool on)
{
    fail(calls, n, on ? UINT32_MAX : n);
}

void os_fake_fail_next(unsigned calls, unsigned n)
{
    fail(calls, 1, n);
}

unsigned os_fake_count(unsigned calls)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < NCALLS; i++)
        sum += calls & 1u << i ? hak_load_relaxed(&counts[i]) : 0;
    return sum;
}

void os_fake_set_clock(uint64_t ms)
{
    hak_store_relaxed(&clock_ms, ms);
}

void os_fake_use_real_time(void)
{
    real_time = true;
}

void os_fake_set_room(size_t bytes)
{
    room = bytes;
}

/* Counts a call; true if it is to fail. */
static bool fails(enum os_call call)
{
    hak_add_relaxed(&counts[hak_ctz(call)], 1);
    if (!(fail_mask & call))
        return false;
    unsigned nth = os_fake_count(fail_mask);
    return nth >= fail_from && nth <= fail_to;
}

/* The outcome of a call that takes `size` bytes of the room, or gives them back if it is negative.
 */
static int take_room(int error, size_t size)
{
    if (error == 0 && room != SIZE_MAX)
        hak_add_relaxed(&room, -size);
    return error;
}

int __real_hak_os_claim(void *addr, size_t size);
int __wrap_hak_os_claim(void *addr, size_t size);
int __wrap_hak_os_claim(void *addr, size_t size)
{
    if (fails(OS_CLAIM) || size > hak_load_relaxed(&room))
        return ENOMEM;
    return take_room(__real_hak_os_claim(addr, size), size);
}

void *__real_hak_os_map(size_t size);
void *__wrap_hak_os_map(size_t size);
void *__wrap_hak_os_map(size_t size)
{
    return fails(OS_MAP) ? NULL : __real_hak_os_map(size);
}

int __real_hak_os_release(void *addr, size_t size);
int __wrap_hak_os_release(void *addr, size_t size);
int __wrap_hak_os_release(void *addr, size_t size)
{
    return fails(OS_RELEASE) ? ENOMEM : take_room(__real_hak_os_release(addr, size), -size);
}

int __real_hak_os_purge(void *addr, size_t size);
int __wrap_hak_os_purge(void *addr, size_t size);
int __wrap_hak_os_purge(void *addr, size_t size)
{
    return fails(OS_PURGE) ? EINVAL : __real_hak_os_purge(addr, size);
}

int __real_hak_os_renew(void *addr, size_t size);
int __wrap_hak_os_renew(void *addr, size_t size);
int __wrap_hak_os_renew(void *addr, size_t size)
{
    return fails(OS_RENEW) ? ENOMEM : __real_hak_os_renew(addr, size);
}

int __real_hak_os_renew_closed(void *addr, size_t size);
int __wrap_hak_os_renew_closed(void *addr, size_t size);
int __wrap_hak_os_renew_closed(void *addr, size_t size)
{
    return fails(OS_CLOSE) ? ENOMEM : __real_hak_os_renew_closed(addr, size);
}

int __real_hak_os_move(void *to, void *from, size_t size);
int __wrap_hak_os_move(void *to, void *from, size_t size);
int __wrap_hak_os_move(void *to, void *from, size_t size)
{
    return fails(OS_MOVE) ? ENOMEM : __real_hak_os_move(to, from, size);
}

int __real_hak_os_start_thread(void *(*run)(void *), const char *name);
int __wrap_hak_os_start_thread(void *(*run)(void *), const char *name);
int __wrap_hak_os_start_thread(void *(*run)(void *), const char *name)
{
    if (fails(OS_START_THREAD))
        return EAGAIN;
    return real_time ? __real_hak_os_start_thread(run, name) : 0;
}

uint64_t __real_hak_os_now_ms(void);
uint64_t __wrap_hak_os_now_ms(void);
uint64_t __wrap_hak_os_now_ms(void)
{
    return real_time ? __real_hak_os_now_ms() : hak_load_relaxed(&clock_ms);
}

/* ---- before the program starts ------------------------------------------------------------- */

/* hakmem asks for its first memory in a constructor.  Of a process that has OS_FAKE_REFUSED=N in
 * its environment the first N claims fail.  A sanitizer is not ready so early. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static void refuse_at_start(int argc, char **argv, char **environment)
{
    static const char name[] = OS_FAKE_REFUSED "=";
    (void)argc;
    (void)argv;
    for (; *environment; environment++) {
        if (strncmp(*environment, name, sizeof name - 1) == 0)
            os_fake_fail_next(OS_CLAIM, (unsigned)atoi(*environment + sizeof name - 1));
    }
}

__attribute__((section(".preinit_array"),
               used)) static void (*const at_start)(int, char **, char **) = refuse_at_start;
#endif
