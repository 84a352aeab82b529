/* silent.c: calls no malloc and nothing of hakmem; says which library its malloc is from.
 * A linker that leaves out what is not called would leave out hakmem. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

int main(void)
{
    const char *(*profile)(void) = (const char *(*)(void))dlsym(RTLD_DEFAULT, "hak_profile");
    puts(profile ? profile() : "none");
    return 0;
}
