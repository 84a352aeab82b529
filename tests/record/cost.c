/* cost.c: prints the nanoseconds that a pair of malloc and free takes.
 *   cost THREADS MILLIONS   pairs of each thread, sizes of 16 to 1024 bytes, in batches of 100 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { BATCH = 100, SIZES = 4096, MOST_THREADS = 64 };

static unsigned short sizes[SIZES];
static long pairs;

static void *load(void *unused)
{
    void *blocks[BATCH];
    for (long done = 0; done < pairs; done += BATCH) {
        for (int i = 0; i < BATCH; i++) {
            blocks[i] = malloc(sizes[(done + i) % SIZES]);
            *(char *)blocks[i] = 1;
        }
        for (int i = 0; i < BATCH; i++)
            free(blocks[i]);
    }
    return unused;
}

int main(int argc, char **argv)
{
    struct timespec from, to;
    pthread_t threads[MOST_THREADS];
    int n = argc > 1 ? atoi(argv[1]) : 1;
    pairs = (argc > 2 ? atol(argv[2]) : 10) * 1000000;
    if (n < 1 || n > MOST_THREADS)
        return 2;
    uint32_t state = 1;
    for (int i = 0; i < SIZES; i++) {
        state = state * 1664525 + 1013904223;
        sizes[i] = 16 + (state >> 16) % 1009;
    }
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int i = 0; i < n; i++)
        pthread_create(&threads[i], NULL, load, NULL);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%.2f\n", ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / pairs);
    return 0;
}
