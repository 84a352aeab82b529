/* threads.c: see threads.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "result.h"
#include "threads.h"

pthread_t bench_thread(void *(*run)(void *), void *arg)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run, arg);
    if (error) {
        fprintf(stderr, "pthread_create: %s\n", strerror(error));
        exit(1);
    }
    return thread;
}

void bench_crew_make(struct bench_crew *crew, unsigned n)
{
    crew->n = n;
    pthread_barrier_init(&crew->barrier, NULL, n + 1);
}

void bench_crew_start(struct bench_crew *crew, unsigned i)
{
    pthread_barrier_wait(&crew->barrier); /* all are warm */
    pthread_barrier_wait(&crew->barrier); /* the main thread has started the clock */
    crew->times[i].start = bench_now();
}

void bench_crew_stop(struct bench_crew *crew, unsigned i)
{
    crew->times[i].stop = bench_now();
    pthread_barrier_wait(&crew->barrier); /* all are done */
    pthread_barrier_wait(&crew->barrier); /* the main thread has stopped the clock */
}

void bench_crew_measure(struct bench_crew *crew)
{
    pthread_barrier_wait(&crew->barrier);
    bench_start();
    pthread_barrier_wait(&crew->barrier);
    pthread_barrier_wait(&crew->barrier);
    bench_stop();
    pthread_barrier_wait(&crew->barrier);
    double start = crew->times[0].start, stop = crew->times[0].stop;
    for (unsigned i = 1; i < crew->n; i++) {
        start = crew->times[i].start < start ? crew->times[i].start : start;
        stop = crew->times[i].stop > stop ? crew->times[i].stop : stop;
    }
    bench_span(stop - start);
}
