/* result.h: the measured part of a benchmark program, and its result line.
 *
 * Every program prints one line to stdout:
 *   RESULT bench=NAME params="..." ops=N seconds=S ops_per_s=R peak_rss_kib=K rss_kib=E
 *          minor_faults=F user_s=U sys_s=V [p50_ns=T p99_ns=T p999_ns=T max_ns=T]
 * where one operation is one malloc, calloc, realloc or free, seconds, faults and processor time
 * are those of the measured part, and rss_kib is what is resident when it is over.  The times are
 * those of single calls, of a sample (latency.h): half of its calls took no longer than p50_ns, 99
 * and 99.9 in a hundred no longer than p99_ns and p999_ns.  A percentile is there if at least 10
 * calls of the sample are longer: of 20 calls in all for p50_ns, 1000 for p99_ns, 10,000 for
 * p999_ns.  max_ns is there for 10 calls. */
#ifndef BENCH_RESULT_H
#define BENCH_RESULT_H

#include <stddef.h>
#include <stdint.h>

/* Bytes resident now. */
size_t bench_rss(void);

/* Around the measured part, in which all calls that are timed lie.  Several parts add up. */
void bench_start(void);
void bench_stop(void);
/* After bench_stop: the part took so many seconds by the clocks of the threads that did the work.
 * Whoever only waits for them may be woken when a short run is over. */
void bench_span(double seconds);
void bench_result(uint64_t ops);

#endif
