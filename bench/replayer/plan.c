/* plan.c: from the calls of a trace to the plan of a replay; see plan.h for what that is.
 *
 * A block gets a slot.  A slot that is free again is for the next block of the thread that freed
 * it, which has nothing to wait for; from the next lap on it is for any thread, as all laps before
 * the one that a thread is in are over.  So there are as many slots as blocks live at once, and
 * those that are freed in one lap. */
#include <stdio.h>
#include <stdlib.h>

#include "blocks.h"
#include "files.h"
#include "plan.h"
#include "prepare.h"

enum {
    LAPS = 1024,      /* of equal length ... */
    SHORTEST = 32,    /* ... but not of fewer ... */
    LONGEST = 4096,   /* ... or more calls */
    LIVE_STEPS = 256, /* the peak that a replay counts is this part of it behind, at most */
    BUFFERED = 1024,  /* steps of a thread that are not written yet, at most */
};

/* A stack of free slots, linked through plan.next. */
struct stack {
    uint32_t top, bottom;
    bool empty;
};

struct thread {
    uint64_t n, written;        /* steps so far */
    uint64_t to_come;           /* calls */
    uint64_t lap;               /* the one it is in, and one; 0: none yet */
    struct stack freed;         /* in this lap */
    struct replay_step *buffer; /* those not written, by n % BUFFERED; NULL: there are none */
};

struct plan {
    const char *path;
    int fd;
    uint64_t lap_calls; /* 0: there are no laps */
    struct replay_head head;
    struct replay_thread *ranges;
    struct thread *threads;
    uint32_t *entered; /* of each lap: threads */
    struct blocks blocks;
    uint32_t *turns, *next;   /* of each slot */
    struct stack common;      /* slots freed in earlier laps */
    uint32_t freers[LONGEST]; /* threads whose `freed` is not empty */
    unsigned nfreers;
    uint64_t lap; /* of the call */
    int64_t live, peak;
};

/* ---- steps ----------------------------------------------------------------------------------- */

static void flush(struct plan *plan, uint32_t t)
{
    struct thread *thread = &plan->threads[t];
    if (!thread->buffer)
        return;
    file_write(plan->fd, plan->path, thread->buffer + thread->written % BUFFERED,
               (thread->n - thread->written) * sizeof(struct replay_step),
               replay_steps_at(&plan->head) +
                   (plan->ranges[t].first + thread->written) * sizeof(struct replay_step));
    thread->written = thread->n;
    free(thread->buffer);
    thread->buffer = NULL;
}

static void step(struct plan *plan, uint32_t t, enum replay_kind kind, uint32_t slot, uint32_t turn,
                 uint64_t size, unsigned align)
{
    struct thread *thread = &plan->threads[t];
    if (!thread->buffer)
        thread->buffer = more_memory(NULL, BUFFERED, sizeof *thread->buffer);
    thread->buffer[thread->n++ % BUFFERED] = (struct replay_step){
        .slot = slot, .turn = turn, .size = size, .align = align & 255, .kind = kind & 255};
    if (thread->n % BUFFERED == 0)
        flush(plan, t);
}

/* ---- slots ----------------------------------------------------------------------------------- */

static bool pop(struct plan *plan, struct stack *stack, uint32_t *slot)
{
    if (stack->empty)
        return false;
    *slot = stack->top;
    stack->empty = stack->top == stack->bottom;
    stack->top = plan->next[stack->top];
    return true;
}

static uint32_t take_slot(struct plan *plan, uint32_t t)
{
    uint32_t slot;
    if (pop(plan, &plan->threads[t].freed, &slot) || pop(plan, &plan->common, &slot))
        return slot;
    slot = plan->head.nslots++;
    if ((slot & (slot - 1)) == 0) {
        plan->turns = more_memory(plan->turns, 2 * (size_t)slot + 1, sizeof *plan->turns);
        plan->next = more_memory(plan->next, 2 * (size_t)slot + 1, sizeof *plan->next);
    }
    plan->turns[slot] = 0;
    return slot;
}

static void free_slot(struct plan *plan, uint32_t t, uint32_t slot)
{
    struct stack *freed = &plan->threads[t].freed;
    if (freed->empty) {
        freed->bottom = slot;
        if (plan->lap_calls)
            plan->freers[plan->nfreers++] = t;
    } else {
        plan->next[slot] = freed->top;
    }
    freed->top = slot;
    freed->empty = false;
}

/* At the end of a lap. */
static void share_freed(struct plan *plan)
{
    while (plan->nfreers) {
        struct stack *freed = &plan->threads[plan->freers[--plan->nfreers]].freed;
        if (freed->empty)
            continue;
        if (plan->common.empty)
            plan->common.bottom = freed->bottom;
        else
            plan->next[freed->bottom] = plan->common.top;
        plan->common.top = freed->top;
        plan->common.empty = false;
        freed->empty = true;
    }
}

/* ---- laps ------------------------------------------------------------------------------------ */

static void leave(struct plan *plan, uint32_t t)
{
    if (plan->threads[t].lap)
        step(plan, t, REPLAY_LEAVE, (uint32_t)(plan->threads[t].lap - 1), 0, 0, 0);
}

