/* known_sizes LOAD: asks for blocks of known sizes, for the test of the recorder.
 *   plain    all functions, a peak and a lower one after it; no other block is ever in use
 *   threads  four threads at once, each with 1000 blocks of 1111 bytes at the peak
 *   fork     a block of 777 bytes, then a child with a further one of 888
 *   edge     no bytes, the largest size with a count of its own, and one byte more */
#define _GNU_SOURCE
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 4, BLOCKS = 1000 };

static void *volatile kept; /* so that no block is left out */

static void *keep(void *p)
{
    kept = p;
    if (!p)
        abort();
    return p;
}

static void plain(void)
{
    void *blocks[10], *aligned;
    for (int i = 0; i < 10; i++)
        blocks[i] = keep(malloc(100));
    void *zero = keep(calloc(5, 20));
    void *grown = keep(realloc(keep(malloc(30)), 300));
    void *array = keep(reallocarray(NULL, 4, 75));
    if (posix_memalign(&aligned, 64, 48) != 0)
        abort();
    void *other = keep(aligned_alloc(128, 256));
    void *third = keep(memalign(32, 33));
    void *large = keep(malloc(100000)); /* the peak */
    void *const all[] = {zero, grown, array, aligned, other, third, large};
    for (int i = 0; i < 10; i++)
        free(blocks[i]);
    for (int i = 0; i < 7; i++)
        free(all[i]);
    free(NULL);
    for (int i = 0; i < 50; i++)
        keep(malloc(64));
}

static pthread_barrier_t barrier;

static void *thread(void *arg)
{
    void *blocks[BLOCKS];
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < BLOCKS; i++)
            blocks[i] = malloc(1111);
        pthread_barrier_wait(&barrier);
        for (int i = 0; i < BLOCKS; i++)
            free(blocks[i]);
        pthread_barrier_wait(&barrier);
    }
    return arg;
}

static void threads(void)
{
    pthread_t ids[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&ids[i], NULL, thread, NULL) != 0)
            abort();
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(ids[i], NULL);
}

static void forked(void)
{
    keep(malloc(777));
    pid_t child = fork();
    if (child == 0) {
        keep(malloc(888));
        exit(0);
    }
    waitpid(child, NULL, 0);
}

int main(int argc, char **argv)
{
    const char *load = argc == 2 ? argv[1] : "";
    if (strcmp(load, "plain") == 0)
        plain();
    else if (strcmp(load, "threads") == 0)
        threads();
    else if (strcmp(load, "fork") == 0)
        forked();
    else if (strcmp(load, "edge") == 0)
        keep(malloc(0)), keep(malloc(32768)), keep(malloc(32769));
    else
        return 2;
    return 0;
}
