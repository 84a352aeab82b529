/* record.c: see record.h.  Locks: `sharing` before `look_keeping`; neither while a file is made. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "aligned.h"
#include "file.h"
#include "lock.h"
#include "look.h"
#include "next.h"
#include "record.h"

#define UNRECORDED "the program runs unrecorded"

enum {
    FORK_SLACK = 1 << 20,  /* blocks that other threads may make while a fork is under way */
    LEAST_ROOM = 32 << 20, /* bytes of the file system: a full one ends the program by a signal */
};

enum record_mode record_mode;

static char pattern[FILE_NAME_MAX]; /* absolute */
static size_t trace_most;           /* bytes; 0: no trace */
static struct record_file *mapped;  /* as record_self->file, also after a fork */
static bool pending;                /* a child of fork: its file is made at its first call */
static bool starting;
static pthread_key_t key;

static bool sharing; /* shard 0 */
static bool opening;

static uint64_t shards_taken; /* a bit for each */

/* Of the process before a fork; then of the child when it begins. */
static uint64_t first_clocks[RECORD_SHARDS];

/* ---- shards ---------------------------------------------------------------------------------- */

static void free_shard(void *unused)
{
    (void)unused;
    struct record_shard *shard = record_thread.shard;
    record_thread.shares = true; /* for what later destructors do */
    record_thread.shard = NULL;
    if (!record_self->file || !record_thread.number)
        return;
    __atomic_fetch_sub(&record_self->file->header.threads, 1, __ATOMIC_RELAXED);
    if (shard)
        __atomic_fetch_and(&shards_taken, ~((uint64_t)1 << shard->number), __ATOMIC_RELEASE);
}

/* The lowest one that is free; NULL: there is none. */
static struct record_shard *take_free_shard(struct record_file *file)
{
    uint64_t taken = __atomic_load_n(&shards_taken, __ATOMIC_RELAXED);
    while (~taken) {
        unsigned i = (unsigned)__builtin_ctzl(~taken);
        if (__atomic_compare_exchange_n(&shards_taken, &taken, taken | (uint64_t)1 << i, true,
                                        __ATOMIC_ACQUIRE, __ATOMIC_RELAXED)) {
            raise_to(&file->header.shards_used, i + 1);
            file->shards[i].number = i;
            file->shards[i].stamp = stamp_of(i, HEADER_SHIFT);
            return &file->shards[i];
        }
    }
    return NULL;
}

/* The first call of a thread. */
static void begin_thread(struct record_file *file)
{
    struct record_header *header = &file->header;
    record_thread.number = __atomic_add_fetch(&header->threads_started, 1, __ATOMIC_RELAXED);
    raise_to(&header->threads_most, __atomic_add_fetch(&header->threads, 1, __ATOMIC_RELAXED));
    struct record_shard *shard = take_free_shard(file);
    record_thread.shares = !shard;
    if (shard) {
        shard->traced = file->shards[0].traced;
        shard->interval = 1;
        shard->look_at = shard->clock + 1;
        look_at_others(shard);
        if (shard->traced)
            trace_thread(shard, record_thread.number);
        record_thread.shard = shard;
    }
    pthread_setspecific(key, file); /* may come back here */
}

static bool begin_child(void);

struct record_shard *record_enter(void)
{
    if (!record_self->file && !(pending && begin_child()))
        return NULL;
    struct record_file *file = record_self->file;
    if (!record_thread.shard && !record_thread.shares)
        begin_thread(file);
    if (record_thread.shard)
        return record_thread.shard;
    lock(&sharing);
    struct record_shard *shard = &file->shards[0];
    if (shard->traced)
        trace_thread(shard, record_thread.number);
    return shard;
}

void record_leave(struct record_shard *shard)
{
    if (shard->number == 0)
        unlock(&sharing);
}

/* ---- blocks ---------------------------------------------------------------------------------- */

