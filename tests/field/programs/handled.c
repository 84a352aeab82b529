/* handled.c [LIBRARY]: forks with the handlers of handlers.c registered; with LIBRARY, hakmem is
 * opened at run time and all allocations go to it.  Says how many children hung or died. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FORKS = 60, SECONDS = 5 };

void handlers_use(void *(*to_allocate)(size_t), void (*to_give_back)(void *));
void handlers_register(void);
void handlers_start(void);

static void *(*allocate)(size_t) = malloc;
static void (*give_back)(void *) = free;

static void open_hakmem(const char *path)
{
    void *library = dlopen(path, RTLD_NOW);
    if (!library) {
        puts(dlerror());
        exit(2);
    }
    allocate = (void *(*)(size_t))dlsym(library, "hak_malloc");
    give_back = (void (*)(void *))dlsym(library, "hak_free");
    handlers_use(allocate, give_back);
}

static void *use(void *unused)
{
    for (size_t size = 1; size < 1000000; size += size / 3 + 1)
        give_back(allocate(size));
    return unused;
}

int main(int argc, char **argv)
{
    int hung = 0, died = 0;
    if (argc > 1)
        open_hakmem(argv[1]);
    if (getenv("HANDLERS_LATE"))
        handlers_register();
    handlers_start();
    use(NULL);
    alarm(2 * SECONDS); /* if the parent hangs */
    for (int i = 0; i < FORKS && hung == 0; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            pthread_t thread;
            alarm(SECONDS);
            use(NULL);
            if (pthread_create(&thread, NULL, use, NULL) != 0)
                _exit(1);
            pthread_join(thread, NULL);
            _exit(0);
        }
        int status;
        waitpid(pid, &status, 0);
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
            hung++;
        else
            died += status != 0;
    }
    printf("%d hung, %d died\n", hung, died);
    return 0;
}
