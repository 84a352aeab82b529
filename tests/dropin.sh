#!/bin/bash
# dropin.sh PROFILE LIBRARY: programs run with the library preloaded as they run without it, and
# the library exports the whole interface.
set -u
profile=$1
library=$(realpath "$2")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
    echo "FAIL ($profile) $*"
    failed=1
}

# same NAME COMMAND...: output and exit status are the same with the library preloaded.
same() {
    local name=$1
    shift
    timeout 60 "$@" >"$work/out" 2>"$work/err"
    local status=$?
    LD_PRELOAD=$library timeout 60 "$@" >"$work/out.hak" 2>"$work/err.hak"
    local status_hak=$?
    if [ $status -ne $status_hak ] || ! cmp -s "$work/out" "$work/out.hak"; then
        fail "$name: exit status $status_hak instead of $status"
        diff "$work/out" "$work/out.hak" | head -20
        head -20 "$work/err.hak"
    fi
    [ $status -eq 0 ] || fail "$name: does not run without the library: $(head -3 "$work/err")"
}

# ---- exports -------------------------------------------------------------------------------------

# The whole interface and nothing else but the linker's own, in the order of the C locale.
nm -D --defined-only --extern-only "$library" | awk '{print $NF}' |
    grep -vxE '__bss_start|_edata|_end' | LC_ALL=C sort >"$work/exports"
if ! diff tests/golden/exports.txt "$work/exports" >"$work/exports.diff"; then
    fail "exported names differ from tests/golden/exports.txt:"
    cat "$work/exports.diff"
fi
if readelf -d "$library" | grep -q 'NEEDED.*libstdc++'; then
    fail "the library brings the C++ runtime into programs in C"
fi

# ---- programs ------------------------------------------------------------------------------------

same python /usr/bin/python3 -c 'import json,threading;print(1)'
same python-threads /usr/bin/python3 -c '
import json, threading
results = []
def work(n):
    data = {str(i): ["x" * (i % 300), i, {"k": i}] for i in range(3000)}
    for _ in range(3):
        data = json.loads(json.dumps(data))
    results.append(sum(len(v[0]) for v in data.values()) + n)
threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
for t in threads: t.start()
for t in threads: t.join()
print(sorted(results), len(bytearray(50 << 20)))'
same git git --version
same perl perl -e 'print 1'
same perl-strings perl -e '%h = map { $_ => "v" x ($_ % 500) } 1..20000; print length(join(",", map { $h{$_} } sort keys %h)), "\n"'
same pipeline sh -c 'seq 1 50000 | sort -R | sort -n | tail -1'

cat >"$work/forms.cc" <<'END'
// Every form of new and delete, their failures, threads, and the C functions beside them.
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>

extern "C" {
const char *hak_profile() __attribute__((weak));
void *hak_malloc(size_t) __attribute__((weak));
void hak_free(void *) __attribute__((weak));
size_t hak_malloc_usable_size(void *) __attribute__((weak));
}

