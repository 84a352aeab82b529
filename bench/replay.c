/* replay PLAN: makes the calls of a recorded program again, on as many threads, and prints what
 * they took as the benchmark programs do.
 *
 * Every page of a block is written to, as are its first and last bytes.  When a block is freed or
 * reallocated these must still be what they were: blocks that overlap, or that move without their
 * contents, show.  So does a block that is not aligned, and calloc's that is not zero.
 *
 * A thread waits for another where it frees or reallocates what the other made, and where a lap of
 * the plan begins.  Within a lap the order, and thereby the peak, may differ from run to run with
 * several threads.  The line before the result is live_peak=N, the peak of the bytes asked for.
 * Exit status: 0, 1 (a check failed: one line names the step), 2 (arguments, or a wrong plan). */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"
#include "replay.h"
#include "threads.h"

enum { PAGE = 4096, SPINS = 200 };

struct slot {
    _Atomic uint32_t turn;
    unsigned char tag;
    unsigned char *block;
    uint64_t size;
};

struct worker {
    const struct replay_step *steps;
    uint64_t n;
    pthread_t thread; /* valid once `started` */
    atomic_bool started;
    int64_t live;   /* bytes this thread has made less those it has freed, not yet in the sum */
    uint32_t lap;   /* all laps before it are known to be over */
    uint64_t calls; /* made so far */
} __attribute__((aligned(128)));

static const struct replay_head *head;
static struct slot *slots;
static struct worker *workers;
static _Atomic uint32_t *running; /* in each lap: threads that have not left it */
static _Atomic int64_t live, live_peak;

static const char *const names[REPLAY_KINDS] = {"malloc", "calloc", "aligned_alloc", "realloc",
                                                "free",   "start",  "enter",         "leave"};

static _Noreturn void fault(const struct worker *worker, const struct replay_step *step,
                            const char *what)
{
    fprintf(stderr, "replay: thread %ld, step %ld: %s of slot %u, %llu bytes: %s\n",
            (long)(worker - workers), (long)(step - worker->steps), names[step->kind], step->slot,
            (unsigned long long)step->size, what);
    _exit(1);
}

static void wait_for(const _Atomic uint32_t *number, uint32_t value)
{
    for (unsigned spins = 0; atomic_load_explicit(number, memory_order_acquire) != value;) {
        if (++spins > SPINS)
            sched_yield();
    }
}

static void enter(struct worker *worker, uint32_t lap)
{
    for (; worker->lap < lap; worker->lap++)
        wait_for(&running[worker->lap], 0);
}

/* The first and last bytes, and the first of each page between them. */
static void write_tag(struct slot *slot)
{
    for (uint64_t i = 0; i < slot->size; i += PAGE)
        slot->block[i] = slot->tag;
    if (slot->size)
        slot->block[slot->size - 1] = slot->tag;
}

static bool has_tag(const struct slot *slot, uint64_t upto)
{
    for (uint64_t i = 0; i < upto; i += PAGE) {
        if (slot->block[i] != slot->tag)
            return false;
    }
    return upto < slot->size || upto == 0 || slot->block[upto - 1] == slot->tag;
}

static bool is_zero(const struct slot *slot)
{
    for (uint64_t i = 0; i < slot->size; i += PAGE) {
        if (slot->block[i])
            return false;
    }
    return slot->size == 0 || slot->block[slot->size - 1] == 0;
}

static void count(struct worker *worker, int64_t bytes)
{
    worker->live += bytes;
    if (llabs(worker->live) < head->live_step)
        return;
    int64_t now =
        atomic_fetch_add_explicit(&live, worker->live, memory_order_relaxed) + worker->live;
    worker->live = 0;
    int64_t peak = atomic_load_explicit(&live_peak, memory_order_relaxed);
    while (now > peak && !atomic_compare_exchange_weak_explicit(
                             &live_peak, &peak, now, memory_order_relaxed, memory_order_relaxed))
        ;
}

/* What malloc owes a block: what any object that fits needs.  Of less than 16 bytes that is 8. */
static size_t least_align(size_t size)
{
    return size < _Alignof(max_align_t) ? sizeof(void *) : _Alignof(max_align_t);
}

static void check_align(const struct worker *worker, const struct replay_step *step,
                        const void *block, size_t align)
{
    if ((uintptr_t)block % align)
        fault(worker, step, "not aligned");
}

static void make(struct worker *worker, const struct replay_step *step, struct slot *slot)
{
    size_t align =
        step->kind == REPLAY_ALIGNED ? (size_t)1 << step->align : least_align(step->size);
    slot->size = step->size;
    if (step->kind == REPLAY_CALLOC)
        slot->block = calloc(1, slot->size);
    else if (step->kind == REPLAY_ALIGNED)
        slot->block = memalign(align, slot->size);
    else
        slot->block = malloc(slot->size);
    if (!slot->block && slot->size)
        fault(worker, step, strerror(errno));
    check_align(worker, step, slot->block, align);
    if (step->kind == REPLAY_CALLOC && !is_zero(slot))
        fault(worker, step, "not zero");
    slot->tag = (unsigned char)(step->slot * 31 + step->turn * 7 + 1);
    write_tag(slot);
    count(worker, (int64_t)slot->size);
}

