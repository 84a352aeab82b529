/* host.c PLUGIN [CALLER]: opens a plugin with RTLD_DEEPBIND, itself or through the library CALLER,
 * which has the function open_it, and prints what the plugin says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    void *plugin = NULL;
    if (argc == 2) {
        plugin = dlopen(argv[1], RTLD_NOW | RTLD_DEEPBIND);
    } else if (argc == 3) {
        void *caller = dlopen(argv[2], RTLD_NOW | RTLD_DEEPBIND);
        void *(*open_it)(const char *, int) =
            caller ? (void *(*)(const char *, int))dlsym(caller, "open_it") : NULL;
        plugin = open_it ? open_it(argv[1], RTLD_NOW) : NULL;
    }
    const char *(*run)(char *) = plugin ? (const char *(*)(char *))dlsym(plugin, "run") : NULL;
    if (!run) {
        puts(dlerror());
        return 1;
    }
    puts(run(malloc(10)));
    return 0;
}
