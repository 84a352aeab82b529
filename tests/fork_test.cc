// fork in a process whose other threads allocate all the time.
#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/support.h"

using hak::profile;

namespace {

class Fork : public hak::HeapTest {};

// Allocates and frees of every class and a few large ones; false if something is wrong.
bool UseEverything(size_t tag)
{
    for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
        size_t usable = shim_class(cls).usable;
        void *blocks[12];
        for (void *&p : blocks) {
            p = hak_malloc(usable);
            if (!p)
                return false;
            hak::FillPattern(p, std::min<size_t>(usable, 256), tag);
        }
        for (void *p : blocks) {
            if (hak::PatternEnd(p, std::min<size_t>(usable, 256), tag) !=
                std::min<size_t>(usable, 256))
                return false;
            hak_free(p);
        }
    }
    void *p = hak_realloc(hak_calloc(1, 200000), 3000000);
    hak_free(p);
    return p != nullptr;
}

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
    for (unsigned i = 0; i < 1000 && !HasFailure(); i++) {
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

bool handlers_worked;

void AllocateInHandler()
{
    handlers_worked = UseEverything(7);
}

// Handlers that the program registers may allocate, on both sides.
TEST_F(Fork, HandlersMayAllocate)
{
    static bool registered =
        pthread_atfork(AllocateInHandler, AllocateInHandler, AllocateInHandler) == 0;
    ASSERT_TRUE(registered);
    handlers_worked = false;
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        _exit(handlers_worked ? 0 : 1);
    }
    EXPECT_TRUE(handlers_worked);
    int status = 1;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
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