static void check(struct worker *worker, const struct replay_step *step, const struct slot *slot,
                  uint64_t upto)
{
    if (!has_tag(slot, upto))
        fault(worker, step, "contents changed");
}

static void resize(struct worker *worker, const struct replay_step *step, struct slot *slot)
{
    uint64_t kept = slot->size < step->size ? slot->size : step->size;
    check(worker, step, slot, slot->size);
    unsigned char *block = realloc(slot->block, step->size);
    if (!block && step->size)
        fault(worker, step, strerror(errno));
    slot->block = block;
    check_align(worker, step, block, least_align(step->size));
    check(worker, step, slot, kept);
    count(worker, (int64_t)step->size - (int64_t)slot->size);
    slot->size = step->size;
    write_tag(slot);
}

static void *run(void *arg);

static void call(struct worker *worker, const struct replay_step *step)
{
    struct slot *slot = &slots[step->slot];
    wait_for(&slot->turn, step->turn);
    if (step->kind == REPLAY_FREE) {
        check(worker, step, slot, slot->size);
        count(worker, -(int64_t)slot->size);
        free(slot->block);
    } else if (step->kind == REPLAY_REALLOC) {
        resize(worker, step, slot);
    } else {
        make(worker, step, slot);
    }
    atomic_store_explicit(&slot->turn, step->turn + 1, memory_order_release);
    worker->calls++;
}

static void act(struct worker *worker, const struct replay_step *step)
{
    switch (step->kind) {
    case REPLAY_START:
        workers[step->slot].thread = bench_thread(run, &workers[step->slot]);
        atomic_store(&workers[step->slot].started, true);
        return;
    case REPLAY_ENTER:
        enter(worker, step->slot);
        return;
    case REPLAY_LEAVE:
        atomic_fetch_sub_explicit(&running[step->slot], 1, memory_order_release);
        return;
    default:
        call(worker, step);
    }
}

static void *run(void *arg)
{
    struct worker *worker = arg;
    for (uint64_t i = 0; i < worker->n; i++)
        act(worker, &worker->steps[i]);
    return NULL;
}

static _Noreturn void wrong(const char *path, const char *what)
{
    fprintf(stderr, "replay: %s: %s\n", path, what);
    exit(2);
}

/* Anonymous memory that is no block of the allocator under test. */
static void *table(size_t bytes)
{
    void *p = mmap(NULL, bytes + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        bench_out_of_memory(bytes);
    return p;
}

static void load(const char *path)
{
    struct stat about;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &about))
        wrong(path, strerror(errno));
    size_t bytes = (size_t)about.st_size;
    if (bytes < sizeof *head)
        wrong(path, "no plan of a replay: too short");
    void *map = mmap(NULL, bytes, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (map == MAP_FAILED)
        wrong(path, strerror(errno));
    head = map;
    if (head->magic != REPLAY_MAGIC)
        wrong(path, "no plan of a replay, or one of another version");
    const uint64_t *counts = (const uint64_t *)(head + 1);
    const struct replay_step *steps = (const struct replay_step *)(counts + head->nthreads);
    workers = table(head->nthreads * sizeof *workers);
    slots = table(head->nslots * sizeof *slots);
    running = table(head->nlaps * sizeof *running);
    uint64_t n = 0;
    for (uint32_t i = 0; i < head->nthreads; i++) {
        workers[i].steps = steps + n;
        workers[i].n = counts[i];
        n += counts[i];
    }
    if (!head->nthreads || n != head->nsteps ||
        bytes != (size_t)((const char *)(steps + n) - (const char *)map))
        wrong(path, "the plan is not whole");
    for (uint64_t i = 0; i < n; i++) {
        if (steps[i].kind == REPLAY_LEAVE)
            running[steps[i].slot]++;
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: replay PLAN\n");
        return 2;
    }
    bench_as("replay");
    load(argv[1]);
    bench_start();
    run(&workers[0]);
    uint64_t calls = workers[0].calls;
    for (uint32_t i = 1; i < head->nthreads; i++) {
        while (!atomic_load(&workers[i].started))
            sched_yield();
        pthread_join(workers[i].thread, NULL);
        calls += workers[i].calls;
    }
    bench_stop();
    char text[64];
    int n = snprintf(text, sizeof text, "live_peak=%lld\n", (long long)atomic_load(&live_peak));
    if (write(STDOUT_FILENO, text, (size_t)n) != n)
        return 1;
    bench_result(calls);
    return 0;
}
