/* report.h: messages to stderr without allocating, and the end of a corrupted process. */
#ifndef HAK_REPORT_H
#define HAK_REPORT_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Writes "hakmem(<profile>): ", the formatted text (at most 400 bytes) and a newline to stderr.
 * Formats: %s %u (uint32_t) %zu %p %llu %%. */
void hak_report(const char *format, ...) HAK_PRINTF(1, 2);

/* Names the fault and the address on one line of stderr and aborts.  Locks may be held: a handler
 * of SIGABRT may allocate all the same, in this thread. */
HAK_NORETURN void hak_fatal(const char *fault, const void *address);

/* Writes the formatted text to `out`, for messages and statistics; returns its length, less than
 * `room`. */
size_t hak_format(char *out, size_t room, const char *format, ...) HAK_PRINTF(3, 4);

#ifdef __cplusplus
}
#endif

#endif