void *record_attend(struct record_shard *shard, void *p, size_t size)
{
    mark_used(shard, bin_of(size));
    if (shard->live > shard->upper)
        look_rising(shard);
    if (shard->clock >= shard->look_at)
        look_up(shard);
    return p;
}

void *record_alloc(struct record_shard *shard, char *base, unsigned shift, size_t size,
                   enum trace_kind kind)
{
    if (shard->traced)
        trace_alloc(shard, kind, size, (uint64_t)1 << shift);
    if (shift != HEADER_SHIFT) {
        shard->alignments[shift]++;
        aligned_made(record_self->file, shift, size);
    }
    uint64_t stamp = stamp_of((unsigned)shard->number, shift);
    void *p = make_block(base, shift, size, stamp, (uint32_t)shard->clock);
    return count_alloc(shard, size, true) ? record_attend(shard, p, size) : p;
}

/* Whether the block is from before the fork that began this process. */
static inline bool is_inherited(const struct block *block)
{
    uint64_t first = record_self->file->shards[shard_of(block)].first_clock;
    return (int32_t)(block->birth - (uint32_t)first) < 0;
}

/* Before the free of a counted block. */
static void watch_free(struct record_shard *shard, const struct block *block)
{
    if (shard->traced && is_inherited(block))
        trace_adopt(shard, size_of(block), id_of(block));
    if (shard->live - (int64_t)size_of(block) < shard->lower)
        look_falling(shard, size_of(block));
}

void record_free(struct record_shard *shard, const struct block *block)
{
    if (shard_of(block) == NO_SHARD)
        return;
    watch_free(shard, block);
    if (shard->traced)
        trace_free(shard, id_of(block));
    if (shift_of(block) != HEADER_SHIFT)
        aligned_freed(record_self->file, shift_of(block), size_of(block));
    count_free(shard, block, true);
}

void *record_realloc(struct record_shard *shard, const struct block *old, char *base, size_t size)
{
    if (shard_of(old) == NO_SHARD)
        return record_alloc(shard, base, HEADER_SHIFT, size, TRACE_MALLOC);
    bool moves = bin_of(size) != bin_of(size_of(old));
    shard->reallocs_grown += size > size_of(old);
    watch_free(shard, old);
    if (shard->traced)
        trace_alloc(shard, TRACE_REALLOC, size, id_of(old));
    count_free(shard, old, moves);
    void *p = make_block(base, HEADER_SHIFT, size, shard->stamp, (uint32_t)shard->clock);
    return count_alloc(shard, size, moves) ? record_attend(shard, p, size) : p;
}

/* ---- files ----------------------------------------------------------------------------------- */

static void read_command_line(char *out)
{
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = read(fd, out, RECORD_PROGRAM - 1);
    (void)n; /* empty then */
    close(fd);
}

static void describe(struct record_file *file)
{
    struct record_header *header = &file->header;
    header->version = RECORD_VERSION;
    header->pid = (uint64_t)getpid();
    header->shards_used = 1;
    header->inherited_bytes = look_inherited.bytes;
    header->peak = look_inherited.bytes;
    read_command_line(header->program);
    memcpy(file->tallies[TALLY_INHERITED], look_inherited.tallies, sizeof look_inherited.tallies);
    aligned_inherit(file);
}

static void complain(const char *path, const char *what, const char *so)
{
    static char line[FILE_NAME_MAX + 128];
    int n = snprintf(line, sizeof line, "libhakmem-record: %s: %s; %s\n", path, what, so);
    if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
        return;
}

/* False, and a line unless `silent`: there is none. */
static bool make_trace(const char *recording, bool silent)
{
    static char path[FILE_NAME_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s.trace", recording) < sizeof path &&
        trace_start(path, trace_most))
        return true;
    if (!silent)
        complain(path, strerror(errno), "no trace is written");
    return false;
}

