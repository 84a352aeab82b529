/* load.c: holds 1000 blocks of 100 bytes and 10 of 1 MiB, prints what glibc's and hakmem's calls
 * say of them, and ends when its standard input does.
 *
 * Lines on standard output: "mallinfo2 SMALL LARGE COUNT" before and after (bytes of small and of
 * large blocks in use, large blocks), "json TEXT" in one line, "xml TEXT" likewise, "ready". */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SMALL = 1000, LARGE = 10 };

static void print_mallinfo(void)
{
    struct mallinfo2 i = mallinfo2();
    printf("mallinfo2 %zu %zu %zu\n", i.uordblks, i.hblkhd, i.hblks);
}

static void print_line(const char *name, char *text)
{
    for (char *c = text; *c; c++) {
        if (*c == '\n')
            *c = ' ';
    }
    printf("%s %s\n", name, text);
}

int main(void)
{
    static char line[1 << 16], json[1 << 16], *small[SMALL], *large[LARGE];
    size_t (*stats_json)(char *, size_t) =
        (size_t(*)(char *, size_t))dlsym(RTLD_DEFAULT, "hak_stats_json");
    char *xml = NULL;
    size_t size = 0;
    setvbuf(stdout, line, _IOFBF, sizeof line);
    print_mallinfo();
    for (unsigned i = 0; i < SMALL; i++)
        memset(small[i] = malloc(100), 1, 100);
    for (unsigned i = 0; i < LARGE; i++)
        memset(large[i] = malloc(1 << 20), 1, 1 << 20);
    print_mallinfo();
    size_t whole = stats_json(NULL, 0);
    if (whole == 0 || whole >= sizeof json || stats_json(json, sizeof json) > sizeof json)
        return 1;
    print_line("json", json);
    FILE *stream = open_memstream(&xml, &size);
    if (malloc_info(1, stream) == 0 || malloc_info(0, stream) != 0 || fclose(stream) != 0)
        return 1;
    print_line("xml", xml);
    printf("ready\n");
    fflush(stdout);
    while (read(STDIN_FILENO, line, 1) > 0)
        free(malloc(100));
    for (unsigned i = 0; i < SMALL; i++)
        free(small[i]);
    for (unsigned i = 0; i < LARGE; i++)
        free(large[i]);
    return 0;
}
