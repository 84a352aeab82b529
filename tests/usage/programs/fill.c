/* fill.c MODE MIB: what happens at a limit of memory.
 *
 *   churn  MIB are taken and given back ten times
 *   hold   MIB are taken and written to; "full" and exit status 3 if malloc says no
 *   return MIB are taken and given back; two seconds later prints the MiB still resident
 *   refuse takes blocks of several sizes until malloc says no with ENOMEM, gives them back, and
 * takes as much again; prints the MiB of both turns */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1 << 20 };

struct block {
    struct block *next;
};

static struct block *held;

/* Bytes taken, up to `wanted`, in blocks of 200 bytes to 100 KB. */
static size_t take(size_t wanted)
{
    static const size_t sizes[] = {200, 3000, 100000, 20000, 64};
    size_t taken = 0;
    for (unsigned i = 0; taken < wanted; i++) {
        size_t size = sizes[i % 5];
        struct block *block = malloc(size);
        if (!block)
            break;
        memset(block, 1, size);
        block->next = held;
        held = block;
        taken += size;
    }
    return taken;
}

static void give_back(void)
{
    while (held) {
        struct block *next = held->next;
        free(held);
        held = next;
    }
}

static size_t resident_mib(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%*u %lu", &pages) != 1)
        exit(1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE) / MIB;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    size_t wanted = strtoul(argv[2], NULL, 10) * MIB;
    if (strcmp(argv[1], "churn") == 0) {
        for (int i = 0; i < 10; i++) {
            if (take(wanted) < wanted)
                return 3;
            give_back();
        }
    } else if (strcmp(argv[1], "hold") == 0) {
        if (take(wanted) < wanted) {
            puts("full");
            return 3;
        }
    } else if (strcmp(argv[1], "return") == 0) {
        if (take(wanted) < wanted)
            return 3;
        give_back();
        nanosleep(&(struct timespec){2, 0}, NULL);
        printf("%zu\n", resident_mib());
    } else if (strcmp(argv[1], "refuse") == 0) {
        size_t first = take(wanted);
        int error = errno;
        give_back();
        size_t again = take(first - first / 10);
        give_back();
        if (first >= wanted || error != ENOMEM || again < first - first / 10)
            return 3;
        printf("%zu %zu\n", first / MIB, again / MIB);
    }
    return 0;
}
