/* next.c: see next.h. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#include "next.h"

enum { EARLY = 64 << 10, UNIT = 16 };

struct record_next record_next;

static char early[EARLY] __attribute__((aligned(UNIT)));
static size_t early_used;

void record_next_find(void)
{
    record_next.calloc = dlsym(RTLD_NEXT, "calloc");
    record_next.realloc = dlsym(RTLD_NEXT, "realloc");
    record_next.free = dlsym(RTLD_NEXT, "free");
    record_next.memalign = dlsym(RTLD_NEXT, "memalign");
    record_next.usable = dlsym(RTLD_NEXT, "malloc_usable_size");
    record_next.malloc = dlsym(RTLD_NEXT, "malloc");
}

/* A block is one unit with its size before it. */
void *record_early_alloc(size_t size)
{
    if (size > EARLY)
        return NULL;
    size_t rounded = (size + UNIT - 1) / UNIT * UNIT + UNIT;
    size_t at = __atomic_fetch_add(&early_used, rounded, __ATOMIC_RELAXED);
    if (at + rounded > EARLY)
        return NULL;
    *(size_t *)(early + at) = size;
    return early + at + UNIT;
}

bool record_is_early(const void *p)
{
    return (uintptr_t)p - (uintptr_t)early < EARLY;
}

size_t record_early_size(const void *p)
{
    return *(const size_t *)((const char *)p - UNIT);
}
