/* bench_sanity CALLS THREADS: whether an allocator gives what it promises, before its speed is
 * measured: a broken one may well be the fastest.
 *
 * Checked are blocks of 0 bytes to 64 MiB: that they are aligned, that no two in use overlap, that
 * they keep what was written to them, that calloc clears, that realloc keeps the contents, that
 * malloc_usable_size is no less than was asked for, and no more than is there; on one thread, then
 * on THREADS, which free each other's blocks; last aligned_alloc and posix_memalign, which no
 * benchmark program calls.  CALLS is `all`, or `malloc` for an allocator that serves malloc and
 * free only.  What lies in another object than malloc does belongs to another allocator and is left
 * out.
 *
 * No call but those that are checked allocates: all tables are static.
 * Exit status: 0; 1: the allocator is wrong; 3: only its aligned blocks are.  Standard error has
 * one line that says how. */
#define _GNU_SOURCE
#include <link.h>
#include <malloc.h>
#include <string.h>

#include "bench/harness/args.h"
#include "bench/harness/kept.h"
#include "bench/harness/random.h"
#include "bench/harness/threads.h"

enum {
    MAIL = 64,       /* blocks on their way from thread to thread */
    STEPS = 8000,    /* of a thread */
    TOGETHER = 16,   /* small blocks of one size in use at a time, and 3 larger ones */
    TAIL = 64 << 10, /* bytes behind those asked for that are written to, at most */
    SEED = 42,
    ONLY_ALIGNED = 3, /* exit status */
};

static const size_t sizes[] = {
    0,      1,      7,      8,       15,      16,      17,       24,      32,    33,    40,
    48,     64,     80,     100,     128,     200,     256,      384,     500,   512,   777,
    1024,   1025,   2000,   2048,    4095,    4096,    8192,     10000,   16384, 32768, 65536,
    131072, 262145, 524288, 1048576, 3000000, 4194304, 33554432, 67108864};
enum { SIZES = sizeof sizes / sizeof *sizes };

static struct kept_table tables[BENCH_MAX_THREADS];
static struct kept mail[MAIL];
static pthread_mutex_t mail_lock = PTHREAD_MUTEX_INITIALIZER;
static bool all_calls;

/* ---- whose function it is ---------------------------------------------------------------------
 */

struct place {
    uintptr_t address;
    const void *object; /* what holds the address */
};

static int holds(struct dl_phdr_info *info, size_t size, void *arg)
{
    struct place *place = arg;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        if (info->dlpi_phdr[i].p_type == PT_LOAD &&
            place->address - start < info->dlpi_phdr[i].p_memsz)
            place->object = info->dlpi_phdr;
    }
    return place->object != NULL;
}

/* Whether a function is of the allocator that malloc is of. */
static bool is_ours(uintptr_t function)
{
    struct place its = {function, NULL}, mallocs = {(uintptr_t)malloc, NULL};
    dl_iterate_phdr(holds, &its);
    dl_iterate_phdr(holds, &mallocs);
    return its.object == mallocs.object;
}

/* ---- checks -----------------------------------------------------------------------------------
 */

static void take(struct kept_table *table, int slot, size_t size, struct bench_rng *rng)
{
    kept_enter(table, slot, "malloc", malloc(size), size, 0, bench_random(rng));
}

/* How many blocks of a size are in use at a time. */
static int together(size_t size)
{
    return size <= 64 << 10 ? TOGETHER : 3;
}

static void leave_all(struct kept_table *table)
{
    for (int i = 0; i < KEPT_SLOTS; i++)
        kept_leave(table, i);
}

static void check_sizes(struct kept_table *table, struct bench_rng *rng)
{
    bool usable = all_calls && is_ours((uintptr_t)malloc_usable_size);
    for (int i = 0; i < SIZES; i++) {
        for (int n = 0; n < together(sizes[i]); n++) {
            take(table, n, sizes[i], rng);
            size_t says = usable ? malloc_usable_size(table->slots[n].p) : sizes[i];
            if (says < sizes[i])
                KEPT_WRONG("malloc_usable_size: says %zu of a block of %zu bytes\n", says,
                           sizes[i]);
        }
        for (int n = 0; usable && n < together(sizes[i]); n++) { /* all of it may be written to */
            unsigned char *p = table->slots[n].p;
            size_t more = malloc_usable_size(p) - sizes[i];
            memset(p + sizes[i], 0x5A, more < TAIL ? more : TAIL);
        }
        leave_all(table);
    }
    for (int i = 0; i < SIZES; i++) /* all sizes side by side */
        take(table, i, sizes[i], rng);
    leave_all(table);
}

