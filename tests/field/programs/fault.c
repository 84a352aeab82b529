/* fault.c HOW: ends by SIGSEGV, which it sends to itself or earns. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    volatile int *volatile nowhere = NULL;
    free(malloc(5000000));
    if (argc != 2)
        return 2;
    if (strcmp(argv[1], "raise") == 0)
        raise(SIGSEGV);
    else if (strcmp(argv[1], "kill") == 0)
        kill(getpid(), SIGSEGV);
    else
        *nowhere = 1;
    return 1;
}
