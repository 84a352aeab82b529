/* os_linux.c: os.h on Linux, with mmap, mprotect, madvise, mremap and futex. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "os.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

/* The result of a call that returns 0 or sets errno, with errno put back. */
#define OS_CALL(call)                                                                              \
    ({                                                                                             \
        int saved_ = errno;                                                                        \
        int result_ = (call) == 0 ? 0 : errno;                                                     \
        errno = saved_;                                                                            \
        result_;                                                                                   \
    })

/* Without MAP_NORESERVE: what becomes writable is charged against the commit limit, so that a
 * request which the machine cannot meet fails here and not at the first touch. */
static void *map(void *addr, size_t size, int prot, int flags)
{
    int saved = errno;
    void *p = mmap(addr, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
    errno = saved;
    return p == MAP_FAILED ? NULL : p;
}

void *hak_os_reserve(size_t size, size_t align)
{
    if (size > SIZE_MAX - align)
        return NULL;
    char *p = map(NULL, size + align, PROT_NONE, 0);
    if (!p)
        return NULL;
    char *start = (char *)hak_round_up((uintptr_t)p, align);
    hak_os_release(p, (size_t)(start - p));
    hak_os_release(start + size, (size_t)(p + align - start));
    return start;
}

/* Read-only private memory is not charged against the commit limit, so that tables sized for the
 * whole reservation stay free of cost under strict overcommit. */
void *hak_os_reserve_readable(size_t size)
{
    return map(NULL, size, PROT_READ, 0);
}

void hak_os_release(void *addr, size_t size)
{
    if (size != 0)
        (void)OS_CALL(munmap(addr, size));
}

int hak_os_commit(void *addr, size_t size)
{
    return OS_CALL(mprotect(addr, size, PROT_READ | PROT_WRITE));
}

int hak_os_purge(void *addr, size_t size)
{
    return OS_CALL(madvise(addr, size, MADV_DONTNEED));
}

int hak_os_renew(void *addr, size_t size)
{
    return map(addr, size, PROT_READ | PROT_WRITE, MAP_FIXED) == addr ? 0 : ENOMEM;
}

/* mremap unmaps the target before it checks limits.  The hole that a refusal leaves is closed
 * again. Where something is mapped there already it may be another thread's, and the target is
 * given up. */
int hak_os_move(void *to, void *from, size_t size)
{
    int flags = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
    int error = OS_CALL(mremap(from, size, size, flags, to) == MAP_FAILED ? -1 : 0);
    if (error == 0)
        return 0;
    void *again = map(to, size, PROT_READ | PROT_WRITE, MAP_FIXED_NOREPLACE);
    if (again == to)
        return error;
    if (again)
        hak_os_release(again, size);
    return HAK_OS_LOST;
}

size_t hak_os_resident(void *addr, size_t size)
{
    unsigned char present[HAK_OS_RESIDENT_MOST >> 12]; /* no OS page is smaller */
    size_t resident = 0, page = hak_os_page_size();
    if (OS_CALL(mincore(addr, size, present)) != 0)
        return size;
    for (size_t i = 0; i < size / page; i++)
        resident += present[i] & 1 ? page : 0;
    return resident;
}

void hak_os_advise_huge(void *addr, size_t size, bool want)
{
    (void)OS_CALL(madvise(addr, size, want ? MADV_HUGEPAGE : MADV_NOHUGEPAGE));
}

size_t hak_os_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* The n-th number of /proc/self/statm, which counts pages, in bytes; 0 if it cannot be read. */
static size_t statm_bytes(unsigned n)
{
    char text[128];
    int saved = errno;
    ssize_t len = 0;
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        len = read(fd, text, sizeof text);
        close(fd);
    }
    errno = saved;
    ssize_t i = 0;
    for (; n > 0 && i < len; i++)
        n -= text[i] == ' ';
    size_t pages = 0;
    for (; i < len && text[i] >= '0' && text[i] <= '9'; i++)
        pages = pages * 10 + (size_t)(text[i] - '0');
    return pages * hak_os_page_size();
}

size_t hak_os_address_space_left(void)
{
    struct rlimit limit;
    if (OS_CALL(getrlimit(RLIMIT_AS, &limit)) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return SIZE_MAX;
    size_t used = statm_bytes(0);
    return limit.rlim_cur > used ? (size_t)limit.rlim_cur - used : 0;
}

size_t hak_os_resident_bytes(void)
{
    return statm_bytes(1);
}

size_t hak_os_peak_bytes(void)
{
    struct rusage usage;
    return OS_CALL(getrusage(RUSAGE_SELF, &usage)) == 0 ? (size_t)usage.ru_maxrss << 10 : 0;
}

uint64_t hak_os_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now); /* to some ms, for a fraction of the time */
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void hak_os_wait(uint32_t *word, uint32_t value, uint32_t timeout_ms)
{
    struct timespec timeout = {.tv_sec = timeout_ms / 1000,
                               .tv_nsec = (long)(timeout_ms % 1000) * 1000000};
    (void)OS_CALL(
        syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, timeout_ms ? &timeout : NULL, NULL, 0));
}

void hak_os_wake(uint32_t *word, int nthreads)
{
    (void)OS_CALL(syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, nthreads, NULL, NULL, 0) < 0 ? -1
                                                                                            : 0);
}

void hak_os_sleep_ms(uint32_t ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    (void)OS_CALL(nanosleep(&time, NULL));
}

int hak_os_start_thread(void *(*run)(void *))
{
    pthread_attr_t attr;
    sigset_t all, before;
    pthread_t thread;
    int saved = errno;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_attr_init(&attr);
    if (error == 0) {
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
        error = pthread_attr_setstacksize(&attr, hak_max((size_t)PTHREAD_STACK_MIN, 65536));
        if (error == 0)
            error = pthread_create(&thread, &attr, run, NULL);
        pthread_attr_destroy(&attr);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return error;
}

bool hak_os_is_privileged(void)
{
    return getauxval(AT_SECURE) != 0;
}

uint64_t hak_os_random(void)
{
    uint64_t bits = 0;
    int saved = errno;
    if (syscall(SYS_getrandom, &bits, sizeof bits, 0) != sizeof bits) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        bits = hak_mix((uint64_t)now.tv_nsec ^ (uintptr_t)&now << 16);
    }
    errno = saved;
    return bits;
}

uint32_t hak_os_process_id(void)
{
    return (uint32_t)getpid();
}

int hak_os_handle_usr2(void (*handler)(int signal))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART}, before;
    int error = OS_CALL(sigaction(SIGUSR2, NULL, &before));
    if (error != 0)
        return error;
    return before.sa_handler == SIG_DFL ? OS_CALL(sigaction(SIGUSR2, &action, NULL)) : EBUSY;
}

/* Writes all of it, with errno put back. */
static int write_all(int fd, const char *text, size_t len)
{
    int saved = errno, error = 0;
    while (len > 0 && error == 0) {
        ssize_t n = write(fd, text, len);
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        } else if (n == 0 || errno != EINTR) {
            error = n == 0 ? EIO : errno;
        }
    }
    errno = saved;
    return error;
}

int hak_os_append(const char *path, const char *text, size_t len)
{
    int saved = errno;
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    int error = fd < 0 ? errno : write_all(fd, text, len);
    if (fd >= 0)
        close(fd);
    errno = saved;
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
