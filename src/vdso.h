/* vdso.h: the kernel's code for the clock, which it maps into every process. */
#ifndef HAK_VDSO_H
#define HAK_VDSO_H

#include <stdint.h>
#include <time.h>

typedef int hak_vdso_clock_fn(clockid_t clock, struct timespec *out);

/* clock_gettime in the image at `address` (AT_SYSINFO_EHDR of the auxiliary vector, 0 where the
 * kernel maps none); NULL: there is none.  It calls nothing and returns 0 or an errno value,
 * negated. */
hak_vdso_clock_fn *hak_vdso_clock(uintptr_t address);

#endif
