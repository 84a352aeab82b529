/* latency.c: see latency.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "latency.h"

enum { STEP_READS = 256, COST_READS = 64, COST_RUNS = 16 };

/* Of a sample of fewer than `least` calls the percentile is not printed: fewer than 10 would be
 * longer than it.  With 10, it lies between the 4th and the 17th longest call with a confidence of
 * 95 % (order statistics: Conover, "Practical Nonparametric Statistics", section 3.2); with fewer
 * than 4, any interval has no upper end.  The longest call is no estimate of anything. */
static const struct field {
    const char *name;
    double part;
    uint64_t least;
} fields[] = {{"p50", 0.5, 20}, {"p99", 0.99, 1000}, {"p999", 0.999, 10000}, {"max", 1, 10}};

uint64_t bench_latency_step = 1;
double bench_latency_cost;
static bool off;
static struct bench_latency all; /* what was merged */

bool bench_latency_setup(void)
{
    const char *wanted = getenv("BENCH_LATENCY");
    off = wanted && strcmp(wanted, "off") == 0;
    return !wanted || off || strcmp(wanted, "on") == 0;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

void bench_latency_calibrate(void)
{
    struct bench_rng rng = bench_seed(42);
    uint64_t step = 0;
    for (int i = 0; i < STEP_READS; i++) {
        uint64_t start = bench_ticks();
        /* Spans that have nothing in common but the step. */
        for (volatile uint32_t spin = bench_below(&rng, 64); spin > 0; spin--)
            continue;
        step = common_divisor(step, bench_ticks() - start);
    }
    bench_latency_step = step ? step : 1;
    for (int i = 0; i < COST_RUNS; i++) {
        uint64_t start = bench_ticks(), last = start;
        for (int j = 0; j < COST_READS; j++)
            last = bench_ticks();
        double cost = (double)(last - start) / COST_READS;
        if (i == 0 || cost < bench_latency_cost) /* no interrupt meanwhile */
            bench_latency_cost = cost;
    }
}

void bench_latency_begin(struct bench_latency *latency, uint32_t every)
{
    memset(latency, 0, sizeof *latency);
    latency->every = every;
    latency->rng = bench_seed(bench_ticks());
    latency->left = off ? UINT64_MAX : bench_below(&latency->rng, every);
}

void bench_latency_merge(const struct bench_latency *latency)
{
    for (unsigned i = 0; i < BENCH_BUCKETS; i++)
        all.counts[i] += latency->counts[i];
    if (latency->most > all.most)
        all.most = latency->most;
}

uint64_t bench_latency_calls(const struct bench_latency *latency)
{
    uint64_t calls = 0;
    for (unsigned i = 0; i < BENCH_BUCKETS; i++)
        calls += latency->counts[i];
    return calls;
}

/* The bucket's least value, steps; of the one after the last: where that one ends. */
static double bucket_start(unsigned bucket)
{
    unsigned shift = bucket >> BENCH_SUB_BITS;
    shift -= shift > 0;
    return (double)((uint64_t)(bucket - (shift << BENCH_SUB_BITS)) << shift);
}

double bench_latency_percentile(const struct bench_latency *latency, double part)
{
    uint64_t calls = bench_latency_calls(latency);
    double most = (double)latency->most - bench_latency_cost;
    if (part >= 1 || calls == 0)
        return most > 0 ? most : 0;
    double rank = part * (double)calls, below = 0;
    unsigned i = 0;
    while (below + latency->counts[i] < rank)
        below += latency->counts[i++];
    double start = bucket_start(i);
    double steps =
        start + (bucket_start(i + 1) - start) * (rank - below) / latency->counts[i] - 0.5;
    double ticks = steps * (double)bench_latency_step - bench_latency_cost;
    ticks = ticks < most ? ticks : most;
    return ticks > 0 ? ticks : 0;
}

int bench_latency_print(char *text, size_t room, double ns_per_tick)
{
    uint64_t calls = bench_latency_calls(&all);
    int n = 0;
    text[0] = 0;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct field *field = &fields[i];
        double ns = bench_latency_percentile(&all, field->part) * ns_per_tick;
        if (calls >= field->least)
            n += snprintf(text + n, room - (size_t)n, " %s_ns=%.1f", field->name, ns);
    }
    return n;
}
