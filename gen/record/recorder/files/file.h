/* file.h: makes the files of a process and maps them.  No descriptor stays open: programs close
 * those they do not know. */
#ifndef RECORDER_FILE_H
#define RECORDER_FILE_H

#include <stddef.h>

enum { FILE_NAME_MAX = 4096 };

/* Writes to `out`, of FILE_NAME_MAX bytes, the name that `pattern` gives for this process: %p is
 * the process id, which is appended if it is not there and `child` is set.  -1: too long. */
int record_file_name(char *out, const char *pattern, int child);

/* Makes a new file of `bytes` and maps it; `path`, of FILE_NAME_MAX bytes, gets .2, .3 and so on
 * behind it if there is one.  NULL with errno. */
void *record_file_make(char *path, size_t bytes);

/* Bytes that could be written to the file system of `path`, which is as it was afterwards. */
size_t record_file_room(char *path);

#endif
