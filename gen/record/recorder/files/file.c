/* file.c: see file.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "files/file.h"

enum { MOST_NAMES = 10000 };

int record_file_name(char *out, const char *pattern, int child)
{
    char pid[24];
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    const char *mark = strstr(pattern, "%p"); /* the last one: a folder may be called so */
    for (const char *next = mark; next; next = strstr(next + 1, "%p"))
        mark = next;
    size_t before = mark ? (size_t)(mark - pattern) : strlen(pattern);
    int used = snprintf(out, FILE_NAME_MAX, "%.*s%s%s%s", (int)before, pattern,
                        !mark && child ? "." : "", mark || child ? pid : "", mark ? mark + 2 : "");
    return used < 0 || (size_t)used >= FILE_NAME_MAX ? -1 : 0;
}

static int open_new(char *path)
{
    size_t length = strlen(path);
    for (unsigned n = 2; n < MOST_NAMES; n++) {
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0 || errno != EEXIST)
            return fd;
        if (length + 8 > FILE_NAME_MAX)
            break;
        snprintf(path + length, FILE_NAME_MAX - length, ".%u", n);
    }
    return -1;
}

void *record_file_make(char *path, size_t bytes)
{
    struct rlimit most;
    if (getrlimit(RLIMIT_FSIZE, &most) == 0 && most.rlim_cur < bytes) {
        errno = EFBIG; /* ftruncate would end the program */
        return NULL;
    }
    int fd = open_new(path);
    if (fd < 0)
        return NULL;
    void *at = MAP_FAILED;
    if (ftruncate(fd, (off_t)bytes) == 0)
        at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    int error = errno;
    close(fd);
    if (at == MAP_FAILED)
        unlink(path);
    errno = error;
    return at == MAP_FAILED ? NULL : at;
}

size_t record_file_room(char *path)
{
    struct statvfs about;
    char *last = strrchr(path, '/'), name = last ? last[1] : '\0';
    if (last)
        last[1] = '\0';
    int status = statvfs(path, &about);
    if (last)
        last[1] = name;
    if (status != 0)
        return SIZE_MAX;
    return (size_t)about.f_bavail * about.f_frsize;
}
