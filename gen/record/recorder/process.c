/* process.c: see process.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "count/aligned.h"
#include "count/block.h"
#include "lock.h"
#include "count/look.h"
#include "next.h"
#include "output.h"
#include "process.h"
#include "files/trace.h"

enum { FORK_SLACK = 1 << 20 }; /* blocks that other threads may make while a fork is under way */

enum record_mode record_mode;

static struct record_file *mapped; /* as record_self->file, also after a fork */
static bool pending;               /* a child of fork: its file is made at its first call */
static bool opening;               /* the lock of that */
static bool starting;

/* Of the process before a fork; then of the child when it begins. */
static uint64_t first_clocks[RECORD_SHARDS];

static bool begin_recording(bool child)
{
    struct record_file *file = output_make(child, first_clocks);
    if (!file)
        return false;
    shards_begin();
    look_begin(file);
    mapped = file;
    __atomic_store_n(&record_self->file, file, __ATOMIC_RELEASE);
    return true;
}

/* ---- fork ------------------------------------------------------------------------------------ */

/* A child starts with what its parent has in use; it has the blocks of all threads and goes on as
 * one.  A child that makes no call, as many do before exec, leaves no file. */

static bool leaves_recorded;
static struct record_tally leaving[RECORD_BINS];
static uint64_t leaving_clocks[RECORD_SHARDS];

static void before_fork(void)
{
    struct record_file *file = record_self->file;
    shards_hold();
    lock(&look_keeping);
    leaves_recorded = file;
    if (!file)
        return;
    look_copy(file, leaving);
    aligned_leave(file);
    for (unsigned s = 0; s < RECORD_SHARDS; s++) {
        const struct record_shard *shard = &file->shards[s];
        bool moves = s && shards_is_others(file, s);
        leaving_clocks[s] = s < shards_used(file) ? shard->clock + (moves ? FORK_SLACK : 0) : 0;
    }
}

static void after_fork_in_parent(void)
{
    unlock(&look_keeping);
    shards_let_go();
}

static void after_fork_in_child(void)
{
    unlock(&look_keeping);
    shards_let_go();
    unlock(&opening);
    if (!leaves_recorded)
        return; /* it may be a child that made no call yet: nothing has changed since its fork */
    munmap(mapped, sizeof *mapped);
    trace_leave();
    mapped = record_self->file = NULL;
    memcpy(look_inherited.tallies, leaving, sizeof leaving);
    memcpy(first_clocks, leaving_clocks, sizeof first_clocks);
    memset(look_inherited.used, 0, sizeof look_inherited.used);
    look_inherited.bytes = 0;
    for (unsigned i = 0; i < RECORD_BINS; i++) {
        look_inherited.used[i / 64] |= (uint64_t)(leaving[i].blocks != 0) << i % 64;
        look_inherited.bytes += leaving[i].bytes;
    }
    record_thread = (struct record_thread){NULL, 0, false, 0};
    pending = true;
}

static bool begin_child(void)
{
    int error = errno;
    lock(&opening);
    if (pending) {
        begin_recording(true);
        pending = false;
    }
    unlock(&opening);
    errno = error;
    return record_self->file;
}

struct record_shard *record_enter(void)
{
    if (!record_self->file && !(pending && begin_child()))
        return NULL;
    return shards_enter(record_self->file);
}

/* ---- start and end --------------------------------------------------------------------------- */

static bool begin_process(void)
{
    struct record_self *self =
        mmap(NULL, RECORD_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (self == MAP_FAILED || !shards_init()) {
        output_complain("no memory");
        return false;
    }
    madvise(self, RECORD_PAGE, MADV_WIPEONFORK);
    record_self = self;
    return begin_recording(false);
}

bool record_init(void)
{
    if (likely(record_mode != MODE_UNKNOWN))
        return true;
    if (starting || !environ)
        return false;
    int error = errno;
    starting = true;
    record_next_find();
    record_mode = output_configure() && begin_process() ? MODE_HEADERS : MODE_NONE;
    starting = false;
    errno = error;
    return true;
}

__attribute__((constructor)) static void at_start(void)
{
    record_init();
    if (record_mode == MODE_HEADERS)
        pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

__attribute__((destructor)) static void at_exit(void)
{
    record_complete();
}

void record_complete(void)
{
    const struct record_file *file = record_self->file;
    if (file && file->header.pid == (uint64_t)getpid()) /* not the child of a vfork */
        look_last();
}
