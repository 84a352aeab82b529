/* sandbox.c THREADS|lateTHREADS only|except CALLS ERRNO: works behind a filter of system calls,
 * which is installed after the start, when THREADS further threads have worked already; or before
 * they start, if they are late.
 *
 *   only    allows the calls in the list, separated by commas, and no others
 *   except  allows all but those
 *
 * What is not allowed fails with ERRNO, or kills the process if that is 0.
 * Says "served".  The exit status is that of work.h. */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "work.h"

enum { MOST_THREADS = 8, MOST_CALLS = 64, ROUNDS = 100, PAUSE_MS = 20, LONG_PAUSE_MS = 700 };

#define CALL(name)                                                                                 \
    {                                                                                              \
#name, SYS_##name                                                                          \
    }
static const struct {
    const char *name;
    int number;
} calls[] = {
    CALL(brk),
    CALL(clock_gettime),
    CALL(clock_nanosleep),
    CALL(clone),
    CALL(clone3),
    CALL(exit_group),
    CALL(futex),
    CALL(getpid),
    CALL(getrandom),
    CALL(madvise),
    CALL(mincore),
    CALL(mmap),
    CALL(mprotect),
    CALL(mremap),
    CALL(munmap),
    CALL(openat),
    CALL(prctl),
    CALL(rseq),
    CALL(rt_sigaction),
    CALL(rt_sigprocmask),
    CALL(set_robust_list),
    CALL(sched_yield),
    CALL(uname),
    CALL(write),
    CALL(sched_setaffinity),
    CALL(sched_setscheduler),
};

static pthread_barrier_t barrier;
static uint32_t worst;

static int number_of(const char *name)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        if (strcmp(calls[i].name, name) == 0)
            return calls[i].number;
    }
    fprintf(stderr, "sandbox.c does not know the call %s\n", name);
    exit(2);
}

/* The listed calls get one answer, all others the other one, in every thread that there is. */
static void filter(const int *numbers, unsigned n, uint32_t listed, uint32_t others)
{
    struct sock_filter code[MOST_CALLS + 3];
    unsigned len = 0;
    code[len++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (unsigned i = 0; i < n; i++)
        code[len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)numbers[i],
                                                   (unsigned char)(n - i), 0);
    code[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, others);
    code[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, listed);
    struct sock_fprog program = {(unsigned short)len, code};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) != 0) {
        perror("seccomp");
        exit(2);
    }
}

static void pause_for(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void serve(uint32_t seed)
{
    for (unsigned i = 0; i < 2; i++) {
        uint32_t result = (uint32_t)work(seed + i, ROUNDS);
        if (result > __atomic_load_n(&worst, __ATOMIC_RELAXED))
            __atomic_store_n(&worst, result, __ATOMIC_RELAXED);
        pause_for(PAUSE_MS);
    }
}

/* Lives until the process ends: what the C library does at a thread's end is not the subject. */
static void *worker(void *seed)
{
    work((uint32_t)(uintptr_t)seed, ROUNDS / 10);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    serve((uint32_t)(uintptr_t)seed);
    pthread_barrier_wait(&barrier);
    pause_for(100000);
    return NULL;
}

static void start(unsigned threads)
{
    pthread_barrier_init(&barrier, NULL, threads + 1);
    for (unsigned i = 0; i < threads && i < MOST_THREADS; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, worker, (void *)(uintptr_t)(i + 5)) != 0)
            exit(2);
    }
    if (threads)
        pthread_barrier_wait(&barrier);
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return 2;
    bool late = strncmp(argv[1], "late", 4) == 0;
    unsigned threads = (unsigned)atoi(argv[1] + (late ? 4 : 0));
    bool only = strcmp(argv[2], "only") == 0;
    uint32_t error = (uint32_t)atoi(argv[4]);
    int numbers[MOST_CALLS];
    unsigned n = 0;
    for (char *name = strtok(argv[3], ","); name && n < MOST_CALLS; name = strtok(NULL, ","))
        numbers[n++] = number_of(name);
    if (late)
        free(malloc(100));
    else
        start(threads);
    uint32_t refusal = error ? SECCOMP_RET_ERRNO | error : SECCOMP_RET_KILL_PROCESS;
    filter(numbers, n, only ? SECCOMP_RET_ALLOW : refusal, only ? refusal : SECCOMP_RET_ALLOW);
    if (late)
        start(threads);
    if (threads)
        pthread_barrier_wait(&barrier);
    serve(1);
    if (threads)
        pthread_barrier_wait(&barrier);
    if (error == 0) { /* longer than any profile keeps free memory */
        pause_for(LONG_PAUSE_MS);
        serve(2);
    }
    if (worst == WORK_RIGHT && write(1, "served\n", 7) != 7)
        return 2;
    _exit((int)worst);
}