/* Before a call of the thread. */
static void come(struct plan *plan, uint32_t t, uint64_t number)
{
    if (!plan->lap_calls)
        return;
    uint64_t lap = number / plan->lap_calls;
    if (lap != plan->lap)
        share_freed(plan);
    plan->lap = lap;
    if (plan->threads[t].lap == lap + 1)
        return;
    leave(plan, t);
    plan->threads[t].lap = lap + 1;
    plan->entered[lap]++;
    step(plan, t, REPLAY_ENTER, (uint32_t)lap, 0, 0, 0);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static const enum replay_kind kinds[] = {[TRACE_MALLOC] = REPLAY_MALLOC,
                                         [TRACE_CALLOC] = REPLAY_CALLOC,
                                         [TRACE_ALIGNED] = REPLAY_ALIGNED,
                                         [TRACE_REALLOC] = REPLAY_REALLOC,
                                         [TRACE_FREE] = REPLAY_FREE};

/* The block that the call gives up, or a new slot. */
static struct live old_of(struct plan *plan, const struct calls *calls, const struct call *call)
{
    struct live old = {0, 0, 0};
    bool frees = call->kind == TRACE_FREE;
    if (!frees && call->kind != TRACE_REALLOC) {
        old.at = take_slot(plan, call->thread);
        return old;
    }
    uint64_t block = frees ? call->block : call->old;
    if (!blocks_take(&plan->blocks, block, &old))
        file_fault(ENDS_WRONG, calls->path, "call %llu: %s of block %llu, which there is not",
                   (unsigned long long)call->number, frees ? "free" : "realloc",
                   (unsigned long long)block);
    return old;
}

static void add(struct plan *plan, const struct calls *calls, const struct call *call)
{
    struct live old = old_of(plan, calls, call);
    uint32_t slot = (uint32_t)old.at;
    plan->live += (int64_t)call->size - (int64_t)old.size;
    if (plan->live > plan->peak)
        plan->peak = plan->live;
    if (call->kind == TRACE_FREE)
        free_slot(plan, call->thread, slot);
    else if (!blocks_add(&plan->blocks, call->block, call->size, slot))
        file_fault(ENDS_WRONG, calls->path, "call %llu: gives block %llu, which there is already",
                   (unsigned long long)call->number, (unsigned long long)call->block);
    step(plan, call->thread, kinds[call->kind], slot, plan->turns[slot]++, call->size, call->align);
    if (--plan->threads[call->thread].to_come == 0) {
        leave(plan, call->thread);
        flush(plan, call->thread);
    }
}

static void add_all(struct plan *plan, struct calls *calls)
{
    struct call call;
    uint32_t before = 0, started = 1;
    while (calls_next(calls, &call)) {
        if (call.thread >= started) { /* by whoever made the call before */
            step(plan, before, REPLAY_START, call.thread, 0, 0, 0);
            started++;
        }
        before = call.thread;
        come(plan, call.thread, call.number);
        add(plan, calls, &call);
    }
    for (uint32_t t = 0; t < plan->head.nthreads; t++)
        flush(plan, t);
}

/* ---- the file -------------------------------------------------------------------------------- */

/* A range for each thread: its calls, threads that it starts, and what may be needed for laps. */
static void lay_out(struct plan *plan, const struct calls *calls)
{
    struct replay_head *head = &plan->head;
    head->magic = REPLAY_MAGIC;
    head->nthreads = calls->nthreads;
    if (calls->nthreads > 1) {
        uint64_t length = calls->n / LAPS;
        plan->lap_calls = length < SHORTEST ? SHORTEST : length > LONGEST ? LONGEST : length;
        head->nlaps = (uint32_t)((calls->n + plan->lap_calls - 1) / plan->lap_calls);
    }
    plan->ranges = new_memory(head->nthreads, sizeof *plan->ranges);
    plan->threads = new_memory(head->nthreads, sizeof *plan->threads);
    plan->entered = new_memory(head->nlaps, sizeof *plan->entered);
    plan->common.empty = true;
    for (uint32_t t = 0; t < head->nthreads; t++) {
        const struct calls_thread *of = &calls->threads[t];
        plan->ranges[t].first = head->nsteps;
        plan->threads[t].to_come = of->calls;
        plan->threads[t].freed.empty = true;
        head->nsteps +=
            of->calls + of->starts + 2 * (of->calls < head->nlaps ? of->calls : head->nlaps);
    }
}

static void write_head(struct plan *plan)
{
    struct replay_head *head = &plan->head;
    if (head->nthreads > 1) {
        int64_t live_step = plan->peak / LIVE_STEPS / head->nthreads;
        head->live_step = live_step < UINT32_MAX ? (uint32_t)live_step : UINT32_MAX;
    }
    for (uint32_t t = 0; t < head->nthreads; t++)
        plan->ranges[t].n = plan->threads[t].n;
    size_t ranges = head->nthreads * sizeof *plan->ranges;
    file_write(plan->fd, plan->path, head, sizeof *head, 0);
    file_write(plan->fd, plan->path, plan->ranges, ranges, sizeof *head);
    file_write(plan->fd, plan->path, plan->entered, head->nlaps * sizeof *plan->entered,
               sizeof *head + ranges);
}

void prepare_plan(struct calls *calls, const char *path)
{
    static struct plan plan;
    plan.path = path;
    lay_out(&plan, calls);
    uint64_t bytes = replay_steps_at(&plan.head) + plan.head.nsteps * sizeof(struct replay_step);
    plan.fd = file_make(path, bytes);
    add_all(&plan, calls);
    write_head(&plan);
    file_end(plan.fd, path, bytes);
    const struct {
        const char *name;
        uint64_t value;
    } found[] = {
        {"calls", calls->n},          {"threads", calls->nthreads},
        {"moves", calls->moves},      {"frees", calls->frees},
        {"adopted", calls->nadopted}, {"adopted_bytes", calls->adopted_bytes},
        {"slots", plan.head.nslots},  {"peak", (uint64_t)plan.peak},
        {"left", plan.blocks.n},
    };
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        printf("%s=%llu\n", found[i].name, (unsigned long long)found[i].value);
}
