"""Functions of the C library that somebody replaced by his own, which allocate, fork or wait: they
may be called from anywhere, but not with a lock of hakmem's held."""

import re
import resource
import subprocess
from pathlib import Path

import pytest

from tests.compiled import environment
from tests.field.conftest import LIBRARIES, PROGRAMS, compiled

LIMIT = 2 << 30  # bytes of address space
SECONDS = 30

# What is not hooked, and why.
EXCEPTED = {
    "memory and strings, which call nothing": r"mem\w+|str\w+",
    "no functions of the C library, or never replaced": r"_\w+",
    "called only by hak_stats_print, for the program": r"fprintf|fwrite|ferror|fputs?|fputc",
    "never returns": r"abort",
    "calls its caller by its place on the stack": r"dlsym",
}
# Hooked whether hakmem calls it or not: what allocators commonly call.
COMMON = ["clock_gettime", "close", "getauxval", "getenv", "getpid", "getrandom", "getrlimit",
          "gettimeofday", "madvise", "mincore", "mlock", "mmap", "mprotect", "mremap", "munmap",
          "nanosleep", "open", "openat", "pthread_atfork", "pthread_mutex_lock",
          "pthread_mutex_unlock", "read", "sched_yield", "secure_getenv", "sysconf", "write"]

# The arguments are passed on as they came, whatever they are.
HOOK = """
__typeof__(void (*)(void)) real_{name};
__attribute__((noinline)) void before_{name}(void)
{{
    if (!real_{name})
        real_{name} = (void (*)(void))dlsym(RTLD_NEXT, "{name}");
    hook();
}}
void *hooked_{name}(void) __asm__("{name}");
void *hooked_{name}(void)
{{
    void *arguments = __builtin_apply_args();
    before_{name}();
    __builtin_return(__builtin_apply(real_{name}, arguments, 64));
}}
"""


def imported(library: Path) -> set[str]:
    listed = subprocess.run(["nm", "-D", "--undefined-only", library], check=True,
                            capture_output=True, text=True).stdout
    return {line.split()[-1].split("@")[0] for line in listed.splitlines()}


def is_excepted(name: str) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in EXCEPTED.values())


@pytest.fixture(scope="module")
def hooks(folder) -> Path:
    """A library with a hook for everything that any profile imports."""
    names = set(COMMON).union(*map(imported, LIBRARIES.values()))
    source = folder / "hooks.c"
    source.write_text('#include "hook.h"\n#include <dlfcn.h>\n' + "".join(
        HOOK.format(name=name) for name in sorted(names) if not is_excepted(name)))
    return compiled(folder / "hooks.so", source, "-shared", "-fPIC", f"-I{PROGRAMS}")


@pytest.fixture(scope="module")
def busy(folder) -> Path:
    return compiled(folder / "busy", "busy.c", "-pthread")


def limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (LIMIT, LIMIT))


@pytest.mark.parametrize("enter", [None, limit], ids=["unlimited", "limited"])
@pytest.mark.parametrize("threads", [0, 3])
@pytest.mark.parametrize("kind", ["allocates", "forks", "blocks"])
def test_foreign_code(busy, hooks, any_library, kind, threads, enter):
    done = subprocess.run([busy, str(threads)], preexec_fn=enter, capture_output=True, text=True,
                          env=environment(hooks, any_library, HOOK_KIND=kind), timeout=SECONDS)
    assert (done.returncode, done.stdout, done.stderr) == (0, "busy\n", "")
