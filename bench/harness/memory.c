/* memory.c: see memory.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "memory.h"

const char *bench_name;
bool bench_blocks_overlap;

void bench_out_of_memory(size_t size)
{
    fprintf(stderr, "%s: %zu bytes: %s\n", bench_name, size, strerror(errno));
    exit(1);
}

void *bench_calloc(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (!p)
        bench_out_of_memory(count * size);
    return p;
}

void bench_damaged(const void *block)
{
    fprintf(stderr, "%s: block %p was changed while it was in use\n", bench_name, block);
    exit(1);
}
