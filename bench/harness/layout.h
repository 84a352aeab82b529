/* layout.h: where a program's own data and its first blocks lie.
 *
 * That decides which sets of the processor's caches they share, and so a part of a program's speed,
 * and is no property of the allocator (Mytkowicz, Diwan, Hauswirth and Sweeney, "Producing wrong
 * data without doing anything obviously wrong!", ASPLOS 2009).  All runs are alike in it, but for
 * what the kernel draws, unless BENCH_LAYOUT=N is in the environment.  Then the number N draws
 *
 *   the first blocks   up to 40 from malloc, of 16 bytes to 4 KiB and 16 KiB at most in all, before
 *                      the program's own; they stay until it ends
 *   the tables         1 to 64 cache lines between where a table would begin and where it begins
 *   their order        in which a program with several allocates them
 *
 * Runs of all variants with the same number draw the same. */
#ifndef BENCH_LAYOUT_H
#define BENCH_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

/* Reads BENCH_LAYOUT and allocates the first blocks.  Returns false if it is no whole number from 0
 * to 2^64 - 1.  bench_args does it. */
bool bench_layout_setup(void);

enum { BALLAST_MOST_KIB = 1 << 30 };

/* With BENCH_BALLAST=KIB in the environment, takes so much more memory until the program ends: a
 * known difference, for //bench:noise.  Returns false if it is no whole number of KiB.  bench_args
 * does it. */
bool bench_ballast_setup(void);

/* A program's own array: `count` elements of `size` bytes, zero.  From calloc, since the reference
 * `null` hands out the memory of malloc again and again.  Ends the program with status 1 when
 * memory is out. */
void *bench_table(size_t count, size_t size);
void bench_table_free(void *table);

/* The numbers from 0 to n - 1 in the order in which tables with these numbers are to be allocated:
 * ascending without BENCH_LAYOUT. */
void bench_order(unsigned *order, unsigned n);

#endif
