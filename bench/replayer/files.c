/* files.c: see files.h. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "files.h"

void file_fault(int status, const char *path, const char *what, ...)
{
    va_list args;
    va_start(args, what);
    fprintf(stderr, "%s: ", path);
    vfprintf(stderr, what, args);
    fprintf(stderr, "\n");
    va_end(args);
    exit(status);
}

void file_read(int fd, const char *path, void *to, size_t bytes, uint64_t at)
{
    while (bytes) {
        ssize_t n = pread(fd, to, bytes, (off_t)at);
        if (n < 0)
            file_fault(ENDS_FAILED, path, "%s", strerror(errno));
        if (n == 0)
            file_fault(ENDS_WRONG, path, "cut short; record the program again");
        to = (char *)to + n;
        at += (uint64_t)n;
        bytes -= (size_t)n;
    }
}

int file_make(const char *path, uint64_t bytes)
{
    struct statvfs about;
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        file_fault(ENDS_FAILED, path, "%s", strerror(errno));
    if (fstatvfs(fd, &about) == 0 && (uint64_t)about.f_bavail * about.f_frsize < bytes) {
        unlink(path);
        file_fault(ENDS_FAILED, path,
                   "takes %llu MiB, and %llu MiB are free there; TMPDIR names another folder",
                   (unsigned long long)(bytes >> 20) + 1,
                   (unsigned long long)((uint64_t)about.f_bavail * about.f_frsize >> 20));
    }
    return fd;
}

void file_write(int fd, const char *path, const void *from, size_t bytes, uint64_t at)
{
    while (bytes) {
        ssize_t n = pwrite(fd, from, bytes, (off_t)at);
        if (n < 0)
            file_fault(ENDS_FAILED, path, "%s", strerror(errno));
        from = (const char *)from + n;
        at += (uint64_t)n;
        bytes -= (size_t)n;
    }
}

void file_end(int fd, const char *path, uint64_t bytes)
{
    if (ftruncate(fd, (off_t)bytes) || close(fd))
        file_fault(ENDS_FAILED, path, "%s", strerror(errno));
}

void *more_memory(void *old, size_t count, size_t size)
{
    void *p = count && size > SIZE_MAX / count ? NULL : realloc(old, count * size + 1);
    if (!p) {
        fprintf(stderr, "no memory for %zu times %zu bytes\n", count, size);
        exit(ENDS_FAILED);
    }
    return p;
}

void *new_memory(size_t count, size_t size)
{
    void *p = calloc(count + 1, size);
    if (!p)
        more_memory(NULL, SIZE_MAX, size);
    return p;
}
