/* plugin.c: frees what others have allocated: the C library, and its host. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *run(char *from_host)
{
    char *line = NULL, *text = NULL;
    size_t room = 0;
    FILE *file = fopen("/proc/self/status", "r");
    free(strdup("a string"));
    if (!file || getline(&line, &room, file) < 0 || asprintf(&text, "%p", (void *)line) < 0)
        return "cannot read";
    fclose(file);
    free(line);
    free(realloc(text, 5000));
    free(from_host);
    return "ran";
}
