/* resident.c HOW: says how many KiB are resident that nobody uses.
 *
 *   burst          after 256 MiB in blocks of many sizes were used and freed, and a rest
 *   burst-threads  the same by two threads, which end
 *   bursts         the same, twelve times
 *   rising         while busy: temporaries of rising size, between which small large blocks stay
 *   locked, locked-threads   the same with all memory locked (mlockall)
 *
 * Of the bursts and the locked it says all that is resident, then what is locked. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum {
    KIB = 1024,
    BURST_MIB = 256,
    ROUNDS = 80,
    STEP_KIB = 200,
    KEPT = 80000,
    REST_MS = 1500,
    BURSTS = 12,
    THREADS = 2
};

static long status_kib(const char *name)
{
    char line[200];
    long value = -1;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file)) {
        if (strncmp(line, name, strlen(name)) == 0)
            value = atol(line + strlen(name) + 1);
    }
    if (file)
        fclose(file);
    return value;
}

static char *touched(size_t size)
{
    char *block = malloc(size);
    if (!block)
        exit(3);
    memset(block, 1, size);
    return block;
}

static void *burst(void *mib)
{
    static const size_t sizes[] = {200, 3000, 100000, 20000, 64, 700000};
    size_t bytes = (size_t)mib << 20, taken = 0, n = 0;
    char **blocks = malloc(bytes / 500 * sizeof *blocks);
    for (; taken < bytes; n++) {
        blocks[n] = touched(sizes[n % 6]);
        taken += sizes[n % 6];
    }
    for (size_t i = 0; i < n; i++)
        free(blocks[i]);
    free(blocks);
    return NULL;
}

static void *burst_of_a_part(void *unused)
{
    burst((void *)(BURST_MIB / THREADS));
    return unused;
}

static void burst_of_threads(void)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        if (pthread_create(&threads[i], NULL, burst_of_a_part, NULL) != 0)
            exit(2);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* Returns the most KiB beyond what is in use. */
static long rising(long start)
{
    static char *kept[ROUNDS];
    long most = 0;
    for (int i = 0; i < ROUNDS; i++) {
        char *temporary = touched((size_t)(KIB + i * STEP_KIB) * KIB);
        kept[i] = touched(KEPT);
        free(temporary);
        long beyond = status_kib("VmRSS:") - start - (long)(i + 1) * KEPT / KIB;
        most = beyond > most ? beyond : most;
    }
    for (int i = 0; i < ROUNDS; i++)
        free(kept[i]);
    return most;
}

static void rest(void)
{
    nanosleep(&(struct timespec){REST_MS / 1000, REST_MS % 1000 * 1000000}, NULL);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    long start = status_kib("VmRSS:");
    if (strcmp(argv[1], "rising") == 0) {
        printf("%ld\n", rising(start));
        return 0;
    }
    if (strncmp(argv[1], "locked", 6) == 0 && mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
        perror("mlockall");
        return 1;
    }
    if (strstr(argv[1], "threads"))
        burst_of_threads();
    else
        burst((void *)BURST_MIB);
    for (int i = 1; i < BURSTS && strcmp(argv[1], "bursts") == 0; i++)
        burst((void *)BURST_MIB);
    rest();
    printf("%ld %ld\n", status_kib("VmRSS:"), status_kib("VmLck:"));
    return 0;
}
