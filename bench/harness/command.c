/* command PROGRAM ARG...: runs any program once and prints what it took as the benchmark programs
 * do: ops=1, seconds from its start to its end, its peak RSS (of the largest of its processes),
 * page faults and processor time of it and of the children that it waited for.
 *
 * BENCH_PRELOAD in the environment is the library that is preloaded into it.  The program's output
 * is dropped, its input is empty.  A process as small as this one starts it because what is
 * resident before exec counts into the peak.
 * Exit status: 0, or the program's, 128 and the signal's number if one ended it; 2: arguments;
 * 127: it cannot be started. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { CANNOT_START = 127, BY_SIGNAL = 128 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

static void become(char **argv)
{
    int null = open("/dev/null", O_RDWR);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    const char *library = getenv("BENCH_PRELOAD");
    if (library)
        setenv("LD_PRELOAD", library, 1);
    unsetenv("BENCH_PRELOAD");
    execvp(argv[0], argv);
    fprintf(stderr, "command: %s: %s\n", argv[0], strerror(errno));
    _exit(CANNOT_START);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: command PROGRAM ARG...\n");
        return 2;
    }
    double start = now();
    pid_t child = fork();
    if (child == 0)
        become(argv + 1);
    int status;
    struct rusage usage;
    if (child < 0 || wait4(child, &status, 0, &usage) < 0) {
        fprintf(stderr, "command: %s\n", strerror(errno));
        return 2;
    }
    double took = now() - start;
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "command: %s: ended by signal %d\n", argv[1], WTERMSIG(status));
        return BY_SIGNAL + WTERMSIG(status);
    }
    if (WEXITSTATUS(status)) {
        fprintf(stderr, "command: %s: exit status %d\n", argv[1], WEXITSTATUS(status));
        return WEXITSTATUS(status);
    }
    printf("RESULT bench=command params=\"\" ops=1 seconds=%.6f ops_per_s=%.6f peak_rss_kib=%ld "
           "rss_kib=0 minor_faults=%ld user_s=%.6f sys_s=%.6f\n",
           took, 1 / took, usage.ru_maxrss, usage.ru_minflt, seconds(usage.ru_utime),
           seconds(usage.ru_stime));
    return 0;
}
