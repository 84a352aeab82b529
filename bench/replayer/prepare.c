/* prepare plan TRACE PLAN: writes the plan of a replay of the trace.
 * prepare cut TRACE NEW [blocks FROM TO | changes FROM TO | threads]: writes a trace without those.
 *
 * Memory is bounded by the blocks and threads that live at once, and some for each thread that
 * there ever was, not by the calls.  Prints `progress=PERCENT` while it reads, then what it found
 * as `name=number` lines.  Exit status: 0, 1 (no room, no memory), 2 (arguments, or a wrong trace).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "prepare.h"

static const char *const cuts[] = {[CUT_NOTHING] = "",
                                   [CUT_BLOCKS] = "blocks",
                                   [CUT_CHANGES] = "changes",
                                   [CUT_THREADS] = "threads"};

static int usage(void)
{
    fprintf(stderr, "usage: prepare plan TRACE PLAN\n"
                    "       prepare cut TRACE NEW [blocks FROM TO | changes FROM TO | threads]\n");
    return ENDS_WRONG;
}

/* A whole number; false: it is none. */
static bool number(const char *text, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && !errno;
}

static int cut(int argc, char **argv)
{
    static struct calls calls;
    uint64_t from = 0, to = 0;
    enum cut what = CUT_NOTHING;
    while (argc > 4 && what < CUT_THREADS && strcmp(argv[4], cuts[what]) != 0)
        what++;
    bool ranged = what == CUT_BLOCKS || what == CUT_CHANGES;
    if (argc != (ranged                ? 7
                 : what == CUT_THREADS ? 5
                                       : 4) ||
        (argc > 4 && strcmp(argv[4], cuts[what]) != 0) ||
        (ranged && !(number(argv[5], &from) && number(argv[6], &to))))
        return usage();
    calls_open(&calls, argv[2]);
    prepare_cut(&calls, argv[3], what, from, to);
    return 0;
}

int main(int argc, char **argv)
{
    static struct calls calls;
    if (argc >= 4 && strcmp(argv[1], "cut") == 0)
        return cut(argc, argv);
    if (argc != 4 || strcmp(argv[1], "plan") != 0)
        return usage();
    calls_open(&calls, argv[2]);
    prepare_plan(&calls, argv[3]);
    return 0;
}
