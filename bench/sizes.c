/* sizes.c: a library to preload that records which sizes a program asks malloc for.
 *
 *   LD_PRELOAD=libsizes.so HAKMEM_SIZES=PREFIX program
 *
 * At its exit each process writes PREFIX.<pid>, one JSON object, of the moment when most bytes were
 * in use; without the variable nothing is recorded and nothing written.
 *   program     name of the process
 *   calls       that gave a block, from start to exit
 *   peak_bytes  asked for and in use at that moment
 *   larger      blocks in use then that are above 32 KiB
 *   sizes       size in bytes -> blocks of it in use then, for sizes up to 32 KiB
 *   threads     that asked for a block, from start to exit
 *   asked       calls by size, from start to exit: bound -> calls up to it and above the last,
 *               "larger" for the rest
 * A block is counted by the size that was asked for, an aligned one as well.  A child of fork
 * starts with what its parent had in use; a process that ends by _exit or a signal writes nothing.
 *
 * Everything is recorded under one lock and kept outside of the program's heap.  The peak is exact,
 * and cheap although most programs reach new peaks all the time: what changed since the last one is
 * in a journal, which is played back when there is a new one; so each change is copied once. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    MOST = 32 << 10,     /* largest size with a count of its own, bytes */
    LARGER = MOST + 1,   /* the bin of all larger ones */
    NBINS = MOST + 2,    /* bin i counts blocks of i bytes */
    JOURNAL = 2 * NBINS, /* entries: a full one costs less to skip than to play back */
    EARLY = 16 << 10,    /* bytes for calls of malloc from within dlsym */
};

/* ---- the functions recorded ---------------------------------------------------------------- */

static struct {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    void *(*memalign)(size_t, size_t);
    void *(*valloc)(size_t);
    void *(*pvalloc)(size_t);
} next;

static char prefix[PATH_MAX]; /* empty: nothing is recorded */
static bool starting;         /* dlsym is at work */
static char early[EARLY] __attribute__((aligned(16)));
static size_t early_used;

static void *early_alloc(size_t size)
{
    size_t rounded = (size + 15) & ~(size_t)15;
    if (size > EARLY || rounded > EARLY - early_used)
        return NULL;
    early_used += rounded;
    return early + early_used - rounded;
}

static bool is_early(const void *p)
{
    return (uintptr_t)p - (uintptr_t)early < EARLY;
}

