"""One small program of each kind that preloading does not serve, and the word for it."""

import os
import struct
import subprocess
from pathlib import Path

import pytest

from gen.doctor.checks import check
from gen.doctor.command import examine
from gen.doctor.findings import PROBLEM
from gen.doctor.program import follow_scripts
from tests.doctor.conftest import PLAIN

HAKMEM = Path("libhakmem.so").absolute()
FOLDER = Path("/")

OWN_MALLOC = """
#include <stddef.h>
static char pool[1 << 16]; static size_t used;
void *malloc(size_t n) { used += (n + 15) & ~15ul; return pool + used; }
void free(void *p) { (void)p; }
void *calloc(size_t n, size_t m) { return malloc(n * m); }
void *realloc(void *p, size_t n) { (void)p; return malloc(n); }
int main(void) { return malloc(1) == NULL; }
"""
DLOPEN = """
#include <dlfcn.h>
int main(int n, char **v) { return n > 1 && dlopen(v[1], RTLD_NOW | RTLD_DEEPBIND) == 0; }
"""


def problems(program: Path) -> list[str]:
    report = examine([str(program)], FOLDER, False)
    assert report.status == (1 if any(one.level == PROBLEM for one in report.findings) else 0)
    return [one.check for one in report.findings if one.level == PROBLEM]


def notes(program: Path) -> dict[str, str]:
    return {one.check: one.what for one in check(follow_scripts(program)) if one.level != PROBLEM}


def test_a_plain_program_is_fine(build):
    program = build()
    assert problems(program) == [] and notes(program) == {}


@pytest.mark.parametrize("options", [["-no-pie"], ["-pie"], ["-s"], ["-no-pie", "-s"]])
def test_a_program_that_only_calls_malloc_is_fine_however_it_is_linked(build, options):
    taken = PLAIN.replace("int main", "void *(*volatile taken)(size_t) = malloc;\nint main")
    assert problems(build(taken, *options)) == []


SANDBOX = """
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
static void *run(void *p) { return p; }
int main(void) { pthread_t t; %s return unshare(CLONE_FS); }
"""


def test_a_program_with_threads_that_shuts_itself_in(build):
    threaded = build(SANDBOX % "pthread_create(&t, 0, run, 0);", "-pthread", name="threaded")
    assert problems(threaded) == []
    assert "imports unshare" in notes(threaded)["sandbox"]
    assert notes(build(SANDBOX % "(void)run; (void)t;", name="single")) == {}


@pytest.mark.parametrize("options", [["-static"], ["-static-pie"], ["-static", "-s"]])
def test_static(build, options):
    assert problems(build(PLAIN, *options)) == ["static"]


@pytest.mark.parametrize("mode, words", [
    (0o4755, "setuid"), (0o2755, "setgid"), (0o6755, "setuid and setgid"),
])
def test_setuid(build, mode, words):
    program = build()
    program.chmod(mode)
    if program.stat().st_mode & 0o7777 != mode:
        pytest.skip("this file system keeps no such mode")
    assert problems(program) == ["privileges"]
    assert f"has {words}:" in check(follow_scripts(program))[0].what


def test_file_capabilities(build):
    program = build()
    net_raw = struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0)  # revision 2, effective
    try:
        os.setxattr(program, "security.capability", net_raw)
    except OSError as error:
        pytest.skip(f"capabilities cannot be set here: {error.strerror}")
    assert problems(program) == ["privileges"]
    assert "file capabilities" in check(follow_scripts(program))[0].what


@pytest.mark.parametrize("options", [["-rdynamic"], ["-no-pie"], []])
def test_own_malloc(build, options):
    assert problems(build(OWN_MALLOC, *options, "-fno-builtin", "-w")) == ["own-malloc"]


def test_a_static_function_called_malloc_is_no_malloc(build):
    source = "static void *malloc(int n) { return 0; }\nint main(void) { return malloc(1) != 0; }\n"
    assert problems(build(source, "-fno-builtin", "-w")) == []


def test_own_operator_new(build):
    program = build("#include <cstdlib>\n#include <new>\n"
                    "void *operator new(std::size_t n) { return std::malloc(n); }\n"
                    "void operator delete(void *p) noexcept { std::free(p); }\n"
                    "int main() { delete new int; }\n", compiler="g++")
    assert problems(program) == [] and "own-new" in notes(program)


def test_an_allocator_under_names_of_its_own(build):
    source = "void *mi_malloc(unsigned long n) { return (void *)n; }\n" \
             "int main(void) { return !mi_malloc(1); }\n"
    assert problems(build(source)) == ["own-malloc"]


