/* marked.c THREADS: works between two calls of getppid, which mark that part in a trace; first says
 * where its libraries lie, as `PATH FIRST LAST` for each. */
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "work.h"

enum { MOST_THREADS = 4, ROUNDS = 300 };

static pthread_barrier_t barrier;

static int say(struct dl_phdr_info *info, size_t size, void *unused)
{
    unsigned long end = 0;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type == PT_LOAD && part->p_vaddr + part->p_memsz > end)
            end = part->p_vaddr + part->p_memsz;
    }
    printf("%s %lx %lx\n", info->dlpi_name, info->dlpi_addr, info->dlpi_addr + end);
    return unused != NULL;
}

static void *worker(void *seed)
{
    work((uint32_t)(uintptr_t)seed, 50);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    int result = work((uint32_t)(uintptr_t)seed, ROUNDS);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier); /* for good */
    return (void *)(uintptr_t)result;
}

static void meet(int threads)
{
    if (threads)
        pthread_barrier_wait(&barrier);
}

int main(int argc, char **argv)
{
    int threads = argc == 2 ? atoi(argv[1]) : 0;
    dl_iterate_phdr(say, NULL);
    fflush(stdout);
    pthread_barrier_init(&barrier, NULL, (unsigned)threads + 1);
    for (int i = 0; i < threads && i < MOST_THREADS; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, worker, (void *)(uintptr_t)(i + 1)) != 0)
            return 2;
    }
    meet(threads);
    syscall(SYS_getppid);
    meet(threads);
    int result = work(77, ROUNDS);
    meet(threads);
    syscall(SYS_getppid);
    _exit(result);
}
