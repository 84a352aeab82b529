/* os_linux.c: os.h on Linux. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "atomic.h"
#include "hak_config.h"
#include "os.h"
#include "syscall.h"
#include "vdso.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif

static size_t page_size = 4096;
static bool privileged;
static hak_vdso_clock_fn *vdso_clock;

/* ---- start --------------------------------------------------------------------------------- */

void hak_os_init(void)
{
    page_size = getauxval(AT_PAGESZ);
    privileged = getauxval(AT_SECURE) != 0;
    hak_store_relaxed(&vdso_clock, hak_vdso_clock(getauxval(AT_SYSINFO_EHDR)));
}

size_t hak_os_page_size(void)
{
    return page_size;
}

bool hak_os_is_privileged(void)
{
    return privileged;
}

/* ---- memory -------------------------------------------------------------------------------- */

/* From Linux 6.7 on MAP_STACK refuses huge pages as MADV_NOHUGEPAGE does, without a second call.
 * Before, it has no effect. */
enum {
    FRESH = MAP_PRIVATE | MAP_ANONYMOUS | (HAK_HUGE_PAGES == HAK_HUGE_PAGES_NEVER ? MAP_STACK : 0)
};

/* Returns the address, or an errno value, negated.  MAP_NORESERVE is left out on purpose: so
 * writable memory counts against the commit limit, and a request that the machine cannot meet fails
 * here and not at the first touch. */
static long map(void *addr, size_t size, int prot, int flags)
{
    return hak_syscall6(SYS_mmap, (long)addr, (long)size, prot, FRESH | flags, -1, 0);
}

static int advise(void *addr, size_t size, int advice)
{
    return hak_syscall_error(hak_syscall3(SYS_madvise, (long)addr, (long)size, advice));
}

/* Whether MAP_STACK refuses huge pages on this kernel. */
static bool stack_is_without_huge(void)
{
    struct utsname name;
    unsigned version[2] = {0, 0};
    if (hak_syscall_failed(hak_syscall3(SYS_uname, (long)&name, 0, 0)))
        return false;
    const char *c = name.release;
    for (int i = 0; i < 2; i++, c++) {
        for (; *c >= '0' && *c <= '9'; c++)
            version[i] = version[i] * 10 + (unsigned)(*c - '0');
    }
    return version[0] > 6 || (version[0] == 6 && version[1] >= 7);
}

static void refuse_huge(void *addr, size_t size)
{
    static uint8_t asked, advice_wanted; /* threads that race find the same answers */
    if (HAK_HUGE_PAGES != HAK_HUGE_PAGES_NEVER)
        return;
    if (!hak_load_acquire(&asked)) {
        hak_store_relaxed(&advice_wanted, (uint8_t)!stack_is_without_huge());
        hak_store_release(&asked, (uint8_t)1);
    }
    if (hak_load_relaxed(&advice_wanted))
        advise(addr, size, MADV_NOHUGEPAGE);
}

/* The address is only a hint, which every kernel and emulator follows if nothing is there.  Flags
 * that insist on it are newer, and filters of system calls may know only the flags that the C
 * library's malloc uses. */
int hak_os_claim(void *addr, size_t size)
{
    long got = map(addr, size, PROT_READ | PROT_WRITE, 0);
    if (hak_syscall_failed(
            got)) /* EEXIST comes from a filter: without MAP_FIXED the kernel does not return it */
        return got == -EEXIST ? ENOMEM : (int)-got;
    if (got == (long)addr) {
        refuse_huge(addr, size);
        return 0;
    }
    hak_os_release((void *)got, size);
    return EEXIST;
}

void *hak_os_map(size_t size)
{
    long got = map(NULL, size, PROT_READ | PROT_WRITE, 0);
    return hak_syscall_failed(got) ? NULL : (void *)got;
}

int hak_os_release(void *addr, size_t size)
{
    return hak_syscall_error(hak_syscall3(SYS_munmap, (long)addr, (long)size, 0));
}

/* Locked pages, of a program that called mlockall, need another advice (Linux 5.18). */
int hak_os_purge(void *addr, size_t size)
{
    int error = advise(addr, size, MADV_DONTNEED);
    return error == EINVAL ? advise(addr, size, MADV_DONTNEED_LOCKED) : error;
}

int hak_os_renew(void *addr, size_t size)
{
    return hak_syscall_error(map(addr, size, PROT_READ | PROT_WRITE, MAP_FIXED));
}

int hak_os_renew_closed(void *addr, size_t size)
{
    return hak_syscall_error(map(addr, size, PROT_NONE, MAP_FIXED));
}

/* mremap unmaps the target before it checks limits and, before Linux 6.17, that the source is one
 * mapping (EFAULT).  The hole that such a refusal leaves is mapped again.  If something is mapped
 * there already, it may be another thread's, and the target is given up.  A refusal for another
 * reason, such as a filter of system calls, leaves the target as it was. */
