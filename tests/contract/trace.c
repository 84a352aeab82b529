/* trace LIBRARY SIZE: the instructions that malloc(SIZE) and free of its block execute when both
 * stay on the fast path.
 *
 * A child loads the library, warms its cache, and stops before each of the two calls; the parent
 * single-steps it through the call and prints, a line each, "malloc" or "free" and the offset in the
 * library of every instruction executed there.  An instruction outside of the library prints as
 * "outside".  Exit status 0; 1: something failed, said on stderr; 2: usage. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_STEPS = 100000, WARM_BLOCKS = 64 };

typedef void *malloc_function(size_t);
typedef void free_function(void *);

static void die(const char *what)
{
    fprintf(stderr, "trace: %s: %s\n", what, strerror(errno));
    exit(1);
}

/* The calls to be traced, each between two stops of this process.  `volatile` keeps the compiler
 * from moving them. */
static void run_child(malloc_function *volatile do_malloc, free_function *volatile do_free,
                      size_t size)
{
    void *warm[WARM_BLOCKS];
    for (int round = 0; round < 8; round++) {
        for (int i = 0; i < WARM_BLOCKS; i++)
            warm[i] = do_malloc(size);
        for (int i = 0; i < WARM_BLOCKS; i++)
            do_free(warm[i]);
    }
    if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
        die("PTRACE_TRACEME");
    raise(SIGSTOP);
    void *p = do_malloc(size);
    raise(SIGSTOP);
    raise(SIGSTOP);
    do_free(p);
    raise(SIGSTOP);
    _exit(0);
}

/* Waits for the child's next stop; its signal. */
static int wait_stop(pid_t child)
{
    int status;
    if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
        fprintf(stderr, "trace: the child ended\n");
        exit(1);
    }
    return WSTOPSIG(status);
}

static void step(pid_t child, enum __ptrace_request how)
{
    if (ptrace(how, child, NULL, NULL) != 0)
        die("ptrace");
}

static uintptr_t address_of(pid_t child)
{
    struct user_regs_struct regs;
    if (ptrace(PTRACE_GETREGS, child, NULL, &regs) != 0)
        die("PTRACE_GETREGS");
    return regs.rip;
}

/* Steps from the entry of `function` to its return, printing offsets from `base`. */
static void trace_call(pid_t child, const char *name, uintptr_t function, uintptr_t base,
                       uintptr_t end)
{
    int steps = 0;
    while (address_of(child) != function && steps++ < MOST_STEPS) {
        step(child, PTRACE_SINGLESTEP);
        wait_stop(child);
    }
    struct user_regs_struct regs;
    ptrace(PTRACE_GETREGS, child, NULL, &regs);
    uintptr_t back = (uintptr_t)ptrace(PTRACE_PEEKDATA, child, (void *)regs.rsp, NULL);
    for (uintptr_t at = function; at != back && steps++ < MOST_STEPS; at = address_of(child)) {
        if (at >= base && at < end)
            printf("%s %lx\n", name, (unsigned long)(at - base));
        else
            printf("%s outside\n", name);
        step(child, PTRACE_SINGLESTEP);
        wait_stop(child);
    }
    step(child, PTRACE_CONT);
    wait_stop(child);
}

/* End of the library's mapping, from /proc/self/maps. */
static uintptr_t end_of(const char *path, uintptr_t base)
{
    char line[1024];
    uintptr_t end = base;
    const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps)) {
        unsigned long from, to;
        if (strstr(line, name) && sscanf(line, "%lx-%lx", &from, &to) == 2 && to > end)
            end = to;
    }
    if (maps)
        fclose(maps);
    return end;
}

int main(int argc, char **argv)
{
    if (argc != 3 || atol(argv[2]) < 0) {
        fprintf(stderr, "usage: trace LIBRARY SIZE\n");
        return 2;
    }
    void *library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    malloc_function *do_malloc = library ? (malloc_function *)dlsym(library, "hak_malloc") : NULL;
    free_function *do_free = library ? (free_function *)dlsym(library, "hak_free") : NULL;
    Dl_info info;
    if (!do_malloc || !do_free || !dladdr((void *)do_malloc, &info)) {
        fprintf(stderr, "trace: %s: %s\n", argv[1], dlerror());
        return 1;
    }
    uintptr_t base = (uintptr_t)info.dli_fbase;
    uintptr_t end = end_of(argv[1], base);
    pid_t child = fork();
    if (child < 0)
        die("fork");
    if (child == 0)
        run_child(do_malloc, do_free, (size_t)atol(argv[2]));
    wait_stop(child);
    step(child, PTRACE_SINGLESTEP);
    wait_stop(child);
    trace_call(child, "malloc", (uintptr_t)do_malloc, base, end);
    step(child, PTRACE_SINGLESTEP);
    wait_stop(child);
    trace_call(child, "free", (uintptr_t)do_free, base, end);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return 0;
}
