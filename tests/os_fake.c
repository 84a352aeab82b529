/* os_fake.c: stands between hakmem and its OS layer in the test program, counts and fails calls.
 *
 * The linker's --wrap sends each call of hak_os_x to __wrap_hak_os_x; the function of os_linux.c
 * is __real_hak_os_x.  Calls may come from any thread; tests change what fails while only one
 * thread runs. */
#include <errno.h>

#include "atomic.h"
#include "os.h"
#include "tests/shim.h"

enum { NCALLS = 7, REALLY = 101 };
_Static_assert(OS_ALL == (1 << NCALLS) - 1, "one counter for each call");

static unsigned counts[NCALLS];
static unsigned fail_mask;
static unsigned fail_in; /* calls in the mask until one fails; 0: none will */
static bool fail_on;     /* the later ones fail too */
static bool real_time;
static uint64_t clock_ms = 1000;
static size_t address_space;
static unsigned resident = REALLY; /* percent */

void os_fake_reset(void)
{
    os_fake_fail(0, 0, false);
    real_time = false;
    clock_ms = 1000;
    address_space = 0;
    resident = REALLY;
}

void os_fake_fail(unsigned calls, unsigned n, bool on)
{
    for (unsigned i = 0; i < NCALLS; i++)
        counts[i] = 0;
    fail_mask = calls;
    fail_in = n;
    fail_on = on;
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

void os_fake_set_address_space(size_t bytes)
{
    address_space = bytes;
}

void os_fake_set_resident(unsigned percent)
{
    resident = percent;
}

/* Counts a call; true if it is to fail. */
static bool fails(enum os_call call)
{
    hak_add_relaxed(&counts[hak_ctz(call)], 1);
    if (!(fail_mask & call) || fail_in == 0)
        return false;
    unsigned nth = os_fake_count(fail_mask);
    return fail_on ? nth >= fail_in : nth == fail_in;
}

void *__real_hak_os_reserve(size_t size, size_t align);
void *__wrap_hak_os_reserve(size_t size, size_t align);
void *__wrap_hak_os_reserve(size_t size, size_t align)
{
    return fails(OS_RESERVE) ? NULL : __real_hak_os_reserve(size, align);
}

void *__real_hak_os_reserve_readable(size_t size);
void *__wrap_hak_os_reserve_readable(size_t size);
void *__wrap_hak_os_reserve_readable(size_t size)
{
    return fails(OS_RESERVE_READABLE) ? NULL : __real_hak_os_reserve_readable(size);
}

int __real_hak_os_commit(void *addr, size_t size);
int __wrap_hak_os_commit(void *addr, size_t size);
int __wrap_hak_os_commit(void *addr, size_t size)
{
    return fails(OS_COMMIT) ? ENOMEM : __real_hak_os_commit(addr, size);
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

int __real_hak_os_move(void *to, void *from, size_t size);
int __wrap_hak_os_move(void *to, void *from, size_t size);
int __wrap_hak_os_move(void *to, void *from, size_t size)
{
    return fails(OS_MOVE) ? ENOMEM : __real_hak_os_move(to, from, size);
}

int __real_hak_os_start_thread(void *(*run)(void *));
int __wrap_hak_os_start_thread(void *(*run)(void *));
int __wrap_hak_os_start_thread(void *(*run)(void *))
{
    if (fails(OS_START_THREAD))
        return EAGAIN;
    return real_time ? __real_hak_os_start_thread(run) : 0;
}

uint64_t __real_hak_os_now_ms(void);
uint64_t __wrap_hak_os_now_ms(void);
uint64_t __wrap_hak_os_now_ms(void)
{
    return real_time ? __real_hak_os_now_ms() : hak_load_relaxed(&clock_ms);
}

size_t __real_hak_os_address_space_left(void);
size_t __wrap_hak_os_address_space_left(void);
size_t __wrap_hak_os_address_space_left(void)
{
    return address_space ? address_space : __real_hak_os_address_space_left();
}

size_t __real_hak_os_resident(void *addr, size_t size);
size_t __wrap_hak_os_resident(void *addr, size_t size);
size_t __wrap_hak_os_resident(void *addr, size_t size)
{
    return resident == REALLY ? __real_hak_os_resident(addr, size) : size / 100 * resident;
}
