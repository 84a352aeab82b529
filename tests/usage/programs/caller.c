/* caller.c: opens libraries on behalf of others; its own RUNPATH says where they are.  To be
 * compiled without -O2, which would make its call a jump and its caller the one that counts. */
#define _GNU_SOURCE
#include <dlfcn.h>

void *open_it(const char *file, int mode)
{
    return dlopen(file, mode | RTLD_DEEPBIND);
}
