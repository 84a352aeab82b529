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

#include "bench/harness/args.h"
#include "bench/harness/memory.h"
#include "bench/harness/result.h"
#include "bench/harness/threads.h"
#include "plan.h"

enum {
    PAGE = 4096,
    SPINS = 200,
    WINDOW = 2048, /* steps of a thread in memory: the plan may be larger than that is */
};

struct slot {
    _Atomic uint32_t turn;
    unsigned char tag;
    unsigned char *block;
    uint64_t size;
};

struct worker {
    uint64_t first, n; /* of its steps in the plan */
    uint64_t step;     /* the one that it is at, from 0 */
    struct replay_step *window;
    pthread_t thread; /* valid once `started` */
    atomic_bool started;
    int64_t live;   /* bytes this thread has made less those it has freed, not yet in the sum */
    uint32_t lap;   /* all laps before it are known to be over */
    uint64_t calls; /* made so far */
} __attribute__((aligned(128)));

static const char *path;
static int file; /* the plan */
static struct replay_head head;
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
            (long)(worker - workers), (long)worker->step, names[step->kind], step->slot,
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
    if (llabs(worker->live) < head.live_step)
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

static _Noreturn void wrong(const char *what)
{
    fprintf(stderr, "replay: %s: %s\n", path, what);
    exit(2);
}

static void read_at(void *to, size_t bytes, uint64_t at)
{
    while (bytes) {
        ssize_t n = pread(file, to, bytes, (off_t)at);
        if (n <= 0)
            wrong(n ? strerror(errno) : "the plan is not whole");
        to = (char *)to + n;
        at += (uint64_t)n;
        bytes -= (size_t)n;
    }
}

/* Anonymous memory that is no block of the allocator under test. */
static void *table(size_t count, size_t size)
{
    void *p =
        mmap(NULL, count * size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        bench_out_of_memory(count * size);
    return p;
}

/* The next steps of the thread. */
static uint64_t read_window(struct worker *worker)
{
    uint64_t left = worker->n - worker->step, n = left < WINDOW ? left : WINDOW;
    if (!worker->window)
        worker->window = table(WINDOW, sizeof *worker->window);
    read_at(worker->window, n * sizeof *worker->window,
            replay_steps_at(&head) + (worker->first + worker->step) * sizeof *worker->window);
    return n;
}

static void *run(void *arg)
{
    struct worker *worker = arg;
    while (worker->step < worker->n) {
        uint64_t n = read_window(worker);
        for (uint64_t i = 0; i < n; i++, worker->step++)
            act(worker, &worker->window[i]);
    }
    if (worker->window)
        munmap(worker->window, WINDOW * sizeof *worker->window);
    return NULL;
}

static void load(void)
{
    struct stat about;
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &about))
        wrong(strerror(errno));
    if ((size_t)about.st_size < sizeof head)
        wrong("no plan of a replay: too short");
    read_at(&head, sizeof head, 0);
    if (head.magic != REPLAY_MAGIC)
        wrong("no plan of a replay, or one of another version");
    if (!head.nthreads || (uint64_t)about.st_size !=
                              replay_steps_at(&head) + head.nsteps * sizeof(struct replay_step))
        wrong("the plan is not whole");
    workers = table(head.nthreads, sizeof *workers);
    slots = table(head.nslots, sizeof *slots);
    running = table(head.nlaps, sizeof *running);
    uint64_t at = sizeof head;
    for (uint32_t i = 0; i < head.nthreads; i++, at += sizeof(struct replay_thread)) {
        struct replay_thread range;
        read_at(&range, sizeof range, at);
        if (range.first > head.nsteps || range.n > head.nsteps - range.first)
            wrong("the plan is not whole");
        workers[i].first = range.first;
        workers[i].n = range.n;
    }
    read_at(running, head.nlaps * sizeof *running, at);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: replay PLAN\n");
        return 2;
    }
    bench_as("replay");
    path = argv[1];
    load();
    bench_start();
    run(&workers[0]);
    uint64_t calls = workers[0].calls;
    for (uint32_t i = 1; i < head.nthreads; i++) {
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
