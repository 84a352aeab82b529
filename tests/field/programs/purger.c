/* purger.c CASE: the thread that gives memory back is no part of the program.  Says "right". */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "work.h"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d: %s (%s)\n", __LINE__, #condition, strerror(errno));                   \
            fflush(stdout);                                                                        \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static void pause_for(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* Reads a file of a thread, without stdio. */
static void read_file(pid_t task, const char *name, char *text, size_t size)
{
    char path[100];
    snprintf(path, sizeof path, "/proc/self/task/%d/%s", task, name);
    int fd = open(path, O_RDONLY);
    ssize_t len = fd >= 0 ? read(fd, text, size - 1) : 0;
    text[len > 0 ? len : 0] = 0;
    close(fd);
}

/* Returns how many threads there are; *purger is the one that gives memory back, or 0. */
static int count_threads(pid_t *purger)
{
    DIR *dir = opendir("/proc/self/task");
    int n = 0;
    *purger = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char name[40];
        if (entry->d_name[0] == '.')
            continue;
        n++;
        read_file(atoi(entry->d_name), "comm", name, sizeof name);
        if (strncmp(name, "hakmem-purge", 12) == 0)
            *purger = atoi(entry->d_name);
    }
    closedir(dir);
    return n;
}

static void *worker(void *rest_ms)
{
    work(1, 100);
    pause_for((long)(intptr_t)rest_ms);
    work(2, 100);
    return NULL;
}

static pthread_t start_worker(long rest_ms)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, worker, (void *)(intptr_t)rest_ms) == 0);
    return thread;
}

/* ---- the cases ------------------------------------------------------------------------------ */

static void single(void)
{
    pid_t purger;
    for (uint32_t i = 0; i < 5; i++)
        work(i, 200);
    char *large = malloc(200 << 20);
    memset(large, 1, 200 << 20);
    free(large);
    pause_for(50);
    CHECK(count_threads(&purger) == 1);
    CHECK(unshare(geteuid() == 0 ? CLONE_NEWNS : CLONE_NEWUSER) == 0);
}

/* The thread that allocates first is a real-time one, held to one processor. */
static void scheduling(void)
{
    cpu_set_t all, one;
    pid_t purger;
    char status[4000];
    CHECK(sched_getaffinity(0, sizeof all, &all) == 0);
    CPU_ZERO(&one);
    for (int i = 0; CPU_COUNT(&one) == 0; i++) {
        if (CPU_ISSET(i, &all))
            CPU_SET(i, &one);
    }
    CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
    sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){5}); /* if that is permitted */
    pthread_t thread = start_worker(300);
    pause_for(200);
    count_threads(&purger);
    if (getenv("LD_PRELOAD")) {
        unsigned long long blocked;
        CHECK(purger != 0);
        CHECK(sched_getscheduler(purger) == SCHED_BATCH);
        CHECK(sched_getaffinity(purger, sizeof one, &one) == 0);
        CHECK(CPU_COUNT(&one) >= CPU_COUNT(&all));
        read_file(purger, "status", status, sizeof status);
        CHECK(sscanf(strstr(status, "SigBlk:"), "SigBlk: %llx", &blocked) == 1);
        /* KILL, STOP and the C library's own two cannot be blocked, or are not. */
        CHECK((blocked | 1ull << 8 | 1ull << 18 | 3ull << 31) == ~0ull);
    }
    pthread_join(thread, NULL);
}

static volatile pid_t taken_by;

static void take(int signal)
{
    (void)signal;
    taken_by = (pid_t)syscall(SYS_gettid);
}

/* The program's threads block the signal, so that only a foreign one could take it. */
static void signals(void)
{
    sigset_t usr1;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    signal(SIGUSR1, take);
    pthread_t thread = start_worker(400); /* started by a thread that does not block it */
    pause_for(100);
    pthread_sigmask(SIG_BLOCK, &usr1, NULL);
    pthread_join(thread, NULL);
    thread = start_worker(100);
    kill(getpid(), SIGUSR1);
    pause_for(50);
    CHECK(taken_by == 0);
    pthread_join(thread, NULL);
}

static void *say_right_and_end(void *unused)
{
    work(3, 200);
    pause_for(200);
    puts("right");
    fflush(stdout);
    return unused;
}

static void main_ends_first(void)
{
    pthread_t thread;
    work(1, 100);
    start_worker(50);
    CHECK(pthread_create(&thread, NULL, say_right_and_end, NULL) == 0);
    pthread_exit(NULL);
}

/* A program that has joined its other threads has one thread, some time later. */
static void joined(void)
{
    pid_t purger;
    pthread_join(start_worker(50), NULL);
    for (int i = 0; i < 80 && count_threads(&purger) > 1; i++)
        pause_for(50);
    CHECK(count_threads(&purger) == 1);
    work(3, 200);
    CHECK(count_threads(&purger) == 1);
    pthread_join(start_worker(50), NULL);
}

/* The C library makes every thread change its user, and waits for all of them. */
static void users(void)
{
    pthread_t thread = start_worker(300);
    pause_for(50);
    alarm(5);
    for (int i = 0; i < 20; i++) {
        if (geteuid() == 0)
            CHECK(setgroups(0, NULL) == 0);
        CHECK(seteuid(geteuid()) == 0 && setuid(getuid()) == 0);
    }
    pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } cases[] = {
        {"single", single}, {"scheduling", scheduling},           {"signals", signals},
        {"users", users},   {"main-ends-first", main_ends_first}, {"joined", joined},
    };
    for (unsigned i = 0; argc == 2 && i < sizeof cases / sizeof cases[0]; i++) {
        if (strcmp(cases[i].name, argv[1]) != 0)
            continue;
        cases[i].run();
        puts("right");
        return 0;
    }
    return 2;
}
