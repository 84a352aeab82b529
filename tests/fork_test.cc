// fork in a process whose other threads allocate all the time, and its handlers.  Children that
// come without handlers: raw_fork_test.cc.
#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/everything.h"
#include "tests/support.h"

using hak::UseEverything;

namespace {

class Fork : public hak::HeapTest {};

TEST_F(Fork, ChildrenWorkWhileOthersAllocate)
{
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (unsigned id = 0; id < 4; id++) {
        threads.emplace_back([&stop, id] {
            hak::Random random(id + 1);
            std::vector<void *> blocks(200);
            while (!stop) {
                for (int i = 0; i < 50; i++) {
                    void *&p = blocks[random.Below(blocks.size())];
                    hak_free(p);
                    p = hak_malloc(random.Size(i % 10 ? 4000 : 300000));
                }
            }
            for (void *p : blocks)
                hak_free(p);
        });
    }
    for (unsigned i = 0; i < 250 && !HasFailure(); i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            bool good = i % 10 ? hak_malloc(i) && hak_malloc(i * 1000) : UseEverything(i);
            hak_trim();
            _exit(good ? 0 : 1);
        }
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
            << "fork " << i << ": status " << status;
    }
    stop = true;
    for (std::thread &thread : threads)
        thread.join();
}

// The child of a child, and threads in it.
TEST_F(Fork, ChildrenForkAndStartThreads)
{
    void *kept = hak_malloc(100);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        hak_free(kept);
        bool good = UseEverything(1);
        std::thread([&] { good &= UseEverything(2); }).join();
        pid_t grandchild = fork();
        if (grandchild == 0)
            _exit(UseEverything(3) ? 0 : 1);
        int status = 1;
        waitpid(grandchild, &status, 0);
        _exit(good && status == 0 ? 0 : 1);
    }
    int status = 1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    hak_free(kept);
}

// Each lock in turn is held by another thread when fork is called: fork waits for it, and the child
// finds all locks free.
TEST_F(Fork, WaitsForEveryLock)
{
    for (unsigned lock = 0; lock < shim_nlocks(); lock++) {
        std::atomic<bool> held{false}, forked{false}, early{false};
        std::thread holder([&] {
            shim_lock_acquire(lock);
            held = true;
            std::this_thread::sleep_for(std::chrono::milliseconds(3));
            early = forked.load();
            shim_lock_release(lock);
        });
        while (!held)
            std::this_thread::yield();
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            bool good = UseEverything(lock);
            hak_trim();
            for (unsigned other = 0; other < shim_nlocks(); other++)
                good &= shim_lock_is_free(other);
            _exit(good ? 0 : 1);
        }
        forked = true;
        holder.join();
        int status = 1;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0) << "lock " << lock;
        EXPECT_FALSE(early) << "lock " << lock << ": fork did not wait";
        EXPECT_TRUE(UseEverything(lock)) << "in the parent";
    }
}

// Handlers of the program: those of the first three run inside of hakmem's, so while it holds all
// locks, those of the others around them.  Which of them have worked, as bits.
bool handlers_enabled;
unsigned handlers_worked;

template <unsigned kBit>
void AllocateInHandler()
{
    if (handlers_enabled && UseEverything(7))
        handlers_worked |= 1u << kBit;
}

// Before any constructor, and so before hakmem; a sanitizer is not there yet either.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void RegisterFirst()
{
    pthread_atfork(AllocateInHandler<0>, AllocateInHandler<1>, AllocateInHandler<2>);
}
__attribute__((section(".preinit_array"), used)) void (*register_first)() = RegisterFirst;
constexpr unsigned kInside = 3;
#else
constexpr unsigned kInside = 0;
#endif

// They may allocate, on both sides, whenever they were registered.
TEST_F(Fork, HandlersMayAllocate)
{
    static bool registered =
        pthread_atfork(AllocateInHandler<3>, AllocateInHandler<4>, AllocateInHandler<5>) == 0;
    ASSERT_TRUE(registered);
    unsigned in_parent = (kInside ? 3u : 0u) | 3u << 3, in_child = (kInside ? 5u : 0u) | 5u << 3;
    for (int i = 0; i < 3; i++) {
        handlers_worked = 0;
        handlers_enabled = true;
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            bool good = handlers_worked == in_child && UseEverything(8);
            for (unsigned lock = 0; lock < shim_nlocks(); lock++)
                good = good && shim_lock_is_free(lock);
            std::thread([&] { good = UseEverything(9) && good; }).join();
            _exit(good ? 0 : 1);
        }
        handlers_enabled = false;
        EXPECT_EQ(handlers_worked, in_parent);
        int status = 1;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
        for (unsigned lock = 0; lock < shim_nlocks(); lock++)
            EXPECT_TRUE(shim_lock_is_free(lock)) << lock;
        EXPECT_TRUE(UseEverything(10));
        std::thread([] {
            EXPECT_TRUE(UseEverything(11));
        }).join(); // so that next time there are two
    }
}

// A child of vfork runs in the parent's memory until it executes another program.
TEST_F(Fork, VforkAndExec)
{
    for (unsigned i = 0; i < 50; i++) {
        void *p = hak_malloc(100 + i);
        pid_t child = vfork();
        if (child == 0) {
            execl("/bin/true", "true", static_cast<char *>(nullptr));
            _exit(127);
        }
        int status = 1;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
        hak_free(p);
    }
    EXPECT_TRUE(UseEverything(9));
}

std::atomic<unsigned> ticks;
void *volatile read_by_handler;

// Only reads: the size of a block, and what is in it.
void ReadInHandler(int)
{
    const char *p = static_cast<const char *>(read_by_handler);
    if (hak_malloc_usable_size(const_cast<char *>(p)) >= 1000 && p[999] == 5)
        ticks++;
}

TEST_F(Fork, SignalHandlersMayRead)
{
    char *p = static_cast<char *>(hak_malloc(1000));
    std::memset(p, 5, 1000);
    read_by_handler = p;
    struct sigaction action = {}, before;
    action.sa_handler = ReadInHandler;
    action.sa_flags = SA_RESTART;
    ASSERT_EQ(sigaction(SIGALRM, &action, &before), 0);
    struct itimerval every = {{0, 500}, {0, 500}}, never = {};
    setitimer(ITIMER_REAL, &every, nullptr);
    for (unsigned i = 0; i < 200 || (ticks < 20 && i < 20000); i++)
        EXPECT_TRUE(UseEverything(i));
    setitimer(ITIMER_REAL, &never, nullptr);
    sigaction(SIGALRM, &before, nullptr);
    EXPECT_GE(ticks, 20u);
    hak_free(p);
}

} // namespace