@pytest.mark.parametrize("soname, name", [
    ("libjemalloc.so.2", "jemalloc"), ("libtcmalloc_minimal.so.4", "tcmalloc"),
    ("libmimalloc.so.2", "mimalloc"), ("libother.so", "libother.so has a malloc of its own"),
])
def test_linked_with_another_allocator(build, tmp_path, soname, name):
    library = build(OWN_MALLOC, "-shared", "-fPIC", "-fno-builtin", "-w", f"-Wl,-soname,{soname}",
                    name=soname)
    program = build(PLAIN, library, f"-Wl,-rpath,{tmp_path}", name="user")
    assert problems(program) == ["other-allocator"]
    assert name in [one.what for one in check(follow_scripts(program))][0]


def test_linked_through_another_library(build, tmp_path):
    """The allocator is needed by a library, which the program finds by $ORIGIN."""
    build(OWN_MALLOC, "-shared", "-fPIC", "-fno-builtin", "-w", "-Wl,-soname,libjemalloc.so.2",
          name="libjemalloc.so.2")
    middle = build("int middle;\n", "-shared", "-fPIC", "-Wl,--no-as-needed",
                   tmp_path / "libjemalloc.so.2", "-Wl,-rpath,$ORIGIN", "-Wl,-soname,libmiddle.so",
                   name="libmiddle.so")
    program = build(PLAIN, "-Wl,--no-as-needed", middle, "-Wl,-rpath,$ORIGIN", name="user")
    assert problems(program) == ["other-allocator"]


def test_a_library_that_is_missing(build, tmp_path):
    library = build("int x;\n", "-shared", "-fPIC", "-Wl,-soname,libgone.so", name="libgone.so")
    program = build("extern int x; int main(void) { return x; }\n", library, name="user")
    library.unlink()
    assert problems(program) == ["missing"]
    assert "libgone.so (needed by user)" in check(follow_scripts(program))[0].what


def test_each_library_that_is_missing_has_its_user(build, tmp_path):
    """What is there is looked at all the same."""
    def library(name: str, *options: str, source: str = "int x;\n") -> Path:
        return build(source, "-shared", "-fPIC", "-fno-builtin", "-w", "-Wl,--no-as-needed", *options,
                     f"-Wl,-soname,{name}", f"-Wl,-rpath,{tmp_path}", name=name)

    lost, gone = library("liblost.so"), library("libgone.so")
    middle = library("libmiddle.so", gone)
    other = library("libjemalloc.so.2", source=OWN_MALLOC)
    program = build(PLAIN, "-Wl,--no-as-needed", lost, middle, other, f"-Wl,-rpath,{tmp_path}",
                    f"-Wl,-rpath-link,{tmp_path}", name="user")
    for path in (lost, gone):
        path.unlink()
    assert sorted(problems(program)) == ["missing", "other-allocator"]
    (what,) = [one.what for one in check(follow_scripts(program)) if one.check == "missing"]
    assert "liblost.so (needed by user), libgone.so (needed by libmiddle.so);" in what


def test_a_look_runs_nothing(build, tmp_path):
    """Neither the program, nor what its libraries do when they are loaded, nor the loader that it
    names."""
    starts = ("#include <stdio.h>\n__attribute__((constructor)) static void start(void) "
              f'{{ fopen("{tmp_path}/ran", "w"); }}\n')
    library = build(starts, "-shared", "-fPIC", "-Wl,-soname,libstart.so", name="libstart.so")
    loader = build(starts + "int main(void) { return 0; }\n", "-static", name="ld-linux-mine.so")
    program = build(PLAIN, "-Wl,--no-as-needed", library, f"-Wl,-rpath,{tmp_path}",
                    f"-Wl,--dynamic-linker={loader}", name="user")
    assert problems(program) == [] and not (tmp_path / "ran").exists()


@pytest.mark.parametrize("sanitizer", ["address", "thread", "leak"])
@pytest.mark.parametrize("static", [False, True])
def test_sanitizers(build, sanitizer, static):
    options = [f"-fsanitize={sanitizer}"]
    if static:
        options.append({"address": "-static-libasan", "thread": "-static-libtsan",
                        "leak": "-static-liblsan"}[sanitizer])
    assert problems(build(PLAIN, *options)) == ["sanitizer"]


def test_go(build):
    source = PLAIN + '__attribute__((section(".go.buildinfo"), used)) static char info[16];\n'
    assert problems(build(source)) == ["go"]


def test_musl(build):
    assert problems(build(PLAIN, "-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1")) == ["libc"]


