/* syscall.h: system calls without the C library.  A preloaded library may replace functions of the
 * C library by its own, and these may allocate.  A result from -4095 to -1 is an errno value,
 * negated; errno itself is left alone. */
#ifndef HAK_SYSCALL_H
#define HAK_SYSCALL_H

#include <sys/syscall.h>

#include "base.h"

#if defined(__x86_64__)
HAK_INLINE long hak_syscall6(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
HAK_INLINE long hak_syscall6(long number, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}
#else
#error "hakmem makes its system calls itself: this processor's way is missing here"
#endif

HAK_INLINE long hak_syscall3(long number, long a, long b, long c)
{
    return hak_syscall6(number, a, b, c, 0, 0, 0);
}

HAK_INLINE bool hak_syscall_failed(long result)
{
    return (unsigned long)result >= -4095ul;
}

/* The result of a call that returns nothing else, as 0 or an errno value. */
HAK_INLINE int hak_syscall_error(long result)
{
    return hak_syscall_failed(result) ? (int)-result : 0;
}

#endif
