/* args.c: see args.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "latency.h"
#include "layout.h"
#include "memory.h"

/* Defined by ref/null.c only. */
extern const char bench_null_reference __attribute__((weak));
char bench_params[256];

static void print_range(const struct bench_arg *arg)
{
    if (!arg->words)
        fprintf(stderr, "%g..%.0f", arg->least, arg->most);
    for (int i = 0; arg->words && arg->words[i]; i++)
        fprintf(stderr, i ? ", %s" : "%s", arg->words[i]);
}

static void usage(const struct bench_arg *args, int n)
{
    fprintf(stderr, "usage: %s", bench_name);
    for (int i = 0; i < n; i++)
        fprintf(stderr, " %s", args[i].name);
    fprintf(stderr, "\n");
    for (int i = 0; i < n; i++) {
        fprintf(stderr, "  %-11s ", args[i].name);
        print_range(&args[i]);
        fprintf(stderr, "\n");
    }
    exit(2);
}

static double parse_word(const char *text, const struct bench_arg *arg,
                         const struct bench_arg *args, int n)
{
    for (int i = 0; arg->words[i]; i++) {
        if (strcmp(text, arg->words[i]) == 0)
            return i;
    }
    fprintf(stderr, "%s: %s: \"%s\" is not one of ", bench_name, arg->name, text);
    print_range(arg);
    fprintf(stderr, "\n");
    usage(args, n);
    return 0;
}

static double parse(const char *text, const struct bench_arg *arg, const struct bench_arg *args,
                    int n)
{
    char *end;
    if (arg->words)
        return parse_word(text, arg, args, n);
    errno = 0;
    double value = strtod(text, &end);
    int whole = arg->least >= 1 || arg->least == 0;
    if (end == text || *end || errno || !(value >= arg->least && value <= arg->most) ||
        (whole && value != (double)(uint64_t)value)) {
        fprintf(stderr, "%s: %s: \"%s\" is not a%s number in %g..%.0f\n", bench_name, arg->name,
                text, whole ? " whole" : "", arg->least, arg->most);
        usage(args, n);
    }
    return value;
}

void bench_as(const char *program)
{
    bench_name = program;
    bench_blocks_overlap = &bench_null_reference != NULL;
}

void bench_args(const char *program, int argc, char **argv, const struct bench_arg *args, int n,
                double *values)
{
    bench_as(program);
    if (argc - 1 != n) {
        fprintf(stderr, "%s: takes %d arguments, not %d\n", bench_name, n, argc - 1);
        usage(args, n);
    }
    if (!bench_latency_setup()) {
        fprintf(stderr, "%s: BENCH_LATENCY: \"%s\" is not one of on, off\n", bench_name,
                getenv("BENCH_LATENCY"));
        exit(2);
    }
    if (!bench_layout_setup()) {
        fprintf(stderr, "%s: BENCH_LAYOUT: \"%s\" is not a whole number in 0..%llu\n", bench_name,
                getenv("BENCH_LAYOUT"), ~0ull);
        exit(2);
    }
    if (!bench_ballast_setup()) {
        fprintf(stderr, "%s: BENCH_BALLAST: \"%s\" is not a whole number in 0..%d\n", bench_name,
                getenv("BENCH_BALLAST"), BALLAST_MOST_KIB);
        exit(2);
    }
    size_t len = 0;
    for (int i = 0; i < n; i++) {
        values[i] = parse(argv[i + 1], &args[i], args, n);
        len += (size_t)snprintf(bench_params + len, sizeof bench_params - len, i ? " %s" : "%s",
                                argv[i + 1]);
        if (len >= sizeof bench_params)
            usage(args, n);
    }
}
