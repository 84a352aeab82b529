/* late.c LIBRARY local|global: a program with the C library's malloc opens hakmem at run time.
 *
 * The program's malloc must stay what it was, hakmem must work beside it, and must survive being
 * opened and closed by threads that end afterwards.  Prints the profile. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 8, ROUNDS = 200, BLOCKS = 64 };

static const char *library;
static int mode;
static pthread_barrier_t closed;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            const char *error = dlerror();                                                         \
            printf("line %d: %s: %s\n", __LINE__, #condition, error ? error : "");                 \
            exit(1);                                                                               \
        }                                                                                          \
    } while (0)

struct hak {
    void *handle;
    void *(*malloc)(size_t);
    void (*free)(void *);
    size_t (*usable)(void *);
    const char *(*profile)(void);
};

static struct hak open_hak(void)
{
    struct hak hak = {.handle = dlopen(library, RTLD_NOW | mode)};
    CHECK(hak.handle);
    hak.malloc = (void *(*)(size_t))dlsym(hak.handle, "hak_malloc");
    hak.free = (void (*)(void *))dlsym(hak.handle, "hak_free");
    hak.usable = (size_t(*)(void *))dlsym(hak.handle, "hak_malloc_usable_size");
    hak.profile = (const char *(*)(void))dlsym(hak.handle, "hak_profile");
    CHECK(hak.malloc && hak.free && hak.usable && hak.profile);
    return hak;
}

static void use(const struct hak *hak)
{
    char *blocks[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        size_t size = (size_t)(i + 1) * (size_t)(i + 1) * 16;
        blocks[i] = hak->malloc(size);
        CHECK(blocks[i] && hak->usable(blocks[i]) >= size);
        memset(blocks[i], i, size);
    }
    for (int i = 0; i < BLOCKS; i++) {
        CHECK(blocks[i][0] == i && blocks[i][(i + 1) * (i + 1) * 16 - 1] == i);
        hak->free(blocks[i]);
    }
}

/* Ends when everyone has closed it: the thread's cache is then given back by code that would be
 * gone. */
static void *work(void *unused)
{
    struct hak hak;
    for (int i = 0; i < ROUNDS; i++) {
        hak = open_hak();
        use(&hak);
        free(strdup("the C library's"));
        CHECK(dlclose(hak.handle) == 0);
    }
    pthread_barrier_wait(&closed);
    use(&hak);
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    void *before = dlsym(RTLD_DEFAULT, "malloc");
    if (argc != 3)
        return 2;
    library = argv[1];
    mode = strcmp(argv[2], "global") == 0 ? RTLD_GLOBAL : RTLD_LOCAL;
    char *held = malloc(1000);
    CHECK(!dlsym(RTLD_DEFAULT, "hak_profile"));
    struct hak hak = open_hak();
    CHECK(dlsym(RTLD_DEFAULT, "malloc") == before);
    CHECK((dlsym(RTLD_DEFAULT, "hak_profile") != NULL) == (mode == RTLD_GLOBAL));
    CHECK(dlclose(hak.handle) == 0);
    pthread_barrier_init(&closed, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    free(held);
    CHECK(dlsym(RTLD_DEFAULT, "malloc") == before);
    puts(hak.profile());
    return 0;
}
