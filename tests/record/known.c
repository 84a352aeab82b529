/* known.c: makes known calls of malloc and its relatives.
 *   known LOAD [ARGUMENT]   sizes are ones that nothing else in the process asks for */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MANY = 1000, THREADS = 4, MOST_THREADS = 100 };

static void *blocks[MANY];
static volatile size_t too_much = SIZE_MAX; /* the compiler need not know */

static void check(int good, const char *what)
{
    if (!good) {
        fprintf(stderr, "known: %s\n", what);
        _exit(1);
    }
}

static void fill(size_t size, int n)
{
    for (int i = 0; i < n; i++) {
        blocks[i] = malloc(size);
        memset(blocks[i], i, size);
    }
}

static void empty(int n)
{
    for (int i = 0; i < n; i++)
        free(blocks[i]);
}

/* 10 of 20000 bytes, of which 4 are freed, then 3 again; 2 that fill their granule. */
static void plain(void)
{
    fill(20000, 10);
    for (int i = 0; i < 4; i++)
        free(blocks[i]);
    for (int i = 0; i < 3; i++)
        blocks[i] = malloc(20000);
    check(malloc(20016 - 16) && calloc(2, 15008), "no memory");
}

/* Each function, and that what it gives is as it has to be. */
static void functions(void)
{
    void *p = NULL;
    check(posix_memalign(&p, 4096, 21000) == 0 && (uintptr_t)p % 4096 == 0, "posix_memalign");
    memset(p, 1, 21000);
    p = realloc(p, 22000);
    check(p && ((char *)p)[20999] == 1, "realloc of an aligned block");
    free(p);
    check(posix_memalign(&p, 24, 8) == EINVAL, "posix_memalign of a wrong alignment");
    p = aligned_alloc(64, 23000);
    check(p && (uintptr_t)p % 64 == 0 && malloc_usable_size(p) >= 23000, "aligned_alloc");
    memset(p, 2, malloc_usable_size(p));
    free(p);
    p = memalign(1 << 20, 24000);
    check(p && (uintptr_t)p % (1 << 20) == 0, "memalign");
    free(p);
    p = valloc(25000);
    check(p && (uintptr_t)p % 4096 == 0, "valloc");
    free(p);
    p = pvalloc(26000);
    check(p && malloc_usable_size(p) >= 28672, "pvalloc");
    free(p);
    p = calloc(27, 1000);
    for (int i = 0; i < 27000; i++)
        check(((char *)p)[i] == 0, "calloc is not zero");
    free(p);
    errno = 0;
    check(!malloc(too_much) && errno == ENOMEM, "malloc of too much");
    check(!calloc(too_much / 2, 3) && !reallocarray(NULL, too_much / 2, 3), "calloc of too much");
    check(!malloc(too_much / 2) && !aligned_alloc(4096, too_much / 2 - 8), "malloc of half of it");
    p = malloc(0);
    check(p && malloc_usable_size(NULL) == 0, "malloc of nothing");
    check(!realloc(p, 0), "realloc to nothing");
    free(NULL);
}

/* Blocks of each function, all in use at once, and fewer after that. */
static void peak(void)
{
    void *aligned;
    fill(59000, 10);
    check(posix_memalign(&aligned, 64, 61000) == 0, "posix_memalign");
    void *const others[] = {
        calloc(5, 11800), realloc(malloc(60), 60000), reallocarray(NULL, 4, 15000),
        aligned,          aligned_alloc(128, 61440),  memalign(32, 62001),
        malloc(100000)};
    empty(10);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        free(others[i]);
    fill(63001, 10);
}

/* Sizes at the edges of what is counted alike. */
static void edges(void)
{
    static const size_t sizes[] = {0, 32768, 32769, 65535, 65536, 65537, 73727, 73728};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        check(malloc(sizes[i]) != NULL, "no memory");
}

/* Blocks of posix_memalign, aligned_alloc, memalign, valloc and pvalloc; the peak is at the end.
 * The last three are too large, or too widely aligned, to be counted by size. */
static void alignments(void)
{
    for (int i = 0; i < 10; i++)
        check(posix_memalign(&blocks[i], 32, 100) == 0, "posix_memalign");
    empty(4);
    for (int i = 0; i < 20; i++)
        free(aligned_alloc(64, 100));
    for (int i = 0; i < 5; i++)
        free(valloc(4096));
    for (int i = 0; i < 3; i++)
        check(memalign(512, 513) != NULL, "memalign");
    check(memalign(4096, 4097) && pvalloc(12000), "memalign and pvalloc");
    check(memalign(65536, 65536) && memalign(65536, 65537), "memalign of 64 KiB");
    check(memalign(65536, 100000) && memalign(131072, 10), "memalign of much");
}

