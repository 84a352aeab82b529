"""The system calls that hakmem makes: docs/usage.md says the same to users, which
test_system_calls.py compares, and holds against a trace."""

ONE_THREAD = {"mmap", "munmap", "mremap", "futex"}
THREADS = ONE_THREAD | {"madvise"}
# The purge thread at its start, itself; besides what pthread_create does.
PURGE_THREAD = {"sched_setscheduler", "sched_setaffinity", "prctl"}
PTHREAD_CREATE = {"clone", "clone3", "mmap", "mprotect", "rt_sigaction", "rt_sigprocmask",
                  "rseq", "set_robust_list"}
# To learn that there is a filter, and so no purge thread.
LATE = {"prctl"}
BEFORE_MAIN = {"mmap", "munmap", "madvise", "getrandom"}
BEFORE_MAIN_LOW_RSS = BEFORE_MAIN | {"uname"}
BEFORE_MAIN_HARDENED = BEFORE_MAIN | {"rt_sigaction"}  # by the C library, for hardened
