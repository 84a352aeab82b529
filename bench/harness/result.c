/* result.c: see result.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "args.h"
#include "clock.h"
#include "latency.h"
#include "memory.h"
#include "result.h"

/* What was measured: all parts from bench_start to bench_stop together. */
static struct {
    double seconds;
    double elapsed,
        ticks; /* the same by this thread's clock, and by the counter of the processor */
    long faults;
    double user, system; /* seconds */
} measured;

/* The last part. */
static double start_time, last; /* `last` is what it added to the seconds */
static uint64_t start_ticks;
static struct rusage start_usage;

static double seconds_between(struct timeval from, struct timeval to)
{
    return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_usec - from.tv_usec) * 1e-6;
}

void bench_start(void)
{
    if (measured.ticks == 0)
        bench_latency_calibrate();
    getrusage(RUSAGE_SELF, &start_usage);
    start_ticks = bench_ticks();
    start_time = bench_now();
}

void bench_stop(void)
{
    struct rusage usage;
    measured.ticks += (double)(bench_ticks() - start_ticks);
    last = bench_now() - start_time;
    getrusage(RUSAGE_SELF, &usage);
    measured.seconds += last;
    measured.elapsed += last;
    measured.faults += usage.ru_minflt - start_usage.ru_minflt;
    measured.user += seconds_between(start_usage.ru_utime, usage.ru_utime);
    measured.system += seconds_between(start_usage.ru_stime, usage.ru_stime);
}

void bench_span(double seconds)
{
    measured.seconds += seconds - last;
    last = seconds;
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
    struct rusage usage;
    long peak = status_kib("\nVmHWM:");
    if (peak)
        return peak;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

size_t bench_rss(void)
{
    return (size_t)status_kib("\nVmRSS:") << 10;
}

void bench_result(uint64_t ops)
{
    char line[1024], latencies[256];
    bench_latency_print(latencies, sizeof latencies, measured.elapsed * 1e9 / measured.ticks);
    int n = snprintf(line, sizeof line,
                     "RESULT bench=%s params=\"%s\" ops=%llu seconds=%.6f ops_per_s=%.0f "
                     "peak_rss_kib=%ld rss_kib=%zu minor_faults=%ld user_s=%.6f sys_s=%.6f%s\n",
                     bench_name, bench_params, (unsigned long long)ops, measured.seconds,
                     (double)ops / measured.seconds, peak_rss_kib(), bench_rss() >> 10,
                     measured.faults, measured.user, measured.system, latencies);
    if (write(STDOUT_FILENO, line, (size_t)n) != n)
        exit(1);
}
