/* common.c: see common.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "common.h"
#include "latency.h"

/* Defined by ref/null.c only. */
extern const char bench_null_reference __attribute__((weak));
bool bench_blocks_overlap;

static const char *name;
static char params[256];
static double start_time, stop_time;
static double ns_per_tick; /* from bench_start to bench_stop */
static uint64_t start_ticks;
static struct rusage start_usage, stop_usage;

static void print_range(const struct bench_arg *arg)
{
    if (!arg->words)
        fprintf(stderr, "%g..%.0f", arg->least, arg->most);
    for (int i = 0; arg->words && arg->words[i]; i++)
        fprintf(stderr, i ? ", %s" : "%s", arg->words[i]);
}

static void usage(const struct bench_arg *args, int n)
{
    fprintf(stderr, "usage: %s", name);
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
    fprintf(stderr, "%s: %s: \"%s\" is not one of ", name, arg->name, text);
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
        fprintf(stderr, "%s: %s: \"%s\" is not a%s number in %g..%.0f\n", name, arg->name, text,
                whole ? " whole" : "", arg->least, arg->most);
        usage(args, n);
    }
    return value;
}

void bench_as(const char *program)
{
    name = program;
    bench_blocks_overlap = &bench_null_reference != NULL;
}

void bench_args(const char *program, int argc, char **argv, const struct bench_arg *args, int n,
                double *values)
{
    bench_as(program);
    if (argc - 1 != n) {
        fprintf(stderr, "%s: takes %d arguments, not %d\n", name, n, argc - 1);
        usage(args, n);
    }
    if (!bench_latency_setup()) {
        fprintf(stderr, "%s: BENCH_LATENCY: \"%s\" is not one of on, off\n", name,
                getenv("BENCH_LATENCY"));
        exit(2);
    }
    size_t len = 0;
    for (int i = 0; i < n; i++) {
        values[i] = parse(argv[i + 1], &args[i], args, n);
        len += (size_t)snprintf(params + len, sizeof params - len, i ? " %s" : "%s", argv[i + 1]);
        if (len >= sizeof params)
            usage(args, n);
    }
}

double bench_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

void bench_out_of_memory(size_t size)
{
    fprintf(stderr, "%s: %zu bytes: %s\n", name, size, strerror(errno));
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
    fprintf(stderr, "%s: block %p was changed while it was in use\n", name, block);
    exit(1);
}

void bench_start(void)
{
    bench_latency_calibrate();
    getrusage(RUSAGE_SELF, &start_usage);
    start_ticks = bench_ticks();
    start_time = bench_now();
}

void bench_stop(void)
{
    uint64_t ticks = bench_ticks() - start_ticks;
    stop_time = bench_now();
    getrusage(RUSAGE_SELF, &stop_usage);
    ns_per_tick = (stop_time - start_time) * 1e9 / (double)ticks;
}

void bench_span(double start, double stop)
{
    start_time = start;
    stop_time = stop;
}

static double seconds_between(struct timeval from, struct timeval to)
{
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_usec - from.tv_usec) * 1e-6;
}

/* A field of /proc/self/status, such as "\nVmHWM:", KiB; 0 if it is not there.  Without stdio,
 * which would allocate: see ref/null.c. */
static long status_kib(const char *field)
{
    static char text[8192];
    int file = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    ssize_t n = file >= 0 ? read(file, text, sizeof text - 1) : 0;
    if (file >= 0)
        close(file);
    text[n > 0 ? n : 0] = 0;
    const char *line = strstr(text, field);
    return line ? atol(line + strlen(field)) : 0;
}

/* ru_maxrss would start with the peak of the process that called exec. */
static long peak_rss_kib(void)
{
    long peak = status_kib("\nVmHWM:");
    return peak ? peak : stop_usage.ru_maxrss;
}

size_t bench_rss(void)
{
    return (size_t)status_kib("\nVmRSS:") << 10;
}

void bench_result(uint64_t ops)
{
    char line[1024], latencies[256];
    double seconds = stop_time - start_time;
    bench_latency_print(latencies, sizeof latencies, ns_per_tick);
    int n =
        snprintf(line, sizeof line,
                 "RESULT bench=%s params=\"%s\" ops=%llu seconds=%.6f ops_per_s=%.0f "
                 "peak_rss_kib=%ld rss_kib=%zu minor_faults=%ld user_s=%.6f sys_s=%.6f%s\n",
                 name, params, (unsigned long long)ops, seconds, (double)ops / seconds,
                 peak_rss_kib(), bench_rss() >> 10, stop_usage.ru_minflt - start_usage.ru_minflt,
                 seconds_between(start_usage.ru_utime, stop_usage.ru_utime),
                 seconds_between(start_usage.ru_stime, stop_usage.ru_stime), latencies);
    if (write(STDOUT_FILENO, line, (size_t)n) != n)
        exit(1);
}
