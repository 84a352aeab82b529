/* forks.c HOW PARENT COUNT: makes children that allocate, and says how many hung or died.
 *
 * HOW:    fork  _Fork  clone (the system call)  vfork  spawn
 *         handler   fork in a signal handler that interrupts malloc; the child returns from it
 *         inside    the same, but the child allocates before it returns
 * PARENT: single    has one thread
 *         threads   others allocate meanwhile
 *         ending    others start, allocate and end all the time */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "work.h"

enum { THREADS = 2, CHILD_SECONDS = 3, ENOUGH_HUNG = 1 };

static volatile int hung, died, children;
static volatile bool is_child;
static bool others, ending, done;
static const char *how;
extern char **environ;

static void *allocate(void *seed)
{
    uint32_t random = (uint32_t)(uintptr_t)seed;
    char *held[40];
    for (int i = 0; i < 40; i++) {
        size_t size = i % 8 ? 16 + work_random(&random) % 3000 : work_random(&random) % 600000 + 1;
        held[i] = malloc(size);
        if (!held[i])
            return (void *)1;
        held[i][0] = held[i][size - 1] = 1;
    }
    for (int i = 0; i < 40; i++)
        free(held[i]);
    return NULL;
}

static void *keep_on(void *seed)
{
    while (!__atomic_load_n(&done, __ATOMIC_RELAXED))
        allocate(seed);
    return NULL;
}

static void *start_and_end(void *seed)
{
    while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, allocate, seed) == 0)
            pthread_join(thread, NULL);
    }
    return NULL;
}

/* Where the C library itself can start threads: in a child of fork. */
static bool may_start_threads(void)
{
    return strcmp(how, "fork") == 0;
}

static void child(void)
{
    sigset_t alarms;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    signal(SIGALRM, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &alarms, NULL);
    alarm(CHILD_SECONDS);
    for (uintptr_t i = 0; i < 5; i++) {
        if (allocate((void *)i))
            _exit(WORK_NULL);
    }
    if (may_start_threads()) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, allocate, NULL) != 0)
            _exit(WORK_NULL);
        pthread_join(thread, NULL);
    }
    _exit(0);
}

static void reap(pid_t pid)
{
    int status;
    if (pid < 0 || waitpid(pid, &status, 0) != pid) {
        died++;
        return;
    }
    children++;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        hung++;
    else
        died += status != 0;
}

static bool is_in_handler(void)
{
    return strcmp(how, "handler") == 0 || strcmp(how, "inside") == 0;
}

static void make_child(void)
{
    static char *const command[] = {"/bin/true", NULL};
    pid_t pid = -1;
    if (strcmp(how, "fork") == 0 || is_in_handler()) {
        pid = fork();
    } else if (strcmp(how, "_Fork") == 0) {
        pid = _Fork();
    } else if (strcmp(how, "clone") == 0) {
        pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    } else if (strcmp(how, "vfork") == 0) {
        pid = vfork();
        if (pid == 0) {
            execv(command[0], command);
            _exit(9);
        }
    } else if (posix_spawn(&pid, command[0], NULL, NULL, command, environ) != 0) {
        pid = -1;
    }
    if (pid == 0 && strcmp(how, "handler") == 0)
        is_child = true;
    else if (pid == 0)
        child();
    else
        reap(pid);
}

static void on_alarm(int signal)
{
    (void)signal;
    make_child();
}

/* The other threads block the signal. */
static void interrupt(int count)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    for (uintptr_t i = 0; children < count && hung < ENOUGH_HUNG; i++) {
        struct itimerval once = {{0, 0}, {0, (suseconds_t)(20 + i * 37 % 900)}};
        int before = children + died;
        setitimer(ITIMER_REAL, &once, NULL);
        while (__atomic_load_n(&children, __ATOMIC_RELAXED) + died == before && !is_child)
            allocate((void *)i);
        if (is_child)
            child();
    }
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    if (argc != 4)
        return 2;
    how = argv[1];
    ending = strcmp(argv[2], "ending") == 0;
    others = ending || strcmp(argv[2], "threads") == 0;
    int count = atoi(argv[3]);
    sigset_t alarms, before;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &alarms, &before);
    for (uintptr_t i = 0; others && i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, ending ? start_and_end : keep_on, (void *)i) != 0)
            return 2;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (is_in_handler())
        interrupt(count);
    for (uintptr_t i = 0; children < count && hung < ENOUGH_HUNG; i++) {
        allocate((void *)i);
        make_child();
    }
    __atomic_store_n(&done, true, __ATOMIC_RELAXED);
    for (int i = 0; others && i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%d hung, %d died\n", hung, died);
    return 0;
}