static void *find(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* In the process's first call, when it has one thread.  The name is copied: programs write to their
 * environment. */
static void start(void)
{
    starting = true;
    next.calloc = find("calloc");
    next.realloc = find("realloc");
    next.free = find("free");
    next.posix_memalign = find("posix_memalign");
    next.aligned_alloc = find("aligned_alloc");
    next.memalign = find("memalign");
    next.valloc = find("valloc");
    next.pvalloc = find("pvalloc");
    next.malloc = find("malloc");
    const char *name = getenv("HAKMEM_SIZES");
    if (name && strlen(name) < sizeof prefix)
        strcpy(prefix, name);
    starting = false;
}

/* Whether a call is the program's; false: it comes from dlsym and takes early memory. */
static bool ready(void)
{
    if (__builtin_expect(next.malloc != NULL, 1))
        return true;
    if (starting)
        return false;
    start();
    return true;
}

/* ---- blocks in use: address -> size, a hash table with linear probing ------------------------ */

struct block {
    uintptr_t address; /* 0: an empty place */
    size_t size;
};

static struct {
    struct block *places;
    size_t used;
    unsigned shift; /* 64 - log2 of the number of places; at least half of them are empty */
} table;

static size_t mask(void)
{
    return ((size_t)1 << (64 - table.shift)) - 1;
}

/* Fibonacci hashing: Knuth, The Art of Computer Programming, volume 3, section 6.4. */
static size_t home(uintptr_t address)
{
    return (address >> 4) * 0x9E3779B97F4A7C15u >> table.shift;
}

static void place(struct block block)
{
    size_t i = home(block.address);
    while (table.places[i].address)
        i = (i + 1) & mask();
    table.places[i] = block;
}

/* Makes room for one more; false: memory is out. */
static bool table_grow(void)
{
    size_t old = table.places ? mask() + 1 : 0;
    if (2 * (table.used + 1) <= old)
        return true;
    size_t n = old ? 2 * old : 1 << 16;
    struct block *from = table.places;
    struct block *to =
        mmap(NULL, n * sizeof *to, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (to == MAP_FAILED)
        return false;
    table.places = to;
    table.shift = 64 - (unsigned)__builtin_ctzl(n);
    for (size_t i = 0; i < old; i++) {
        if (from[i].address)
            place(from[i]);
    }
    if (from)
        munmap(from, old * sizeof *from);
    return true;
}

/* Takes the block out; false: it is not there. */
static bool table_take(uintptr_t address, size_t *size)
{
    if (!table.places)
        return false;
    size_t hole = home(address);
    while (table.places[hole].address != address) {
        if (!table.places[hole].address)
            return false;
        hole = (hole + 1) & mask();
    }
    *size = table.places[hole].size;
    /* What follows moves up, unless that would put it before its home. */
    for (size_t i = (hole + 1) & mask(); table.places[i].address; i = (i + 1) & mask()) {
        size_t way = (i - home(table.places[i].address)) & mask();
        if (way >= ((i - hole) & mask())) {
            table.places[hole] = table.places[i];
            hole = i;
        }
    }
    table.places[hole].address = 0;
    table.used--;
    return true;
}

/* ---- counts --------------------------------------------------------------------------------- */

/* All below belongs to whoever holds the lock. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool stopped; /* the process ends, or memory is out */
static uint64_t calls;
static const size_t bounds[] = {256, 32 << 10, 64 << 10};
enum { NBOUNDS = sizeof bounds / sizeof *bounds };
static uint64_t asked[NBOUNDS + 1];
static unsigned threads;
/* Reached without a call, which might ask for memory itself. */
static __thread bool known_thread __attribute__((tls_model("initial-exec")));
static size_t live_bytes, peak_bytes;
static uint32_t live[NBINS], peak[NBINS];
/* Changes of `live` that `peak` lacks: bin + 1 for a block more, its negative for one less.  A full
 * journal lacks some of them. */
static int32_t journal[JOURNAL];
static size_t journal_used;

static void tally(size_t size, int change)
{
    size_t bin = size <= MOST ? size : LARGER;
    live[bin] += (uint32_t)change;
    live_bytes += change > 0 ? size : -size;
    if (journal_used < JOURNAL)
        journal[journal_used++] = change * (int32_t)(bin + 1);
}

/* What is counted from start to exit. */
static void tally_call(size_t size)
{
    size_t i = 0;
    while (i < NBOUNDS && size > bounds[i])
        i++;
    asked[i]++;
    calls++;
    threads += !known_thread;
    known_thread = true;
}

static void play_back(void)
{
    for (size_t i = 0; i < journal_used; i++) {
        if (journal[i] > 0)
            peak[journal[i] - 1]++;
        else
            peak[-journal[i] - 1]--;
    }
}

static void new_peak(void)
{
    peak_bytes = live_bytes;
    if (journal_used < JOURNAL)
        play_back();
    else
        memcpy(peak, live, sizeof peak);
    journal_used = 0;
}

/* Records that p of `size` bytes is in use; p may be NULL. */
static void *note_alloc(void *p, size_t size)
{
    if (!p || !*prefix)
        return p;
    pthread_mutex_lock(&lock);
    if (!stopped && !table_grow()) {
        stopped = true;
        *prefix = '\0'; /* nothing is written, which whoever wants the file will notice */
    }
    if (!stopped) {
        size_t gone;
        if (table_take((uintptr_t)p, &gone)) /* its free was not seen */
            tally(gone, -1);
        tally_call(size);
        place((struct block){(uintptr_t)p, size});
        table.used++;
        tally(size, 1);
        if (live_bytes > peak_bytes)
            new_peak();
    }
    pthread_mutex_unlock(&lock);
    return p;
}

/* Records that p is free, before it is: another thread may get the same address at once.  Returns
 * whether p was known, and its size. */
static bool note_free(void *p, size_t *size)
{
    bool known = false;
    if (!p || !*prefix)
        return false;
    pthread_mutex_lock(&lock);
    if (!stopped && table_take((uintptr_t)p, size)) {
        tally(*size, -1);
        known = true;
    }
    pthread_mutex_unlock(&lock);
    return known;
}

/* ---- malloc and its relatives ---------------------------------------------------------------- */

void *malloc(size_t size)
{
    return ready() ? note_alloc(next.malloc(size), size) : early_alloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (ready())
        return note_alloc(next.calloc(count, size), count * size);
    return early_alloc(count * size); /* never used before, so zero */
}

void free(void *p)
{
    size_t size;
    if (!p || is_early(p))
        return;
    note_free(p, &size);
    next.free(p);
}

static void *from_early(const void *p, size_t size)
{
    void *copy = malloc(size);
    size_t there = (size_t)(early + EARLY - (const char *)p);
    return copy ? memcpy(copy, p, size < there ? size : there) : NULL;
}

void *realloc(void *p, size_t size)
{
    size_t old;
    if (is_early(p))
        return from_early(p, size);
    if (!ready())
        return early_alloc(size);
    bool known = note_free(p, &old);
    void *moved = next.realloc(p, size);
    if (!moved && size && known)
        note_alloc(p, old);
    return note_alloc(moved, size);
}

int posix_memalign(void **p, size_t align, size_t size)
{
    if (!ready())
        return ENOMEM;
    int error = next.posix_memalign(p, align, size);
    if (!error)
        note_alloc(*p, size);
    return error;
}

void *aligned_alloc(size_t align, size_t size)
{
    return ready() ? note_alloc(next.aligned_alloc(align, size), size) : NULL;
}

void *memalign(size_t align, size_t size)
{
    return ready() ? note_alloc(next.memalign(align, size), size) : NULL;
}

void *valloc(size_t size)
{
    return ready() ? note_alloc(next.valloc(size), size) : NULL;
}

void *pvalloc(size_t size)
{
    return ready() ? note_alloc(next.pvalloc(size), size) : NULL;
}

/* ---- fork and exit -------------------------------------------------------------------------- */

static void take_lock(void)
{
    pthread_mutex_lock(&lock);
}

static void leave_lock(void)
{
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void at_start(void)
{
    ready();
    pthread_atfork(take_lock, leave_lock, leave_lock);
}

static void write_sizes(FILE *file)
{
    fputs("{\"program\": \"", file);
    for (const char *c = program_invocation_short_name; *c; c++)
        fputc(*c < ' ' || *c == '"' || *c == '\\' ? '?' : *c, file);
    fprintf(file, "\", \"calls\": %llu, \"peak_bytes\": %zu, \"larger\": %u, \"sizes\": {",
            (unsigned long long)calls, peak_bytes, peak[LARGER]);
    const char *comma = "";
    for (unsigned size = 0; size <= MOST; size++) {
        if (peak[size]) {
            fprintf(file, "%s\"%u\": %u", comma, size, peak[size]);
            comma = ", ";
        }
    }
    fprintf(file, "}, \"threads\": %u, \"asked\": {", threads);
    for (unsigned i = 0; i < NBOUNDS; i++)
        fprintf(file, "\"%zu\": %llu, ", bounds[i], (unsigned long long)asked[i]);
    fprintf(file, "\"larger\": %llu}}\n", (unsigned long long)asked[NBOUNDS]);
}

__attribute__((destructor)) static void at_exit(void)
{
    char path[PATH_MAX + 24];
    pthread_mutex_lock(&lock);
    stopped = true; /* what writing takes is not the program's */
    pthread_mutex_unlock(&lock);
    if (!*prefix)
        return;
    snprintf(path, sizeof path, "%s.%ld", prefix, (long)getpid());
    FILE *file = fopen(path, "w");
    if (file)
        write_sizes(file);
    if (!file || fclose(file) != 0)
        perror(path);
}
