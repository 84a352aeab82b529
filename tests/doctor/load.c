/* load.c SIZE CALLS THREADS [KEPT]: each thread asks CALLS times for SIZE bytes and gives them
 * back; before that, KEPT blocks of SIZE bytes are taken and kept.  With 0 threads the only one
 * works. */
#include <pthread.h>
#include <stdlib.h>

static size_t size;
static long calls;

static void *work(void *unused)
{
    for (long i = 0; i < calls; i++) {
        void *volatile p = malloc(size);
        free(p);
    }
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t threads[16];
    if (argc < 4)
        return 2;
    size = strtoul(argv[1], NULL, 10);
    calls = atol(argv[2]);
    for (long i = argc > 4 ? atol(argv[4]) : 0; i > 0; i--) {
        void *volatile kept = malloc(size);
        (void)kept;
    }
    if (atoi(argv[3]) == 0)
        work(NULL);
    for (int i = 0; i < atoi(argv[3]); i++)
        pthread_create(&threads[i], NULL, work, NULL);
    for (int i = 0; i < atoi(argv[3]); i++)
        pthread_join(threads[i], NULL);
    return 0;
}
