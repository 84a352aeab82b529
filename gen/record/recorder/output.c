/* output.c: see output.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "count/aligned.h"
#include "count/block.h"
#include "files/file.h"
#include "count/look.h"
#include "output.h"
#include "files/trace.h"

#define UNRECORDED "the program runs unrecorded"

enum {
    LEAST_ROOM = 32 << 20
}; /* bytes of the file system: a full one ends the program by a signal */

static char pattern[FILE_NAME_MAX]; /* absolute */
static size_t trace_most;           /* bytes; 0: no trace */

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

/* No path is on the stack, which may be that of a thread with little. */
struct record_file *output_make(bool child, const uint64_t *first_clocks)
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
        if (!child)
            complain(path, what, UNRECORDED);
        return NULL;
    }
    describe(file);
    file->shards[0].stamp = stamp_of(0, HEADER_SHIFT);
    if (trace_most)
        file->shards[0].traced = make_trace(path, child);
    for (unsigned s = 0; s < RECORD_SHARDS; s++) {
        if (first_clocks[s]) /* else the page stays a hole */
            file->shards[s].clock = file->shards[s].first_clock = first_clocks[s];
    }
    __atomic_thread_fence(__ATOMIC_RELEASE);
    memcpy(file->header.magic, RECORD_MAGIC, sizeof file->header.magic);
    return file;
}

void output_complain(const char *what)
{
    complain(pattern, what, UNRECORDED);
}

bool output_configure(void)
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
