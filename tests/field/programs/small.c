/* small.c MIB FREED_MIB [wait]: allocates and frees FREED_MIB, then holds MIB in blocks of 100 KB;
 * says the KiB of its address space, of its writable private mappings, and what is resident.  With
 * `wait` it then reads a line. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 100000 };

static void hold(size_t mib, int freed)
{
    size_t n = (mib << 20) / SIZE;
    char **blocks = malloc((n + 1) * sizeof *blocks);
    for (size_t i = 0; i < n; i++) {
        blocks[i] = malloc(SIZE);
        memset(blocks[i], 1, SIZE);
    }
    for (size_t i = 0; i < n && freed; i++)
        free(blocks[i]);
    if (freed)
        free(blocks);
}

int main(int argc, char **argv)
{
    char line[400], permissions[8], resident[400];
    unsigned long first, last, all = 0, writable = 0;
    if (argc < 3)
        return 2;
    hold(strtoul(argv[2], NULL, 10), 1);
    hold(strtoul(argv[1], NULL, 10), 0);
    FILE *maps = fopen("/proc/self/maps", "r"), *status = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, maps)) {
        if (strstr(line, "[v") || sscanf(line, "%lx-%lx %7s", &first, &last, permissions) != 3)
            continue;
        all += last - first;
        if (permissions[1] == 'w' && permissions[3] == 'p')
            writable += last - first;
    }
    while (fgets(resident, sizeof resident, status) && strncmp(resident, "VmRSS:", 6) != 0)
        ;
    printf("%lu %lu %ld\n", all >> 10, writable >> 10, atol(resident + 6));
    fflush(stdout);
    if (argc > 3 && getchar() == 0)
        return 1;
    return 0;
}