static int failures;

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            std::printf("line %d: %s\n", __LINE__, #condition);                                    \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

static volatile size_t huge = PTRDIFF_MAX - 4096;
static const std::align_val_t kAlign{256};

static void *use(void *p, size_t size, size_t align = 16)
{
    CHECK(p != nullptr);
    CHECK(reinterpret_cast<uintptr_t>(p) % align == 0);
    if (p)
        std::memset(p, 0x5A, size);
    asm volatile("" : "+r"(p)::"memory");
    return p;
}

static void forms(size_t n)
{
    ::operator delete(use(::operator new(n), n));
    ::operator delete(use(::operator new(n), n), n);
    ::operator delete(use(::operator new(n, std::nothrow), n), std::nothrow);
    ::operator delete(use(::operator new(n, kAlign), n, 256), kAlign);
    ::operator delete(use(::operator new(n, kAlign), n, 256), n, kAlign);
    ::operator delete(use(::operator new(n, kAlign, std::nothrow), n, 256), kAlign, std::nothrow);
    ::operator delete[](use(::operator new[](n), n));
    ::operator delete[](use(::operator new[](n), n), n);
    ::operator delete[](use(::operator new[](n, std::nothrow), n), std::nothrow);
    ::operator delete[](use(::operator new[](n, kAlign), n, 256), kAlign);
    ::operator delete[](use(::operator new[](n, kAlign), n, 256), n, kAlign);
    ::operator delete[](use(::operator new[](n, kAlign, std::nothrow), n, 256), kAlign,
                        std::nothrow);
}

template <typename New>
static bool throws(New allocate)
{
    try {
        use(allocate(), 0);
        return false;
    } catch (const std::bad_alloc &) {
        return true;
    }
}

static int handled;

static void count_then_give_up()
{
    if (++handled == 3)
        std::set_new_handler(nullptr);
}

static void handler_that_throws()
{
    handled++;
    throw std::bad_alloc();
}

static void failing()
{
    CHECK(throws([] { return ::operator new(huge); }));
    CHECK(throws([] { return ::operator new[](huge); }));
    CHECK(throws([] { return ::operator new(huge, kAlign); }));
    CHECK(throws([] { return ::operator new[](huge, kAlign); }));
    CHECK(::operator new(huge, std::nothrow) == nullptr);
    CHECK(::operator new[](huge, std::nothrow) == nullptr);
    CHECK(::operator new(huge, kAlign, std::nothrow) == nullptr);
    CHECK(::operator new[](huge, kAlign, std::nothrow) == nullptr);
    CHECK(throws([] { return new char[huge]; }));

    handled = 0;
    std::set_new_handler(count_then_give_up);
    CHECK(throws([] { return ::operator new(huge); }));
    CHECK(handled == 3);
    handled = 0;
    std::set_new_handler(count_then_give_up);
    CHECK(::operator new[](huge, kAlign, std::nothrow) == nullptr);
    CHECK(handled == 3);
    handled = 0;
    std::set_new_handler(handler_that_throws);
    CHECK(throws([] { return ::operator new[](huge, kAlign); }));
    CHECK(::operator new(huge, std::nothrow) == nullptr);
    CHECK(::operator new(huge, kAlign, std::nothrow) == nullptr);
    CHECK(handled == 3);
    std::set_new_handler(nullptr);
}

static void c_functions()
{
    for (size_t n : {1, 100, 5000, 100000, 3000000}) {
        void *blocks[] = {std::malloc(n),      std::calloc(n, 1),        ::memalign(64, n),
                          ::aligned_alloc(32, n), ::valloc(n),           ::pvalloc(n),
                          std::realloc(nullptr, n), ::reallocarray(nullptr, n, 1), nullptr};
        CHECK(::posix_memalign(&blocks[8], 128, n) == 0);
        for (void *&p : blocks) {
            use(p, n);
            CHECK(::malloc_usable_size(p) >= n);
            p = std::realloc(p, n + 3000);
            CHECK(p && *static_cast<char *>(p) == 0x5A && static_cast<char *>(p)[n - 1] == 0x5A);
        }
        for (void *p : blocks)
            std::free(p);
    }
    char *copy = ::strdup("a string of the C library");
    CHECK(std::strlen(copy) == 25);
    std::free(copy);
    // The prefixed names are the same allocator.
    if (hak_malloc) {
        CHECK(hak_malloc_usable_size(use(std::malloc(77), 77)) >= 77);
        std::free(use(hak_malloc(100), 100));
        hak_free(use(std::malloc(100), 100));
        hak_free(new int);
    }
}

static void threads()
{
    std::vector<std::thread> all;
    std::vector<size_t> sums(6);
    for (size_t id = 0; id < sums.size(); id++) {
        all.emplace_back([id, &sums] {
            std::map<size_t, std::string> map;
            for (size_t i = 0; i < 20000; i++) {
                map[i * 7919 % 1000] = std::string(i % 400, 'x') + std::to_string(i);
                if (i % 3 == 0)
                    map.erase(i % 1000);
            }
            for (auto &entry : map)
                sums[id] += entry.second.size();
        });
    }
    for (std::thread &thread : all)
        thread.join();
    for (size_t sum : sums)
        CHECK(sum == sums[0] && sum > 0);
}

// Until memory is out, and then on.
static void exhaust()
{
    for (size_t size : {size_t(100000), size_t(20000), size_t(1000), size_t(64)}) {
        void *chain = nullptr;
        errno = 0;
        while (void *p = std::malloc(size)) {
            *static_cast<void **>(p) = chain;
            chain = p;
        }
        CHECK(errno == ENOMEM);
        CHECK(chain != nullptr);
        while (chain) {
            void *next = *static_cast<void **>(chain);
            std::free(chain);
            chain = next;
        }
        std::free(use(std::malloc(1000), 1000));
    }
}

int main(int argc, char **argv)
{
    std::string what = argc > 1 ? argv[1] : "";
    if (what == "profile") {
        std::puts(hak_profile ? hak_profile() : "none");
        return 0;
    }
    if (what == "exhaust") {
        exhaust();
    } else {
        for (size_t n : {0, 1, 16, 100, 1000, 20000, 100000, 5000000})
            forms(n);
        failing();
        c_functions();
        threads();
    }
    std::printf("%d failures\n", failures);
    return failures != 0;
}
END
same compile g++ -std=c++17 -O1 -w -pthread -o "$work/forms" "$work/forms.cc"
same forms "$work/forms"
grep -q '^0 failures' "$work/out.hak" || fail "forms: $(cat "$work/out.hak")"
name=$(LD_PRELOAD=$library "$work/forms" profile)
[ "$name" = "$profile" ] || fail "the program uses the allocator of \"$name\""

# ---- other libraries, late limits ------------------------------------------------------------------

# A library that registered fork handlers which allocate before hakmem could.
cat >"$work/handlers.c" <<'END'
#include <pthread.h>
#include <stdlib.h>
static void allocate(void)
{
    void *p[64];
    free(malloc(300000));
    for (int i = 0; i < 64; i++)
        p[i] = malloc(5000);
    for (int i = 0; i < 64; i++)
        free(p[i]);
}
__attribute__((constructor)) static void begin(void) { pthread_atfork(allocate, allocate, allocate); }
int handlers;
END
cat >"$work/fork.c" <<'END'
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
extern int handlers;
int main(void)
{
    int status = 1;
    alarm(20);
    handlers = 1;
    if (fork() == 0)
        _exit(0);
    wait(&status);
    printf("status %d\n", status);
    return status != 0;
}
END
gcc -shared -fPIC -o "$work/libhandlers.so" "$work/handlers.c" -pthread
gcc -o "$work/fork" "$work/fork.c" -L"$work" -lhandlers -Wl,-rpath,"$work"
same fork-handlers "$work/fork"

# A program in C whose plugin brings the C++ runtime.
cat >"$work/plugin.cc" <<'END'
#include <cstddef>
#include <new>
extern "C" int plugin()
{
    volatile size_t huge = size_t(1) << 60;
    int seen = ::operator new(huge, std::nothrow) == nullptr;
    try {
        ::operator new(huge);
    } catch (std::bad_alloc &) {
        seen |= 2;
    }
    return seen;
}
END
cat >"$work/host.c" <<'END'
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
    void *plugin = dlopen(argv[argc - 1], RTLD_NOW | RTLD_LOCAL);
    int (*run)(void) = plugin ? (int (*)(void))dlsym(plugin, "plugin") : 0;
    int seen = run ? run() : 0;
    printf("seen %d\n", seen);
    return seen != 3;
}
END
g++ -shared -fPIC -o "$work/plugin.so" "$work/plugin.cc"
gcc -o "$work/host" "$work/host.c"
same late-plugin "$work/host" "$work/plugin.so"

# A limit of the address space that comes when the heap is there: pages cannot be moved any more.
cat >"$work/limit.c" <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
int main(void)
{
    char *p = malloc(3 << 20), *behind = malloc(6 << 20);
    struct rlimit limit = {4ul << 30, 4ul << 30};
    memset(p, 1, 3 << 20);
    behind[0] = 1;
    setrlimit(RLIMIT_AS, &limit);
    p = realloc(p, 8 << 20);
    int kept = p && p[0] == 1 && p[(3 << 20) - 1] == 1;
    for (int i = 0; i < 8; i++) {
        char *q = malloc(5 << 20);
        if (q)
            memset(q, 3, 5 << 20);
    }
    printf("kept %d\n", kept);
    return !kept;
}
END
gcc -O1 -o "$work/limit" "$work/limit.c"
same late-limit "$work/limit"

# With an address space of 400 MB.
same limited-python bash -c 'ulimit -v 400000; exec /usr/bin/python3 -c "import json,threading;print(1)"'
same limited-forms bash -c 'ulimit -v 400000; exec "$0"' "$work/forms"
same limited-exhaust bash -c 'ulimit -v 400000; exec "$0" exhaust' "$work/forms"

exit $failed
