/* dlopen.c: dlopen without RTLD_DEEPBIND.  In the shared libraries only.
 *
 * A library opened with that flag looks up its symbols in itself and in what it needs before it
 * looks in the program.  Its malloc and free would be the C library's, while blocks that the C
 * library allocates for it (strdup, getline, asprintf) come from hakmem: its free of such a block
 * would end the process.  Without the flag it finds hakmem, as every other library does. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>

#include "atomic.h"
#include "base.h"

typedef void *dlopen_fn(const char *file, int mode);

HAK_EXPORT dlopen_fn dlopen;

/* The loader takes the return address for that of its caller, whose RUNPATH, $ORIGIN and namespace
 * apply.  So the last call must be a jump, which leaves that address in place: src/BUILD.bazel
 * compiles this file optimised in every flavour, tests/usage/ looks at the instructions.
 * Threads that race for the first call find the same function. */
void *dlopen(const char *file, int mode)
{
    static dlopen_fn *found;
    dlopen_fn *next = hak_load_relaxed(&found);
    if (hak_unlikely(!next)) {
        next = (dlopen_fn *)dlsym(RTLD_NEXT, "dlopen");
        if (!next)
            return NULL; /* dlerror says why */
        hak_store_relaxed(&found, next);
    }
    return next(file, mode & ~RTLD_DEEPBIND);
}
