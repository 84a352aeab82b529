/* threads.h: starting threads and meeting at a point, for the programs with more than one. */
#ifndef BENCH_THREADS_H
#define BENCH_THREADS_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BENCH_MAX_THREADS = 256 };

/* pthread_create that ends the program with status 1 when it fails. */
static inline pthread_t bench_thread(void *(*run)(void *), void *arg)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, run, arg);
    if (error) {
        fprintf(stderr, "pthread_create: %s\n", strerror(error));
        exit(1);
    }
    return thread;
}

#endif