/* By one thread at a time; no path is on its stack, which may be that of a thread with little. */
static struct record_file *make_files(bool child, bool silent)
{
    static char path[FILE_NAME_MAX];
    struct record_file *file = NULL;
    const char *what = "the name is too long";
    if (record_file_name(path, pattern, child) == 0) {
        if (record_file_room(path) < LEAST_ROOM)
            what = "less than 32 MiB are free there";
        else if (!(file = record_file_make(path, sizeof *file)))
            what = errno == EFBIG ? "a limit on the size of files (ulimit -f) forbids it"
                                  : strerror(errno);
    }
    if (!file) {
        if (!silent)
            complain(path, what, UNRECORDED);
        return NULL;
    }
    describe(file);
    file->shards[0].stamp = stamp_of(0, HEADER_SHIFT);
    if (trace_most)
        file->shards[0].traced = make_trace(path, silent);
    for (unsigned s = 0; s < RECORD_SHARDS; s++) {
        if (first_clocks[s]) /* else the page stays a hole */
            file->shards[s].clock = file->shards[s].first_clock = first_clocks[s];
    }
    __atomic_thread_fence(__ATOMIC_RELEASE);
    memcpy(file->header.magic, RECORD_MAGIC, sizeof file->header.magic);
    return file;
}

/* Shard 0 is nobody's own. */
static void begin_recording(struct record_file *file)
{
    __atomic_store_n(&shards_taken, 1, __ATOMIC_RELAXED);
    look_begin(file);
    mapped = file;
    __atomic_store_n(&record_self->file, file, __ATOMIC_RELEASE);
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
    lock(&sharing);
    lock(&look_keeping);
    leaves_recorded = file;
    if (!file)
        return;
    uint64_t taken = __atomic_load_n(&shards_taken, __ATOMIC_RELAXED);
    look_copy(file, leaving);
    aligned_leave(file);
    for (unsigned s = 0; s < RECORD_SHARDS; s++) {
        const struct record_shard *shard = &file->shards[s];
        bool moves = s && taken >> s & 1 && shard != record_thread.shard;
        leaving_clocks[s] = s < shards_used(file) ? shard->clock + (moves ? FORK_SLACK : 0) : 0;
    }
}

static void after_fork_in_parent(void)
{
    unlock(&look_keeping);
    unlock(&sharing);
}

static void after_fork_in_child(void)
{
    unlock(&look_keeping);
    unlock(&sharing);
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
        struct record_file *file = make_files(true, true);
        pending = false;
        if (file)
            begin_recording(file);
    }
    unlock(&opening);
    errno = error;
    return record_self->file;
}

/* ---- start and end --------------------------------------------------------------------------- */

static bool read_environment(void)
{
    const char *name = secure_getenv("HAKMEM_RECORD");
    const char *trace = secure_getenv("HAKMEM_RECORD_TRACE");
    size_t folder = 0;
    if (!name || !*name)
        return false;
    if (*name != '/') {
        if (!getcwd(pattern, sizeof pattern - 1)) {
            complain(name, strerror(errno), UNRECORDED);
            return false;
        }
        folder = strlen(pattern);
        pattern[folder++] = '/';
    }
    if (strlen(name) >= sizeof pattern - folder) {
        complain(name, "the name is too long", UNRECORDED);
        return false;
    }
    strcpy(pattern + folder, name);
    trace_most = trace ? strtoull(trace, NULL, 10) : 0;
    return true;
}

static bool begin_process(void)
{
    struct record_self *self =
        mmap(NULL, RECORD_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (self == MAP_FAILED || pthread_key_create(&key, free_shard) != 0) {
        complain(pattern, "no memory", UNRECORDED);
        return false;
    }
    madvise(self, RECORD_PAGE, MADV_WIPEONFORK);
    struct record_file *file = make_files(false, false);
    if (!file)
        return false;
    record_self = self;
    begin_recording(file);
    return true;
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
    record_mode = read_environment() && begin_process() ? MODE_HEADERS : MODE_NONE;
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
