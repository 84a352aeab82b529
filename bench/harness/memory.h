/* memory.h: the blocks of the benchmark programs: what ends a program that cannot get one, or whose
 * block was damaged.  Exit status 1, and a line on standard error. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* The program's name, for messages; bench_as sets it. */
extern const char *bench_name;

/* malloc and calloc that end the program with status 1 when memory is out.  A program's own tables
 * come from bench_table (layout.h). */
static inline void *bench_malloc(size_t size);
void *bench_calloc(size_t count, size_t size);
void bench_out_of_memory(size_t size) __attribute__((noreturn, cold));
/* Ends the program with status 1: the block's contents changed while it was in use. */
void bench_damaged(const void *block) __attribute__((noreturn, cold));
/* Set by bench_as when the program runs on the reference `null`, whose blocks overlap. */
extern bool bench_blocks_overlap;

static inline void *bench_malloc(size_t size)
{
    void *p = malloc(size);
    if (__builtin_expect(!p, 0))
        bench_out_of_memory(size);
    return p;
}

/* A block that still holds what was written to it is `intact`. */
static inline void bench_check(const void *block, bool intact)
{
    if (!intact && !bench_blocks_overlap)
        bench_damaged(block);
}

#endif
