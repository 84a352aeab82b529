/* libc_names.c: blocks of the C library's internal names go to the public ones, and the reverse. */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);
void *__libc_valloc(size_t);
void *__libc_pvalloc(size_t);
void __libc_free(void *);

static void *internal_calloc(size_t size)
{
    return __libc_calloc(1, size);
}

static void *public_calloc(size_t size)
{
    return calloc(1, size);
}

static void *internal_memalign(size_t size)
{
    return __libc_memalign(128, size);
}

static void *public_memalign(size_t size)
{
    return memalign(128, size);
}

static void *internal_realloc(size_t size)
{
    return __libc_realloc(NULL, size);
}

static void *public_realloc(size_t size)
{
    return realloc(NULL, size);
}

typedef void *allocate_fn(size_t);
typedef void *resize_fn(void *, size_t);
typedef void free_fn(void *);

static const struct {
    allocate_fn *call;
    size_t alignment;
} allocates[] = {
    {__libc_malloc, 16},      {malloc, 16},           {internal_calloc, 16},  {public_calloc, 16},
    {internal_memalign, 128}, {public_memalign, 128}, {internal_realloc, 16}, {public_realloc, 16},
    {__libc_valloc, 4096},    {valloc, 4096},         {__libc_pvalloc, 4096}, {pvalloc, 4096},
};
static resize_fn *const resizes[] = {__libc_realloc, realloc, NULL};
static free_fn *const frees[] = {__libc_free, free};

static void try(unsigned a, unsigned r, unsigned f, size_t size)
{
    char *block = allocates[a].call(size);
    if (!block || (uintptr_t)block % allocates[a].alignment != 0 ||
        malloc_usable_size(block) < size)
        exit(10 + (int)a);
    memset(block, 1, size);
    if (resizes[r]) {
        block = resizes[r](block, size * 3);
        if (!block || block[0] != 1 || block[size - 1] != 1)
            exit(30 + (int)r);
    }
    frees[f](block);
}

int main(void)
{
    static const size_t sizes[] = {1, 40, 1000, 30000, 500000};
    for (unsigned a = 0; a < sizeof allocates / sizeof allocates[0]; a++)
        for (unsigned r = 0; r < 3; r++)
            for (unsigned f = 0; f < 2; f++)
                for (unsigned s = 0; s < 5; s++)
                    try(a, r, f, sizes[s]);
    puts("mixed");
    return 0;
}
