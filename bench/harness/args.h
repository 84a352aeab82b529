/* args.h: the arguments of a benchmark program, and what its environment asks for.  Exit status 2
 * for wrong ones.
 *
 * With BENCH_LATENCY=off no call is timed (latency.h).  BENCH_LAYOUT=N draws where the program's
 * data and its first blocks lie (layout.h). */
#ifndef BENCH_ARGS_H
#define BENCH_ARGS_H

#include <stddef.h>

/* The arguments as they were given, in one word group. */
extern char bench_params[256];

/* One argument: its name in the usage line and the values that it may have: numbers, or one of some
 * words, whose value is its index. */
struct bench_arg {
    const char *name;
    double least;
    double most;
    const char *const *words; /* ends with NULL; itself NULL for numbers */
};
#define BENCH_NUMBER(name, least, most)                                                            \
    {                                                                                              \
        name, least, most, NULL                                                                    \
    }
#define BENCH_WORD(name, words)                                                                    \
    {                                                                                              \
        name, 0, 0, words                                                                          \
    }

/* `program` is the benchmark's name, whatever variant the file is linked for.
 * Checks that there are exactly `n` arguments, numbers in their ranges (whole ones, unless the
 * range starts below 1), and stores them; otherwise prints the usage and exits with 2. */
void bench_args(const char *program, int argc, char **argv, const struct bench_arg *args, int n,
                double *values);

/* The name alone, for a program whose arguments are no numbers. */
void bench_as(const char *program);

#endif