/* 200 blocks, of which half are aligned, then 100 aligned ones of the same size one by one. */
static void aligned_peak(void)
{
    fill(57000, 100);
    for (int i = 100; i < 200; i++)
        blocks[i] = aligned_alloc(64, 57000);
    empty(200);
    for (int i = 0; i < 100; i++)
        free(aligned_alloc(64, 57000));
}

/* One block through 8 sizes. */
static void chain(void)
{
    char *p = malloc(30000);
    memset(p, 7, 30000);
    for (int i = 1; i < 8; i++)
        p = realloc(p, 30000 + 1000 * (size_t)i);
    check(p[29999] == 7, "realloc lost bytes");
    p = realloc(p, 36999); /* the same granule */
    free(p);
}

static void *thread_load(void *unused)
{
    for (int round = 0; round < 100; round++) {
        void *own[10];
        for (int i = 0; i < 10; i++)
            own[i] = malloc(40000);
        for (int i = 0; i < 10; i++)
            free(own[i]);
    }
    return unused;
}

static void run_threads(int n, void *(*load)(void *))
{
    pthread_t threads[MOST_THREADS];
    for (int i = 0; i < n; i++)
        check(pthread_create(&threads[i], NULL, load, NULL) == 0, "no thread");
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
}

static pthread_barrier_t barrier;

/* All of them at once, more than there are shards. */
static void *crowd_load(void *unused)
{
    void *p = malloc(41000);
    pthread_barrier_wait(&barrier);
    free(p);
    thread_load(NULL);
    pthread_barrier_wait(&barrier);
    return unused;
}

/* Each has its blocks in use while all others have theirs. */
static void *together_load(void *unused)
{
    void *own[MANY];
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < MANY; i++)
            own[i] = malloc(5555);
        pthread_barrier_wait(&barrier);
        for (int i = 0; i < MANY; i++)
            free(own[i]);
        pthread_barrier_wait(&barrier);
    }
    return unused;
}

static void together(void)
{
    pthread_barrier_init(&barrier, NULL, THREADS);
    run_threads(THREADS, together_load);
}

static void crowd(void)
{
    pthread_barrier_init(&barrier, NULL, MOST_THREADS);
    run_threads(MOST_THREADS, crowd_load);
}

static void *fill_load(void *unused)
{
    fill(42000, MANY);
    return unused;
}

/* Freed by another thread than the one that made them. */
static void remote(void)
{
    run_threads(1, fill_load);
    empty(MANY);
}

static void *of_threads[THREADS * MANY];

static void *aligned_load(void *unused)
{
    static int threads;
    int first = __atomic_fetch_add(&threads, MANY, __ATOMIC_RELAXED);
    for (int i = first; i < first + MANY; i++)
        of_threads[i] = memalign(128, 777);
    return unused;
}

static void aligned_threads(void)
{
    run_threads(THREADS, aligned_load);
    for (int i = 0; i < THREADS * MANY; i++)
        free(of_threads[i]);
}

static void *aligned_load_alone(void *unused)
{
    for (int i = 0; i < MANY; i++)
        free(memalign(128, 777));
    return unused;
}

static void aligned_threads_alone(void)
{
    run_threads(THREADS, aligned_load_alone);
}

static pthread_key_t key;

static void late(void *p)
{
    free(p);
    static __thread int again;
    if (again++ < 3)
        pthread_setspecific(key, malloc(43000));
}

static void *late_load(void *unused)
{
    pthread_setspecific(key, malloc(43000));
    return unused;
}

/* Calls from the destructors of a key, after those of the recorder. */
static void destructors(void)
{
    pthread_key_create(&key, late);
    run_threads(THREADS, late_load);
}

static void wait_for(pid_t child)
{
    int status;
    check(waitpid(child, &status, 0) == child && status == 0, "a child failed");
}

/* 100 blocks before, of which the child frees 60; it makes 50 of its own. */
static void fork_once(void)
{
    fill(44000, 100);
    pid_t child = fork();
    check(child >= 0, "no fork");
    if (child == 0) {
        empty(60);
        fill(45000, 50);
        exit(0);
    }
    wait_for(child);
    free(blocks[99]);
}

