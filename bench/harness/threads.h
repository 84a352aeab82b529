/* threads.h: the threads of the programs with more than one.
 *
 * A crew is threads that warm up, do the measured work together, and may do more after it:
 *
 *     thread i                         main thread
 *     warms up
 *     bench_crew_start(crew, i)        bench_crew_measure(crew): waits until all are warm,
 *     does the measured work             bench_start, lets them go, waits until all are done,
 *     bench_crew_stop(crew, i)           bench_stop, lets them go on
 *
 * So page faults and processor time are those of the measured work, of all threads.  The time is
 * from the first thread's start to the last one's stop: the main thread, which only waits for them,
 * may be woken when a short run is over. */
#ifndef BENCH_THREADS_H
#define BENCH_THREADS_H

#include <pthread.h>

enum { BENCH_MAX_THREADS = 256 };

/* pthread_create that ends the program with status 1 when it fails. */
pthread_t bench_thread(void *(*run)(void *), void *arg);

struct bench_crew {
    pthread_barrier_t barrier; /* of the threads and the main one */
    unsigned n;                /* threads */
    struct {
        double start, stop; /* of bench_now */
    } times[BENCH_MAX_THREADS];
};

/* Of `n` threads; may be made again once its threads have ended. */
void bench_crew_make(struct bench_crew *crew, unsigned n);
void bench_crew_start(struct bench_crew *crew, unsigned i);
void bench_crew_stop(struct bench_crew *crew, unsigned i);
void bench_crew_measure(struct bench_crew *crew);

#endif
