/* misuse.c FAULT: commits one fault, says that it came out of the faulty call, and goes on
 * allocating and freeing for a while, so that a late check has its chance.
 *
 * Standard output: "committed" when the faulty call returned, "survived" at the end. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { SMALL = 40, LARGE = 3 << 20, HUGE = 100 << 20, BLOCKS = 20000 };

/* The compiler must not see what is done to a block. */
static void *volatile hidden;

static char *opaque(void *p)
{
    hidden = p;
    return hidden;
}

static char *block(size_t size)
{
    char *p = opaque(malloc(size));
    memset(p, 1, size);
    return p;
}

/* Takes and gives back many blocks of all sizes, so that caches and quarantines turn over. */
static void churn(void)
{
    static char *blocks[BLOCKS];
    for (unsigned round = 0; round < 3; round++) {
        for (unsigned i = 0; i < BLOCKS; i++)
            blocks[i] = block(round == 2 && i % 200 == 0 ? LARGE : i % 100 + 1);
        for (unsigned i = 0; i < BLOCKS; i++)
            free(blocks[i]);
        malloc_trim(0);
    }
}

static void committed(void)
{
    (void)!write(STDOUT_FILENO, "committed\n", 10);
}

static void double_free_at_once(void)
{
    char *p = block(SMALL);
    free(p);
    free(opaque(p));
}

static void double_free_later(void)
{
    char *p = block(SMALL), *others[100];
    for (unsigned i = 0; i < 100; i++)
        others[i] = block(SMALL);
    free(p);
    for (unsigned i = 0; i < 100; i++)
        free(others[i]);
    free(opaque(p));
}

static void double_free_large(void)
{
    char *p = block(LARGE);
    free(p);
    free(opaque(p));
}

/* A block so large that its memory goes back to the system when it is freed, as in a program that
 * has begun to free. */
static void double_free_huge(void)
{
    char *p = block(HUGE), *behind = block(LARGE);
    free(block(LARGE));
    free(p);
    free(opaque(p));
    free(behind);
}

static void free_interior(void)
{
    free(opaque(block(SMALL) + 16));
}

static void free_interior_large(void)
{
    free(opaque(block(LARGE) + 4096));
}

static void free_wild(void)
{
    free(opaque((void *)(uintptr_t)0x123456789000));
}

/* An address in hakmem's range, if the profile's range is longer than what it has mapped. */
static void free_unmapped(void)
{
    free(opaque(block(SMALL) + (1 << 30)));
}

static void free_stack(void)
{
    char local[64] = {0};
    free(opaque(local + 16));
}

static void free_foreign(void)
{
    free(opaque(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)));
}

static void overflow_by_one(void)
{
    char *p = block(SMALL);
    p[SMALL] = 0;
    free(p);
}

static void overflow_by_many(void)
{
    char *p = block(SMALL);
    memset(p, 2, SMALL + 24);
    free(p);
}

/* The first byte that does not belong to the block, where a header would be that of the next. */
static void overflow_into_next(void)
{
    char *p = block(SMALL), *next = block(SMALL);
    p[malloc_usable_size(p)] = 0;
    free(next);
    free(p);
}

static void overflow_large(void)
{
    char *p = block(LARGE);
    p[LARGE] = 0;
    free(p);
}

static void write_after_free(void)
{
    char *p = block(SMALL);
    free(p);
    memset(opaque(p), 3, SMALL);
}

static void write_after_free_large(void)
{
    char *p = block(LARGE);
    free(p);
    opaque(p)[LARGE / 2] = 3;
}

static void wrong_size(void)
{
    void (*free_sized)(void *, size_t) =
        (void (*)(void *, size_t))dlsym(RTLD_DEFAULT, "free_sized");
    free_sized(block(SMALL), SMALL - 20);
}

static void realloc_freed(void)
{
    char *p = block(SMALL);
    free(p);
    hidden = realloc(opaque(p), SMALL * 10);
}

static void usable_size_freed(void)
{
    char *p = block(SMALL);
    free(p);
    hidden = (void *)malloc_usable_size(opaque(p));
}

static const struct {
    const char *name;
    void (*commit)(void);
} faults[] = {
    {"double-free", double_free_at_once},
    {"double-free-later", double_free_later},
    {"double-free-large", double_free_large},
    {"double-free-huge", double_free_huge},
    {"free-interior", free_interior},
    {"free-interior-large", free_interior_large},
    {"free-wild", free_wild},
    {"free-unmapped", free_unmapped},
    {"free-stack", free_stack},
    {"free-foreign", free_foreign},
    {"overflow-1", overflow_by_one},
    {"overflow-24", overflow_by_many},
    {"overflow-next", overflow_into_next},
    {"overflow-large", overflow_large},
    {"write-after-free", write_after_free},
    {"write-after-free-large", write_after_free_large},
    {"free-sized", wrong_size},
    {"realloc-freed", realloc_freed},
    {"usable-size-freed", usable_size_freed},
};

int main(int argc, char **argv)
{
    for (unsigned i = 0; argc == 2 && i < sizeof faults / sizeof *faults; i++) {
        if (strcmp(argv[1], faults[i].name) != 0)
            continue;
        free(block(SMALL)); /* the thread has its cache */
        faults[i].commit();
        committed();
        churn();
        (void)!write(STDOUT_FILENO, "survived\n", 9);
        return 0;
    }
    fprintf(stderr, "usage: misuse FAULT, one of:\n");
    for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++)
        fprintf(stderr, "  %s\n", faults[i].name);
    return 2;
}