int hak_os_move(void *to, void *from, size_t size)
{
    int flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
    int error = hak_syscall_error(
        hak_syscall6(SYS_mremap, (long)from, (long)size, (long)size, flags, (long)to, 0));
    if (error != ENOMEM && error != EAGAIN && error != EFAULT)
        return error;
    return hak_os_claim(to, size) == 0 ? error : HAK_OS_LOST;
}

void hak_os_advise_huge(void *addr, size_t size)
{
    advise(addr, size, MADV_HUGEPAGE);
}

int hak_os_wipe_in_child(void *addr, size_t size)
{
    return advise(addr, size, MADV_WIPEONFORK);
}

/* ---- measures ------------------------------------------------------------------------------ */

/* The n-th number of /proc/self/statm, which counts pages, in bytes; 0 if it cannot be read. */
static size_t statm_bytes(unsigned n)
{
    char text[128];
    long len = 0;
    long fd =
        hak_syscall6(SYS_openat, AT_FDCWD, (long)"/proc/self/statm", O_RDONLY | O_CLOEXEC, 0, 0, 0);
    if (!hak_syscall_failed(fd)) {
        len = hak_syscall3(SYS_read, fd, (long)text, sizeof text);
        hak_syscall3(SYS_close, fd, 0, 0);
    }
    long i = 0;
    for (; n > 0 && i < len; i++)
        n -= text[i] == ' ';
    size_t pages = 0;
    for (; i < len && text[i] >= '0' && text[i] <= '9'; i++)
        pages = pages * 10 + (size_t)(text[i] - '0');
    return pages * page_size;
}

size_t hak_os_resident_bytes(void)
{
    return statm_bytes(1);
}

/* A step of reading "<field> <number>", a character at a time. */
struct status {
    const char *field; /* begins with the end of a line, and has no other */
    unsigned matched;  /* letters of it */
    bool found;        /* a digit of the number */
    size_t number;
};

/* False: the character is the first after the number. */
static bool status_step(struct status *status, char c)
{
    bool digit = c >= '0' && c <= '9';
    if (status->field[status->matched]) {
        bool next = c == status->field[status->matched];
        status->matched = next ? status->matched + 1 : c == status->field[0];
    } else if (digit) {
        status->found = true;
        status->number = status->number * 10 + (size_t)(c - '0');
    }
    return !status->found || digit;
}

/* A field of /proc/self/status, such as "\nVmHWM:", which counts KiB, in bytes; 0 if it is not
 * there.  The lines before it may be long: one lists all groups of the user. */
static size_t status_bytes(const char *field)
{
    struct status status = {.field = field};
    char text[512];
    long fd = hak_syscall6(SYS_openat, AT_FDCWD, (long)"/proc/self/status", O_RDONLY | O_CLOEXEC, 0,
                           0, 0);
    if (hak_syscall_failed(fd))
        return 0;
    for (bool more = true; more;) {
        long len = hak_syscall3(SYS_read, fd, (long)text, sizeof text);
        more = len > 0;
        for (long i = 0; i < len && more; i++)
            more = status_step(&status, text[i]);
    }
    hak_syscall3(SYS_close, fd, 0, 0);
    return status.number << 10;
}

/* Not ru_maxrss of getrusage: it begins with the peak of the program that became this one. */
size_t hak_os_peak_bytes(void)
{
    return status_bytes("\nVmHWM:");
}

/* The coarse clock moves in steps of some ms, and reading it takes a fraction of the time.  Where
 * the kernel maps no code for it, as under emulators, a system call reads it. */
