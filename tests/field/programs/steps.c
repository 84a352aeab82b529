/* steps.c OPERATION WAY BLOCKS: a signal arrives before each of hakmem's instructions while it does
 * the operation; the handler of the first at each instruction forks.
 *
 *   OPERATION  first: a thread's first malloc; end: a thread ends; refill, flush, large, trim;
 *              adopt: the first malloc of a child made by _Fork while another thread allocates
 *   WAY        in: the child allocates in the handler; after: once the operation has ended
 *   BLOCKS     of each kind, of refill and flush: enough to fill a thread's cache
 *
 * The processor's trap flag makes the signals.  The child checks that what it is given overlaps
 * nothing.  Says "right" and how many children there were, or what went wrong. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#if !defined(__x86_64__)
#error "the trap flag is one of x86-64"
#endif

enum {
    TRAP_FLAG = 0x100,
    MOST_TEXT = 1 << 20, /* bytes of hakmem's code */
    LIVE = 400,          /* blocks of the parent, */
    MORE = 60,           /* of each size, of the child */
    SMALL = 16,          /* bytes: of a class whose blocks are linked, */
    MEDIUM = 900,        /* and of one whose pointers stand in an array */
    LARGE = 300000,
    MOST_BLOCKS = 10000,
    ADOPTIONS = 2,
    SECONDS = 10,
};
static const size_t sizes[] = {SMALL, MEDIUM, 200, 3000};
enum { NSIZES = sizeof sizes / sizeof sizes[0] };

static uintptr_t text, text_end, text_offset; /* hakmem's code, and where it is in the library */
static bool forked_at[MOST_TEXT];
static struct count {
    long forks, wrong;
} * count; /* shared with children */
static int after, in_child, nblocks;
static unsigned char *live[LIVE];

/* ---- what the child checks ------------------------------------------------------------------ */

static size_t size_of(size_t i)
{
    return sizes[i % NSIZES];
}

static void fill(unsigned char *block, size_t i)
{
    memset(block, (int)(1 + i % 251), size_of(i));
}

static int is_filled(const unsigned char *block, size_t i)
{
    size_t size = size_of(i);
    return block[0] == 1 + i % 251 && memcmp(block, block + 1, size - 1) == 0;
}

/* 0, or what is wrong. */
static int check(void)
{
    static unsigned char *mine[MORE * NSIZES];
    for (size_t i = 0; i < MORE * NSIZES; i++) {
        if (!(mine[i] = malloc(size_of(i))))
            return 2;
        fill(mine[i], i);
    }
    for (size_t i = 0; i < MORE * NSIZES; i++) {
        if (!is_filled(mine[i], i))
            return 3;
    }
    for (size_t i = 0; i < LIVE; i++) {
        if (live[i] && !is_filled(live[i], i))
            return 4;
    }
    for (size_t i = 0; i < MORE * NSIZES; i++)
        free(mine[i]);
    unsigned char *large = malloc(LARGE);
    if (!large)
        return 2;
    large[0] = large[LARGE - 1] = 1;
    free(large);
    return 0;
}

static void *check_in_thread(void *unused)
{
    (void)unused;
    return (void *)(intptr_t)check();
}

static void end_child(void)
{
    pthread_t thread;
    void *said = NULL;
    int bad = check();
    if (bad == 0 && (pthread_create(&thread, NULL, check_in_thread, NULL) != 0 ||
                     pthread_join(thread, &said) != 0))
        bad = 5;
    _exit(bad ? bad : (int)(intptr_t)said);
}

/* ---- steps ---------------------------------------------------------------------------------- */

static void note_child(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    count->forks++;
    if (status != 0 && !count->wrong)
        count->wrong = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static void on_step(int signal, siginfo_t *info, void *argument)
{
    (void)signal;
    (void)info;
    ucontext_t *context = argument;
    uintptr_t at = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    if (at < text || at >= text_end || count->wrong || forked_at[at - text])
        return;
    forked_at[at - text] = true;
    pid_t child = fork();
    if (child > 0) {
        note_child(child);
        if (count->wrong)
            fprintf(stderr, "at 0x%lx of the library\n", at - text + text_offset);
        return;
    }
    alarm(SECONDS);
    in_child = 1;
    context->uc_mcontext.gregs[REG_EFL] &= ~(greg_t)TRAP_FLAG;
    if (!after)
        _exit(check());
}

static inline void step(int on)
{
    if (on)
        __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
    else
        __asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
}

static int note_library(struct dl_phdr_info *info, size_t size, void *address)
{
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t start = info->dlpi_addr + part->p_vaddr;
        if (part->p_type == PT_LOAD && (part->p_flags & PF_X) &&
            (uintptr_t)address - start < part->p_memsz) {
            text = start;
            text_end = start + part->p_memsz;
            text_offset = part->p_vaddr;
        }
    }
    return 0;
}

/* ---- operations ----------------------------------------------------------------------------- */

static void *volatile kept;
static pthread_key_t last_key; /* made after hakmem's, so that its destructor runs later */
static pthread_barrier_t barrier;

static void *of_a_thread(void *unused)
{
    kept = malloc(40);
    free(kept);
    step(0);
    if (in_child)
        end_child();
    return unused;
}

