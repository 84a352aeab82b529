/* handlers.c: fork handlers of a library that allocate, by the names that `handlers_use` set.
 *
 * Its constructor registers them, unless HANDLERS_LATE is set: then `handlers_register` does.  With
 * HANDLERS_WAIT the one that runs before fork waits for another thread, which allocates; with
 * HANDLERS_FORK it forks itself. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *(*allocate)(size_t) = malloc;
static void (*give_back)(void *) = free;
static void *held;
static bool waits, forks;
static sem_t wanted, done;

static void use_blocks(void)
{
    static const size_t sizes[] = {40, 3000, 200000, 900000};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        char *block = allocate(sizes[i]);
        if (!block)
            abort();
        memset(block, 1, sizes[i]);
        give_back(block);
    }
}

static void *helper(void *unused)
{
    for (;;) {
        sem_wait(&wanted);
        use_blocks();
        sem_post(&done);
    }
    return unused;
}

/* Runs these handlers again; then the child ends. */
static void fork_inside(void)
{
    int status = 1;
    forks = false;
    pid_t child = fork();
    if (child == 0) {
        use_blocks();
        _exit(0);
    }
    forks = true;
    if (waitpid(child, &status, 0) != child || status != 0)
        abort();
}

static void before(void)
{
    if (forks)
        fork_inside();
    if (waits) {
        sem_post(&wanted);
        sem_wait(&done);
    }
    use_blocks();
    held = allocate(500);
}

static void after(void)
{
    give_back(held);
    use_blocks();
}

void handlers_register(void)
{
    pthread_atfork(before, after, after);
}

void handlers_use(void *(*to_allocate)(size_t), void (*to_give_back)(void *))
{
    allocate = to_allocate;
    give_back = to_give_back;
}

/* A thread cannot be started by the constructor of a library without the program's noticing. */
void handlers_start(void)
{
    pthread_t thread;
    if (getenv("HANDLERS_WAIT") && pthread_create(&thread, NULL, helper, NULL) == 0)
        waits = true;
}

__attribute__((constructor)) static void init(void)
{
    sem_init(&wanted, 0, 0);
    sem_init(&done, 0, 0);
    free(malloc(5));
    forks = getenv("HANDLERS_FORK") != NULL;
    if (!getenv("HANDLERS_LATE"))
        handlers_register();
}
