/* program.c: prints the profile that serves this program, and fails if its blocks are not hakmem's.
 */
#include <hakmem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char *volatile p = malloc(100);
    char *volatile copy = strdup("allocated by the C library");
    size_t usable = hak_malloc_usable_size(p) + hak_malloc_usable_size(copy);
    hak_free(p);
    hak_free(copy); /* ends the process if the block is another allocator's */
    puts(hak_profile());
    return usable < 100 + 27;
}
