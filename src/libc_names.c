/* libc_names.c: malloc and its relatives by the names that the C library has for its own.  In the
 * shared libraries only: a program that is linked statically has the C library's.
 *
 * Libraries that wrap malloc call these to get around themselves; their blocks go to free like all
 * others. */
#include <stddef.h>

#include "base.h"
#include "hakmem.h"

/* Declares, for the compiler, and defines. */
#define LIBC_NAME(type, name, parameters, arguments)                                               \
    HAK_EXPORT type __libc_##name parameters;                                                      \
    type __libc_##name parameters                                                                  \
    {                                                                                              \
        return hak_##name arguments;                                                               \
    }

LIBC_NAME(void *, malloc, (size_t size), (size))
LIBC_NAME(void, free, (void *p), (p))
LIBC_NAME(void *, calloc, (size_t count, size_t size), (count, size))
LIBC_NAME(void *, realloc, (void *p, size_t size), (p, size))
LIBC_NAME(void *, memalign, (size_t align, size_t size), (align, size))
LIBC_NAME(void *, valloc, (size_t size), (size))
LIBC_NAME(void *, pvalloc, (size_t size), (size))
