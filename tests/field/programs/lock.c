/* lock.c USER: becomes that user, locks all memory (mlockall), and holds some; says "locked". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BLOCKS = 100 };

int main(int argc, char **argv)
{
    if (argc != 2 || setuid((uid_t)atoi(argv[1])) != 0)
        return 2;
    free(malloc(100));
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
        perror("mlockall");
        return 1;
    }
    for (size_t i = 1; i <= BLOCKS; i++) {
        char *small = malloc(i * 30), *large = malloc(500000);
        if (!small || !large) {
            perror("malloc");
            return 3;
        }
        memset(small, 1, i * 30);
        memset(large, 1, 500000);
        free(large);
    }
    puts("locked");
    return 0;
}