@pytest.mark.parametrize("offset, value", [(18, 183), (18, 243), (18, 9999)])  # aarch64, riscv
def test_another_architecture(build, offset, value):
    program = build()
    content = bytearray(program.read_bytes())
    content[offset:offset + 2] = value.to_bytes(2, "little")
    program.write_bytes(content)
    assert problems(program) == ["architecture"]


def test_a_library_is_no_program(build):
    assert problems(build("int x;\n", "-shared", "-fPIC", name="lib.so")) == ["library"]


def test_linked_with_hakmem(build):
    program = build(PLAIN, HAKMEM, f"-Wl,-rpath,{HAKMEM.parent}")
    assert problems(program) == [] and "libhakmem.so already" in notes(program)["hakmem"]


def test_hakmem_as_part_of_the_program(build):
    source = PLAIN + "void *hak_malloc(size_t n) { return malloc(n); }\n"
    assert problems(build(source)) == ["hakmem"]


def test_dlopen(build):
    program = build(DLOPEN)
    assert problems(program) == [] and "program import dlopen" in notes(program)["dlopen"]


def test_dlopen_in_a_library(build, tmp_path):
    library = build(DLOPEN.replace("main", "opens"), "-shared", "-fPIC", "-Wl,-soname,libopens.so",
                    name="libopens.so")
    program = build(PLAIN, "-Wl,--no-as-needed", library, f"-Wl,-rpath,{tmp_path}", name="user")
    assert "libopens.so import dlopen" in notes(program)["dlopen"]


def test_python_has_a_stock_of_its_own():
    assert "python" in notes(Path("/usr/bin/python3"))


# ---- scripts and what is no program --------------------------------------------------------------


def script(path: Path, first: str) -> Path:
    path.write_text(f"{first}\n")
    path.chmod(0o755)
    return path


def test_a_script_is_its_interpreter(build, tmp_path):
    static = build(PLAIN, "-static", name="static")
    one = script(tmp_path / "one", f"#!{static}")
    two = script(tmp_path / "two", f"#!{one}")
    assert problems(two) == ["static"]
    assert notes(two)["script"].endswith(f"{two} -> {one} -> {static}")


@pytest.mark.parametrize("line", ["#!/usr/bin/env python3", "#! /usr/bin/env -S python3 -u"])
def test_a_script_run_by_env(tmp_path, monkeypatch, line):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    path = script(tmp_path / "run", line)
    assert "/usr/bin/python3" in notes(path)["script"] and "python" in notes(path)


@pytest.mark.parametrize("line, said", [
    ("#!/no/such/shell", "its interpreter /no/such/shell does not exist"),
    ("#!/usr/bin/env no-such-shell", "its interpreter no-such-shell is not in PATH"),
    ("#!", "its first line names no interpreter"),
    ("MZ", "neither an ELF file nor a script"),
    ("", "neither an ELF file nor a script"),
])
def test_what_is_no_program(tmp_path, line, said):
    path = script(tmp_path / "file", line)
    assert problems(path) == ["not-a-program"]
    assert said in examine([str(path)], FOLDER, False).findings[0].what


def test_scripts_that_run_each_other(tmp_path):
    path = tmp_path / "loop"
    assert problems(script(path, f"#!{path}")) == ["not-a-program"]


def test_a_folder_and_a_file_that_is_not_executable(build, tmp_path):
    program = build()
    program.chmod(0o644)
    assert problems(program) == ["not-a-program"] and problems(tmp_path) == ["not-a-program"]


@pytest.mark.parametrize("keep", [4, 20, 64, 300, 5000])
def test_a_damaged_file(build, keep):
    program = build()
    program.write_bytes(program.read_bytes()[:keep])
    assert len(problems(program)) == 1


def test_it_tells_the_truth_about_preloading(build):
    """What is called fine uses a preloaded hakmem, and what is called static or own does not."""
    source = PLAIN.replace("#include", "#include <stdio.h>\n#include <dlfcn.h>\n#include").replace(
        "return 0", 'return !dlsym(RTLD_DEFAULT, "hak_profile") || '
        'dlsym(RTLD_DEFAULT, "malloc") != dlsym(RTLD_DEFAULT, "hak_malloc")')
    source = "#define _GNU_SOURCE\n" + source
    env = {**os.environ, "LD_PRELOAD": str(HAKMEM)}
    program = build(source, "-w")
    assert problems(program) == [] and subprocess.run([program], env=env).returncode == 0
    own = source + "void *malloc(size_t n) { static char pool[99999]; return pool; }\n" \
                   "void free(void *p) {}\n"
    program = build(own, "-w", "-rdynamic", "-fno-builtin")
    assert problems(program) == ["own-malloc"] and subprocess.run([program], env=env).returncode
