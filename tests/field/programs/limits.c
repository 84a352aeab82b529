/* limits.c RESOURCE MIB [early]: sets RLIMIT_AS or RLIMIT_DATA, `as` or `data`, to MIB after it
 * has allocated, unless `early` says that it was set before the start; then sees what is left. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "work.h"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            printf("line %d: %s (%s)\n", __LINE__, #condition, strerror(errno));                   \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

enum { MOST = 100000 };
static char *held[MOST];

/* Returns the bytes had until malloc gave NULL. */
static size_t take_all(size_t size)
{
    int n = 0;
    errno = 0;
    while (n < MOST && (held[n] = malloc(size))) {
        held[n][0] = held[n][size - 1] = 1;
        n++;
    }
    CHECK(n < MOST && errno == ENOMEM);
    for (int i = 0; i < n; i++)
        free(held[i]);
    return (size_t)n * size;
}

static void *worker(void *unused)
{
    (void)unused;
    return (void *)(uintptr_t)work(3, 50);
}

static void start_threads(void)
{
    pthread_t threads[4];
    void *result;
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, worker, NULL) == 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &result);
        CHECK(result == NULL);
    }
}

int main(int argc, char **argv)
{
    size_t limit = argc >= 3 ? strtoul(argv[2], NULL, 10) << 20 : 0;
    CHECK(limit > 0);
    CHECK(work(1, 100) == WORK_RIGHT);
    if (argc == 3) {
        struct rlimit both = {limit, limit};
        CHECK(setrlimit(strcmp(argv[1], "as") == 0 ? RLIMIT_AS : RLIMIT_DATA, &both) == 0);
    }
    start_threads();
    errno = 0;
    CHECK(malloc(limit * 2) == NULL && errno == ENOMEM);
    CHECK(malloc(limit) == NULL && errno == ENOMEM);
    CHECK(work(2, 100) == WORK_RIGHT);
    /* What was freed is had again at other sizes, large to small and back. */
    CHECK(take_all(50 << 20) >= limit / 2);
    CHECK(take_all(1 << 20) >= limit / 2);
    CHECK(take_all(20000) >= limit / 2);
    CHECK(take_all(30 << 20) >= limit / 2);
    /* And by others. */
    void *mapped =
        mmap(NULL, limit / 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(mapped != MAP_FAILED);
    munmap(mapped, limit / 2);
    start_threads();
    puts("limited");
    return 0;
}
