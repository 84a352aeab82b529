/* kernel_costs: what the kernel takes on this machine for what allocators ask of it.  Prints one
 * line, ns of processor time each:
 *   COSTS page=N page_alone=N mmap=N munmap=N mremap=N madvise=N mprotect=N brk=N futex_wake=N
 * `page` is a page of new memory that is written to once and given back: the fault, the clearing,
 * and the page's part of munmap.  Its neighbours are written to as well; `page_alone` is one
 * without neighbours, for which the kernel makes and clears a table besides.  The others are single
 * calls that meet no such page, on a mapping of LENGTH bytes; futex_wake finds no thread that
 * sleeps.
 *
 * Each is the median of ROUNDS means of CALLS calls, in one thread: with several threads, the same
 * calls wait for each other and take longer.  Exit status 1: the kernel refused a call. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 15, CALLS = 100, LENGTH = 1 << 20, BREAK = 128 << 10 };
enum { TABLES = 16, TABLE = 2 << 20 }; /* one table of pages is about so many bytes */
enum cost { PAGE, PAGE_ALONE, MMAP, MUNMAP, MREMAP, MADVISE, MPROTECT, BRK, FUTEX_WAKE_ONE, COSTS };

static const char *const names[COSTS] = {"page",    "page_alone", "mmap", "munmap",    "mremap",
                                         "madvise", "mprotect",   "brk",  "futex_wake"};

static void require(int holds, const char *what)
{
    if (!holds) {
        perror(what);
        exit(1);
    }
}

static char *map(size_t length)
{
    void *block = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(block != MAP_FAILED, "mmap");
    return block;
}

/* Processor time of this thread, seconds. */
static double used(void)
{
    struct timespec time;
    require(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0, "clock_gettime");
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void unmap(char *block, size_t length)
{
    require(munmap(block, length) == 0, "munmap");
}

static void map_and_unmap_all(double *mapping, double *unmapping)
{
    static char *blocks[CALLS];
    double start = used();
    for (int i = 0; i < CALLS; i++)
        blocks[i] = map(LENGTH);
    double middle = used();
    for (int i = 0; i < CALLS; i++)
        unmap(blocks[i], LENGTH);
    *mapping = middle - start;
    *unmapping = used() - middle;
}

/* Seconds of CALLS times a mapping and its end, with a byte written every `step` bytes. */
static double come_and_go(size_t length, size_t step)
{
    double start = used();
    for (int i = 0; i < CALLS; i++) {
        char *block = map(length);
        for (size_t at = 0; at < length; at += step)
            ((volatile char *)block)[at] = 1;
        unmap(block, length);
    }
    return used() - start;
}

/* The same for each of these bytes, without the two calls. */
static double page(size_t length, size_t step)
{
    double all = come_and_go(length, step), one = come_and_go(length, length);
    return (all - one) / (double)(length / step - 1);
}

/* The one call, for the i-th time, on a mapping that nobody has written to. */
static void call(enum cost kind, char *block, int i)
{
    static uint32_t word;
    switch (kind) {
    case MREMAP: /* it shrinks and grows in place */
        require(mremap(block, i % 2 ? LENGTH / 2 : LENGTH, i % 2 ? LENGTH : LENGTH / 2, 0) == block,
                "mremap");
        break;
    case MADVISE:
        require(madvise(block, LENGTH, MADV_DONTNEED) == 0, "madvise");
        break;
    case MPROTECT:
        require(mprotect(block, LENGTH, i % 2 ? PROT_READ | PROT_WRITE : PROT_READ) == 0,
                "mprotect");
        break;
    case BRK:
        require(sbrk(i % 2 ? -BREAK : BREAK) != (void *)-1, "brk");
        break;
    default:
        require(syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) == 0, "futex");
    }
}

static void measure(double seconds[COSTS])
{
    map_and_unmap_all(&seconds[MMAP], &seconds[MUNMAP]);
    seconds[PAGE] = page(LENGTH, (size_t)sysconf(_SC_PAGESIZE));
    seconds[PAGE_ALONE] = page((size_t)TABLES * TABLE, TABLE);
    for (enum cost kind = MREMAP; kind < COSTS; kind++) {
        char *block = map(LENGTH);
        double start = used();
        for (int i = 0; i < CALLS; i++)
            call(kind, block, i);
        seconds[kind] = used() - start;
        unmap(block, LENGTH);
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    static double found[COSTS][ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
        double seconds[COSTS];
        measure(seconds);
        for (int kind = 0; kind < COSTS; kind++)
            found[kind][round] = seconds[kind] * 1e9 / CALLS;
    }
    printf("COSTS");
    for (int kind = 0; kind < COSTS; kind++) {
        qsort(found[kind], ROUNDS, sizeof *found[kind], compare);
        printf(" %s=%.1f", names[kind], found[kind][ROUNDS / 2]);
    }
    printf("\n");
    return 0;
}
