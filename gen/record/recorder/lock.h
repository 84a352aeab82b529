/* lock.h: a lock that is held for a moment, by calls of malloc themselves. */
#ifndef RECORDER_LOCK_H
#define RECORDER_LOCK_H

#include <sched.h>
#include <stdbool.h>

static inline void lock(bool *held)
{
    while (__atomic_exchange_n(held, true, __ATOMIC_ACQUIRE))
        sched_yield();
}

static inline bool try_lock(bool *held)
{
    return !__atomic_exchange_n(held, true, __ATOMIC_ACQUIRE);
}

static inline void unlock(bool *held)
{
    __atomic_store_n(held, false, __ATOMIC_RELEASE);
}

#endif
