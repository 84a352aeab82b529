/* caller.c: opens libraries on behalf of others; its own RUNPATH says where they are. */
#define _GNU_SOURCE
#include <dlfcn.h>

void *open_it(const char *file, int mode)
{
    void *opened = dlopen(file, mode | RTLD_DEEPBIND);
    return opened;
}