uint64_t hak_os_now_ms(void)
{
    struct timespec now = {0, 0};
    hak_vdso_clock_fn *clock = hak_load_relaxed(&vdso_clock);
    if (!clock || clock(CLOCK_MONOTONIC_COARSE, &now) != 0)
        hak_syscall3(SYS_clock_gettime, CLOCK_MONOTONIC_COARSE, (long)&now, 0);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- threads ------------------------------------------------------------------------------- */

void hak_os_wait(uint32_t *word, uint32_t value, uint32_t timeout_ms)
{
    struct timespec timeout = {.tv_sec = timeout_ms / 1000,
                               .tv_nsec = (long)(timeout_ms % 1000) * 1000000};
    hak_syscall6(SYS_futex, (long)word, FUTEX_WAIT_PRIVATE, value,
                 (long)(timeout_ms ? &timeout : NULL), 0, 0);
}

void hak_os_wake(uint32_t *word, int nthreads)
{
    hak_syscall3(SYS_futex, (long)word, FUTEX_WAKE_PRIVATE, nthreads);
}

/* All signals but 32 and 33, with which the C library speaks to its threads: setuid waits until
 * each thread has answered. */
static const uint64_t most_signals = ~(uint64_t)0 & ~((uint64_t)3 << 31);

enum { START_WAITS = 8, START_WAIT_MS = 25 };

struct start {
    void *(*run)(void *);
    const char *name;
    uint32_t begun; /* accessed atomically; the starting thread sleeps on it */
};
static struct start starts[4]; /* one for each of the few threads; never given back */
static uint32_t nstarts;

/* The first function of the new thread.  If the system refuses a call, the thread goes on without
 * it. */
static void *begin(void *argument)
{
    struct start *start = argument;
    unsigned long every[16]; /* processors; the kernel ignores those that do not exist */
    struct sched_param none = {.sched_priority = 0};
    for (unsigned i = 0; i < sizeof every / sizeof every[0]; i++)
        every[i] = ~0ul;
    hak_syscall3(SYS_prctl, PR_SET_NAME, (long)start->name, 0);
    hak_syscall3(SYS_sched_setaffinity, 0, sizeof every, (long)every);
    hak_syscall3(SYS_sched_setscheduler, 0, SCHED_BATCH, (long)&none);
    hak_store_release(&start->begun, 1u);
    hak_os_wake(&start->begun, 1);
    return start->run(NULL);
}

/* Whether system calls of this process are filtered.  Only the answer 0 says that they are not; a
 * filter may refuse the question. */
static bool are_calls_filtered(void)
{
    return hak_syscall3(SYS_prctl, PR_GET_SECCOMP, 0, 0) != 0;
}

/* Waits until the thread has made the calls of `begin`, so that they come before any filter that
 * the program installs later.  It does not wait for ever, since real-time threads may keep the
 * thread from running. */
int hak_os_start_thread(void *(*run)(void *), const char *name)
{
    pthread_attr_t attr;
    pthread_t thread;
    uint64_t before;
    int saved = errno;
    if (are_calls_filtered())
        return EPERM;
    struct start *start =
        &starts[hak_add_relaxed(&nstarts, 1) % (sizeof starts / sizeof starts[0])];
    *start = (struct start){run, name, 0};
    hak_syscall6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&most_signals, (long)&before, sizeof before,
                 0, 0);
    int error = pthread_attr_init(&attr);
    if (error == 0) {
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
        error = pthread_attr_setstacksize(&attr, hak_max((size_t)PTHREAD_STACK_MIN, 65536));
        if (error == 0)
            error = pthread_create(&thread, &attr, begin, start);
        pthread_attr_destroy(&attr);
    }
    hak_syscall6(SYS_rt_sigprocmask, SIG_SETMASK, (long)&before, 0, sizeof before, 0, 0);
    errno = saved;
    for (int i = 0; error == 0 && !hak_load_acquire(&start->begun) && i < START_WAITS; i++)
        hak_os_wait(&start->begun, 0, START_WAIT_MS);
    return error;
}

/* ---- the rest ------------------------------------------------------------------------------ */

uint64_t hak_os_random(void)
{
    uint64_t bits = 0;
    long result = hak_syscall3(SYS_getrandom, (long)&bits, sizeof bits, 0);
    if (result != sizeof bits) {
        struct timespec now = {0, 0};
        hak_syscall3(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0);
        bits = hak_mix((uint64_t)now.tv_nsec ^ (uintptr_t)&now << 16);
    }
    return bits;
}

uint32_t hak_os_process_id(void)
{
    return (uint32_t)hak_syscall3(SYS_getpid, 0, 0, 0);
}

void hak_os_raise(int signal)
{
    hak_syscall3(SYS_tgkill, hak_syscall3(SYS_getpid, 0, 0, 0), hak_syscall3(SYS_gettid, 0, 0, 0),
                 signal);
}

int hak_os_handle_usr2(void (*handler)(int signal))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, before;
    int saved = errno;
    int error = sigaction(SIGUSR2, NULL, &before) == 0 ? 0 : errno;
    if (error == 0 && before.sa_handler != SIG_DFL)
        error = EBUSY;
    if (error == 0)
        error = sigaction(SIGUSR2, &action, NULL) == 0 ? 0 : errno;
    errno = saved;
    return error;
}

static int write_all(long fd, const char *text, size_t len)
{
    while (len > 0) {
        long n = hak_syscall3(SYS_write, fd, (long)text, (long)len);
        if (n == -EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? EIO : (int)-n;
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

int hak_os_append(const char *path, const char *text, size_t len)
{
    long fd = hak_syscall6(SYS_openat, AT_FDCWD, (long)path,
                           O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666, 0, 0);
    if (hak_syscall_failed(fd))
        return (int)-fd;
    int error = write_all(fd, text, len);
    hak_syscall3(SYS_close, fd, 0, 0);
    return error;
}

void hak_os_write_stderr(const char *text, size_t len)
{
    (void)write_all(STDERR_FILENO, text, len);
}

void hak_os_abort(void)
{
    abort();
}