/* 100 aligned blocks before, of which the child frees 60, and its own child the others. */
static void aligned_fork(void)
{
    for (int i = 0; i < 100; i++)
        blocks[i] = memalign(256, 58000);
    pid_t child = fork();
    check(child >= 0, "no fork");
    if (child == 0) {
        empty(60);
        for (int i = 0; i < 50; i++)
            check(memalign(1024, 300) != NULL, "memalign");
        child = fork();
        check(child >= 0, "no fork");
        for (int i = 60; child == 0 && i < 100; i++)
            free(blocks[i]);
        if (child)
            wait_for(child);
        exit(0);
    }
    wait_for(child);
    free(blocks[99]);
}

static volatile int stop;

static void *busy(void *unused)
{
    while (!stop) {
        void *p = malloc(46000);
        sched_yield();
        free(p);
    }
    return unused;
}

/* As fork_once, by a thread with the smallest stack there may be. */
static void *fork_on_small_stack(void *arg)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        free(malloc(777));
        _exit(0);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        abort();
    return arg;
}

static void small_fork(void)
{
    pthread_t thread;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, (size_t)PTHREAD_STACK_MIN);
    pthread_create(&thread, &attr, fork_on_small_stack, NULL);
    pthread_join(thread, NULL);
}

/* While other threads allocate; each child allocates on threads, too. */
static void fork_threads(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, busy, NULL);
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0) {
            run_threads(2, thread_load);
            _exit(0);
        }
        wait_for(child);
    }
    stop = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* A child that no fork handler hears of must not count in its parent's file. */
static void raw_fork(void)
{
    fill(47000, 10);
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0) {
        empty(10);
        fill(47000, 500);
        _exit(0);
    }
    wait_for(child);
}

/* A fast rise and then half of it freed in one call: the peak is before. */
static void cliff(void)
{
    void *large = malloc(50 << 20);
    fill(48000, 20);
    free(large);
    empty(20);
    fill(49000, 10);
}

static void close_all(void)
{
    for (int fd = 3; fd < 1000; fd++)
        close(fd);
    run_threads(2, thread_load);
    fill(50000, 10);
}

/* Ended in the middle, by a signal that nobody can catch. */
static void killed(void)
{
    fill(51000, 300);
    empty(100);
    raise(SIGKILL);
}

/* Six pauses of 40 ms with a call between them, and one of 200. */
static void pauses(void)
{
    for (int i = 0; i < 7; i++) {
        usleep(i < 6 ? 40000 : 200000);
        free(malloc(52000));
    }
}

static void *million(void *unused)
{
    for (int i = 0; i < 530000; i++)
        free(malloc(55000));
    return unused;
}

/* More than 2^20 operations of another thread between two of one. */
static void apart(void)
{
    void *p = malloc(56000);
    run_threads(1, million);
    free(p);
}

/* Known runs: 3 times 8 allocations and 8 frees, the oldest first. */
static void bursts(void)
{
    for (int i = 0; i < 3; i++) {
        fill(53000, 8);
        empty(8);
    }
}

/* A second free has to reach the next malloc, which ends the program. */
static void twice(void)
{
    void *volatile p = malloc(54000);
    free(p);
    free(p);
}

static void mixed(long rounds)
{
    uint32_t state = 1;
    for (long i = 0; i < rounds; i++) {
        state = state * 1664525 + 1013904223;
        int at = (state >> 8) % MANY;
        free(blocks[at]);
        blocks[at] = malloc(state >> 20);
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } loads[] = {
        {"plain", plain},
        {"functions", functions},
        {"chain", chain},
        {"peak", peak},
        {"edges", edges},
        {"together", together},
        {"crowd", crowd},
        {"remote", remote},
        {"destructors", destructors},
        {"fork", fork_once},
        {"fork_threads", fork_threads},
        {"raw_fork", raw_fork},
        {"cliff", cliff},
        {"close_all", close_all},
        {"killed", killed},
        {"pauses", pauses},
        {"bursts", bursts},
        {"small_fork", small_fork},
        {"twice", twice},
        {"apart", apart},
        {"alignments", alignments},
        {"aligned_peak", aligned_peak},
        {"aligned_fork", aligned_fork},
        {"aligned_threads", aligned_threads},
        {"aligned_threads_alone", aligned_threads_alone},
    };
    if (argc > 1 && strcmp(argv[1], "threads") == 0) {
        run_threads(THREADS, thread_load);
        return 0;
    }
    if (argc > 2 && strcmp(argv[1], "mixed") == 0) {
        mixed(atol(argv[2]));
        return 0;
    }
    for (size_t i = 0; argc > 1 && i < sizeof loads / sizeof *loads; i++) {
        if (strcmp(argv[1], loads[i].name) == 0) {
            loads[i].run();
            return 0;
        }
    }
    return 2;
}
