/* next.h: the malloc whose blocks the recorder hands out, and memory for calls that come before it
 * is known: dlsym's own, and those of the dynamic linker before there is an environment. */
#ifndef RECORDER_NEXT_H
#define RECORDER_NEXT_H

#include <stdbool.h>
#include <stddef.h>

struct record_next {
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void (*free)(void *);
    void *(*memalign)(size_t, size_t);
    size_t (*usable)(void *);
};

extern struct record_next record_next __attribute__((visibility("hidden")));

/* Looks the functions up.  Not to be called from within itself. */
void record_next_find(void);

/* Zeroed memory that is never given back; NULL: there is no more. */
void *record_early_alloc(size_t size);
bool record_is_early(const void *p);
size_t record_early_size(const void *p);

#endif
