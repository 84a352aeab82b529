/* clock.c: clocks of somebody else's, preloaded: CLOCK_KIND=still never moves, allocates does. */
#include "hook.h"

#include <sys/time.h>

static int tell(clockid_t clock, struct timespec *now)
{
    const char *kind = getenv("CLOCK_KIND");
    if (kind && kind[0] == 's') {
        *now = (struct timespec){1000000000, 0};
        return 0;
    }
    if (hook_depth++ == 0)
        hook_allocate();
    hook_depth--;
    return (int)syscall(SYS_clock_gettime, clock, now);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    return tell(clock, now);
}

time_t time(time_t *out)
{
    struct timespec now;
    tell(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone)
{
    struct timespec now;
    (void)zone;
    tell(CLOCK_REALTIME, &now);
    *out = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}
