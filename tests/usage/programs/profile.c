/* profile.c: prints the profile that this program's blocks are from, or "none".
 * Fails if the program, the C library and hakmem do not have the same allocator. */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char *hak_profile(void) __attribute__((weak));
extern void hak_free(void *) __attribute__((weak));

int main(void)
{
    char *volatile copy = strdup("allocated by the C library");
    char *volatile block = malloc(100);
    if (hak_free) {
        hak_free(copy); /* ends the process if it is not hakmem's */
        hak_free(block);
    }
    puts(hak_profile ? hak_profile() : "none");
    return 0;
}
