/* busy.c THREADS: works in so many further threads at once, and in its own; says "busy". */
#include <pthread.h>
#include <stdio.h>

#include "work.h"

enum { MOST_THREADS = 8, ROUNDS = 100 };

static void *worker(void *seed)
{
    return (void *)(uintptr_t)work((uint32_t)(uintptr_t)seed, ROUNDS);
}

int main(int argc, char **argv)
{
    pthread_t threads[MOST_THREADS];
    int n = argc == 2 ? atoi(argv[1]) : -1, worst = 0;
    if (n < 0 || n > MOST_THREADS)
        return 2;
    for (int turn = 0; turn < 2; turn++) {
        void *result;
        for (int i = 0; i < n; i++) {
            if (pthread_create(&threads[i], NULL, worker, (void *)(uintptr_t)(i + 9)) != 0)
                return 2;
        }
        worst |= work((uint32_t)turn, ROUNDS);
        for (int i = 0; i < n; i++) {
            pthread_join(threads[i], &result);
            worst |= (int)(uintptr_t)result;
        }
    }
    if (worst == WORK_RIGHT)
        puts("busy");
    return worst;
}
