/* generations.c COUNT: each process has threads that allocate and rest, forks, and waits; its child
 * does the same.  Says how many KiB are resident in the third and in the last generation. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, BLOCKS = 4000, SIZE = 500, EARLY = 3 };

static long resident_kib(void)
{
    char line[200];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, "VmRSS:", 6) == 0)
            value = atol(line + 6);
    }
    if (file)
        fclose(file);
    return value;
}

static pthread_barrier_t *barrier;

static void *use_and_rest(void *unused)
{
    static __thread void *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++)
        blocks[i] = malloc(SIZE);
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    pthread_barrier_wait(barrier);
    pause();
    return unused;
}

/* Exit status of the last generation. */
static int generation(int n, int count, long early)
{
    pthread_t thread;
    pthread_barrier_t ready;
    barrier = &ready;
    pthread_barrier_init(&ready, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&thread, NULL, use_and_rest, NULL) != 0)
            return 2;
    }
    pthread_barrier_wait(&ready);
    if (n == EARLY)
        early = resident_kib();
    if (n == count) {
        printf("%ld %ld\n", early, resident_kib());
        fflush(stdout);
        return 0;
    }
    pid_t child = fork();
    if (child == 0)
        _exit(generation(n + 1, count, early));
    int status = 1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 3;
}

int main(int argc, char **argv)
{
    int status = argc == 2 ? generation(1, atoi(argv[1]), 0) : 2;
    fflush(stdout);
    _exit(status);
}