static void *first_of_thread(void *unused)
{
    step(1);
    return of_a_thread(unused);
}

/* The C library blocks all signals before the thread is gone. */
static void stop_stepping(void *unused)
{
    (void)unused;
    step(0);
    if (in_child)
        end_child();
}

static void *end_of_thread(void *unused)
{
    pthread_setspecific(last_key, &last_key);
    for (int i = 0; i < 300; i++) {
        kept = malloc((size_t)i);
        free(kept);
    }
    step(1);
    return unused;
}

static void thread(void *(*run)(void *))
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, NULL) != 0)
        exit(2);
    pthread_join(thread, NULL);
}

/* The second thread of the program, for which hakmem starts its own: that blocks signals. */
static void *rest(void *unused)
{
    kept = malloc(40);
    free(kept);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return unused;
}

static void first(void)
{
    thread(first_of_thread);
}

static void end(void)
{
    thread(end_of_thread);
}

static void refill(void)
{
    static void *blocks[2][MOST_BLOCKS];
    for (int i = 0; i < nblocks; i++) {
        step(1);
        blocks[0][i] = malloc(SMALL);
        blocks[1][i] = malloc(MEDIUM);
        step(0);
        if (in_child)
            end_child();
    }
    for (int i = 0; i < nblocks; i++) {
        free(blocks[0][i]);
        free(blocks[1][i]);
    }
}

static void flush(void)
{
    static void *blocks[2][MOST_BLOCKS];
    for (int i = 0; i < nblocks; i++) {
        blocks[0][i] = malloc(SMALL);
        blocks[1][i] = malloc(MEDIUM);
    }
    for (int i = 0; i < nblocks; i++) {
        step(1);
        free(blocks[0][i]);
        free(blocks[1][i]);
        step(0);
        if (in_child)
            end_child();
    }
}

static void large(void)
{
    step(1);
    void *p = malloc(LARGE), *q = malloc(20000);
    p = realloc(p, 3 * LARGE);
    free(q);
    free(p);
    step(0);
    if (in_child)
        end_child();
}

static void trim(void)
{
    int (*trim)(size_t) = (int (*)(size_t))dlsym(RTLD_DEFAULT, "malloc_trim");
    for (int i = 0; i < 2; i++)
        free(malloc((size_t)(1 + i) * LARGE));
    step(1);
    trim(0);
    step(0);
    if (in_child)
        end_child();
}

static int stop;

/* Holds hakmem's locks most of the time. */
static void *keep_on(void *unused)
{
    int (*trim)(size_t) = (int (*)(size_t))dlsym(RTLD_DEFAULT, "malloc_trim");
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        void *volatile blocks[20];
        for (int i = 0; i < 20; i++)
            blocks[i] = malloc(size_of((size_t)i));
        for (int i = 0; i < 20; i++)
            free(blocks[i]);
        trim(0);
    }
    return unused;
}

static void adopt(void)
{
    pthread_t busy;
    if (pthread_create(&busy, NULL, keep_on, NULL) != 0)
        exit(2);
    for (int i = 0; i < ADOPTIONS; i++) {
        pid_t child = _Fork();
        if (child == 0) {
            alarm(SECONDS);
            step(1);
            kept = malloc(LARGE); /* takes a lock */
            step(0);
            _exit(in_child ? check() : 0);
        }
        note_child(child);
        usleep(1000);
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    pthread_join(busy, NULL);
    stop = 0;
}

static const struct {
    const char *name;
    void (*run)(void);
} operations[] = {{"first", first}, {"end", end},   {"refill", refill}, {"flush", flush},
                  {"large", large}, {"trim", trim}, {"adopt", adopt}};

int main(int argc, char **argv)
{
    void (*run)(void) = NULL;
    for (size_t i = 0; argc == 4 && i < sizeof operations / sizeof operations[0]; i++) {
        if (strcmp(argv[1], operations[i].name) == 0)
            run = operations[i].run;
    }
    if (!run || atoi(argv[3]) > MOST_BLOCKS)
        return 2;
    after = strcmp(argv[2], "after") == 0;
    nblocks = atoi(argv[3]);
    dl_iterate_phdr(note_library, dlsym(RTLD_DEFAULT, "malloc"));
    for (size_t i = 0; i < LIVE; i++) {
        live[i] = malloc(size_of(i));
        fill(live[i], i);
    }
    for (size_t i = 0; i < LIVE; i += 3) {
        free(live[i]);
        live[i] = NULL;
    }
    count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (count == MAP_FAILED)
        return 2;
    struct sigaction action = {.sa_sigaction = on_step, .sa_flags = SA_SIGINFO};
    sigaction(SIGTRAP, &action, NULL);
    pthread_key_create(&last_key, stop_stepping);
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_t second;
    if (pthread_create(&second, NULL, rest, NULL) != 0 || text_end - text > MOST_TEXT)
        return 2;
    pthread_barrier_wait(&barrier);
    run();
    run();
    pthread_barrier_wait(&barrier);
    pthread_join(second, NULL);
    int bad = count->wrong ? 0 : check();
    if (count->wrong || bad) {
        printf("wrong: %ld in a child, %d in the parent\n", count->wrong, bad);
        return 1;
    }
    printf("right: %ld\n", count->forks);
    return 0;
}
