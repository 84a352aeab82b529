"""The system calls that hakmem makes: docs/usage.md says the same to users, which
test_system_calls.py compares, and holds against a trace."""

ONE_THREAD = {"mmap", "munmap", "mremap", "futex"}
THREADS = ONE_THREAD | {"madvise"}
# The purge thread at its start, itself; besides what pthread_create does.
PURGE_THREAD = {"sched_setscheduler", "sched_setaffinity", "prctl"}
PTHREAD_CREATE = {"clone", "clone3", "mmap", "mprotect", "rt_sigprocmask", "set_robust_list",
                  "rseq"}
BEFORE_MAIN = {"mmap", "munmap", "madvise", "getrandom"}
BEFORE_MAIN_LOW_RSS = BEFORE_MAIN | {"uname"}
