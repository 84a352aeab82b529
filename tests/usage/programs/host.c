/* host.c PLUGIN [CALLER]: opens a plugin with RTLD_DEEPBIND, itself or through the library CALLER,
 * which has the function open_it, and prints what the plugin says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    void *(*open_it)(const char *, int) = dlopen;
    if (argc < 2)
        return 2;
    if (argc > 2) {
        void *caller = dlopen(argv[2], RTLD_NOW | RTLD_DEEPBIND);
        open_it = caller ? (void *(*)(const char *, int))dlsym(caller, "open_it") : NULL;
    }
    /* A direct call: through a pointer, the caller would be the same. */
    void *plugin = argc > 2 ? (open_it ? open_it(argv[1], RTLD_NOW) : NULL)
                            : dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND);
    const char *(*run)(char *) = plugin ? (const char *(*)(char *))dlsym(plugin, "run") : NULL;
    if (!run) {
        puts(dlerror());
        return 1;
    }
    puts(run(malloc(10)));
    return 0;
}
