/* files.h: the files of prepare and its ends.  Each function that fails ends the program with one
 * line on standard error: status 2 for a file that is not what it should be, 1 for what the machine
 * refuses. */
#ifndef BENCH_REPLAYER_FILES_H
#define BENCH_REPLAYER_FILES_H

#include <stddef.h>
#include <stdint.h>

enum { ENDS_WRONG = 2, ENDS_FAILED = 1 };

/* PATH: what */
_Noreturn void file_fault(int status, const char *path, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

/* Reads exactly `bytes`; damaged if there are fewer. */
void file_read(int fd, const char *path, void *to, size_t bytes, uint64_t at);

/* Makes a new file in which `bytes` have room. */
int file_make(const char *path, uint64_t bytes);
void file_write(int fd, const char *path, const void *from, size_t bytes, uint64_t at);
/* Closes a file that is `bytes` long; where nothing was written it has a hole. */
void file_end(int fd, const char *path, uint64_t bytes);

/* Memory of `count` times `size` bytes that begins with what `old` (or NULL) held.  What is new is
 * not zero. */
void *more_memory(void *old, size_t count, size_t size);
/* Zeroed. */
void *new_memory(size_t count, size_t size);

#endif
