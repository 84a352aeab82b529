/* dump.c: see dump.h. */
#include "dump.h"
#include "atomic.h"
#include "os.h"
#include "report.h"
#include "stats.h"

enum { PATH_ROOM = 1024 };
enum thread_state { NOT_WANTED = 0, ABSENT, STARTED };

static bool at_exit;
static char file[PATH_ROOM];  /* the path as the environment gives it; empty: stderr */
static uint32_t thread_state; /* enum thread_state */
static uint32_t signals;      /* received so far; the word that the thread sleeps on */

/* Replaces %p by the process id. */
static void make_path(char *out)
{
    size_t len = 0;
    for (const char *f = file; *f && len + 16 < PATH_ROOM; f++) {
        if (f[0] == '%' && f[1] == 'p') {
            len += hak_format(out + len, PATH_ROOM - len, "%u", hak_os_process_id());
            f++;
        } else {
            out[len++] = *f;
        }
    }
    out[len] = '\0';
}

static void write_text(const char *text, size_t len)
{
    char path[PATH_ROOM];
    if (!file[0]) {
        hak_os_write_stderr(text, len);
        return;
    }
    make_path(path);
    int error = hak_os_append(path, text, len);
    if (error != 0)
        hak_report("HAKMEM_STATS_FILE: cannot append to %s, error %u", path, (uint32_t)error);
}

static void dump(void)
{
    /* 4096 bytes more, since the text may grow between the two calls. */
    size_t room = hak_round_up(hak_stats_write_json(NULL, 0) + 4096, HAK_PAGE_SIZE);
    char *text = hak_os_map(room);
    if (!text)
        return;
    size_t len = hak_stats_write_json(text, room);
    write_text(text, hak_min(len, room - 1));
    hak_os_release(text, room);
}

static void on_signal(int signal)
{
    (void)signal;
    hak_add_relaxed(&signals, 1);
    hak_os_wake(&signals, 1);
}

static void *thread_main(void *unused)
{
    uint32_t answered = 0;
    for (;;) {
        uint32_t seen = hak_load_relaxed(&signals);
        if (seen == answered) {
            hak_os_wait(&signals, seen, 0);
            continue;
        }
        answered = seen;
        dump();
    }
    return unused;
}

/* Whether `list`, words separated by commas, holds the word. */
static bool holds(const char *list, const char *word)
{
    for (const char *l = list;; l++) {
        const char *w = word;
        for (; *w && *l == *w; l++)
            w++;
        if (!*w && (*l == '\0' || *l == ','))
            return true;
        while (*l && *l != ',')
            l++;
        if (!*l)
            return false;
    }
}

/* Value of a variable, NULL if it is not set. */
static const char *value_of(char **environment, const char *name)
{
    for (; *environment; environment++) {
        const char *e = *environment, *n = name;
        for (; *n && *e == *n; e++)
            n++;
        if (!*n && *e == '=')
            return e + 1;
    }
    return NULL;
}

void hak_dump_init(char **environment)
{
    if (!environment || hak_os_is_privileged())
        return;
    const char *when = value_of(environment, "HAKMEM_STATS");
    const char *path = value_of(environment, "HAKMEM_STATS_FILE");
    if (!when)
        return;
    at_exit = holds(when, "exit");
    bool at_signal = holds(when, "signal");
    if (!at_exit && !at_signal) {
        hak_report("HAKMEM_STATS: %s is neither exit nor signal nor exit,signal", when);
        return;
    }
    if (path)
        hak_format(file, sizeof file, "%s", path);
    if (at_signal && hak_os_handle_usr2(on_signal) == 0)
        thread_state = ABSENT;
    hak_threads_count();
}

void hak_dump_at_exit(void)
{
    if (at_exit)
        dump();
}

void hak_dump_forked(void)
{
    if (thread_state == STARTED)
        thread_state = ABSENT;
}

void hak_dump_after_alloc(void)
{
    if (hak_load_relaxed(&thread_state) == ABSENT &&
        hak_cas_acquire(&thread_state, ABSENT, STARTED))
        hak_os_start_thread(thread_main, "hakmem-stats");
}