static void check_calloc(struct kept_table *table, struct bench_rng *rng)
{
    for (int i = 1; i < SIZES && sizes[i] <= 4 << 20; i++) {
        size_t size = sizes[i], count = size % 8 ? 1 : 8;
        for (int n = 0; n < together(sizes[i]); n++) { /* so that there is something to clear */
            take(table, n, size, rng);
            memset(table->slots[n].p, 0xA5, size);
        }
        for (int n = 0; n < together(sizes[i]); n++) {
            free(table->slots[n].p);
            table->slots[n].p = NULL;
        }
        for (int n = 0; n < together(sizes[i]); n++) {
            unsigned char *p = calloc(count, size / count);
            for (size_t at = 0; p && at < size; at++) {
                if (p[at])
                    KEPT_WRONG("calloc: byte %zu of a block of %zu bytes is not zero\n", at, size);
            }
            kept_enter(table, n, "calloc", p, size, 0, bench_random(rng));
        }
        leave_all(table);
    }
    volatile size_t half = SIZE_MAX / 2 + 1;
    if (calloc(half, 2))
        KEPT_WRONG("calloc: a block of %zu times 2 bytes, which no memory has\n", half);
}

static void check_realloc(struct kept_table *table, struct bench_rng *rng)
{
    kept_enter(table, 0, "realloc", realloc(NULL, 1), 1, 0, bench_random(rng));
    for (size_t size = 2; size < 4 << 20; size += size / 2) {
        kept_resize(table, 0, size);
        for (int near = 1; near <= 2; near++) { /* neighbours of its size, which it grows towards */
            kept_leave(table, near);
            take(table, near, size, rng);
        }
    }
    for (size_t size = 3 << 20; size; size /= 3)
        kept_resize(table, 0, size);
    leave_all(table);
}

static void check_aligned(struct kept_table *table, struct bench_rng *rng)
{
    bool c11 = is_ours((uintptr_t)aligned_alloc), posix = is_ours((uintptr_t)posix_memalign);
    for (size_t align = sizeof(void *); align <= 65536; align *= 2) {
        for (int i = 1; i < SIZES && sizes[i] <= 1 << 20; i++) {
            size_t whole = (sizes[i] + align - 1) & ~(align - 1);
            void *p = NULL;
            if (c11)
                kept_enter(table, 2 * i, "aligned_alloc", aligned_alloc(align, whole), whole, align,
                           bench_random(rng));
            if (posix && posix_memalign(&p, align, sizes[i]) == 0)
                kept_enter(table, 2 * i + 1, "posix_memalign", p, sizes[i], align,
                           bench_random(rng));
        }
        leave_all(table);
    }
}

/* Blocks that come, move and go at random; some go by way of another thread. */
static void *churn(void *arg)
{
    struct kept_table *table = arg;
    struct bench_rng rng = bench_seed(SEED + (uint64_t)(table - tables));
    for (int i = 0; i < STEPS; i++) {
        int slot = (int)bench_below(&rng, KEPT_SLOTS);
        struct kept *at = &table->slots[slot];
        size_t size = bench_size(&rng, 1, i % 64 ? 32 << 10 : 1 << 20);
        if (all_calls && at->p && i % 4 == 0) {
            kept_resize(table, slot, size);
            continue;
        }
        kept_leave(table, slot);
        if (all_calls && i % 8 == 1)
            kept_enter(table, slot, "calloc", calloc(1, size), size, 0, bench_random(&rng));
        else
            take(table, slot, size, &rng);
        if (i % 3 == 0) {
            pthread_mutex_lock(&mail_lock);
            struct kept *box = &mail[bench_below(&rng, MAIL)], given = *at;
            *at = *box;
            *box = given;
            pthread_mutex_unlock(&mail_lock);
        }
    }
    return NULL;
}

static void check_threads(int n)
{
    static pthread_t threads[BENCH_MAX_THREADS];
    for (int i = 0; i < n; i++)
        threads[i] = bench_thread(churn, &tables[i]);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < n; i++) { /* blocks of different threads lie apart too */
        for (int k = 0; k < KEPT_SLOTS; k++) {
            for (int other = 0; other < n && tables[i].slots[k].p; other++)
                kept_apart("threads", &tables[i].slots[k], &tables[other]);
        }
    }
    for (int i = 0; i < n; i++)
        leave_all(&tables[i]);
}

int main(int argc, char **argv)
{
    static const char *const calls[] = {"all", "malloc", NULL};
    static const struct bench_arg args[] = {BENCH_WORD("calls", calls),
                                            BENCH_NUMBER("threads", 1, BENCH_MAX_THREADS)};
    double v[2];
    bench_args("bench_sanity", argc, argv, args, 2, v);
    all_calls = v[0] == 0;
    struct bench_rng rng = bench_seed(SEED);
    check_sizes(&tables[0], &rng);
    if (all_calls) {
        check_calloc(&tables[0], &rng);
        check_realloc(&tables[0], &rng);
    }
    churn(&tables[0]);
    if (v[1] > 1)
        check_threads((int)v[1]);
    if (all_calls) {
        kept_status = ONLY_ALIGNED;
        leave_all(&tables[0]);
        check_aligned(&tables[0], &rng);
    }
    return 0;
}
