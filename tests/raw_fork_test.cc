// Children that come without hakmem's fork handlers: by _Fork, by the system call, by vfork; and
// forks in signal handlers, which interrupt a thread that holds a lock.
#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/everything.h"
#include "tests/support.h"

using hak::profile;
using hak::UseEverything;

namespace {

enum Way { kFork, kUnderscore, kClone };
constexpr Way kRawWays[] = {kUnderscore, kClone};

pid_t Fork(Way way)
{
    switch (way) {
    case kFork:
        return fork();
    case kUnderscore:
        return _Fork();
    default:
        return static_cast<pid_t>(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
    }
}

bool Succeeds(pid_t child)
{
    int status = 1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_FALSE(WIFSIGNALED(status)) << "signal " << WTERMSIG(status);
    return status == 0;
}

// Blocks of every class and some large ones, with known contents.
class Blocks {
  public:
    Blocks()
    {
        for (unsigned cls = 1; cls <= profile.nclasses; cls++) {
            for (int i = 0; i < 3; i++)
                Add(shim_class(cls).usable);
        }
        for (size_t size : {100000, 700000, 3000000})
            Add(size);
    }

    bool AreIntact() const
    {
        for (size_t i = 0; i < blocks_.size(); i++) {
            size_t size = Checked(blocks_[i].size);
            if (hak::PatternEnd(blocks_[i].p, size, i) != size)
                return false;
        }
        return true;
    }

    void Free()
    {
        for (const Block &block : blocks_)
            hak_free(block.p);
        blocks_.clear();
    }

  private:
    struct Block {
        void *p;
        size_t size;
    };

    static size_t Checked(size_t size)
    {
        return std::min<size_t>(size, 512);
    }

    void Add(size_t size)
    {
        void *p = hak_malloc(size);
        hak::FillPattern(p, Checked(size), blocks_.size());
        blocks_.push_back({p, size});
    }

    std::vector<Block> blocks_;
};

// Everything that a child may do.  In one whose parent had no other thread inside of the C library,
// threads as well.
bool ChildWorks(Blocks &blocks, bool threads)
{
    bool good = UseEverything(1) && UseEverything(2);
    if (threads) {
        std::atomic<bool> all{true};
        hak::RunThreads(2, [&](unsigned id) { all = UseEverything(id) && all; });
        good = good && all;
    }
    good = good && blocks.AreIntact();
    blocks.Free();
    hak_trim();
    good = good && UseEverything(3);
    for (unsigned lock = 0; lock < shim_nlocks(); lock++)
        good = good && shim_lock_is_free(lock);
    return good;
}

constexpr size_t kLikely = size_t{1} << 40; // bytes; more is a count below zero

class RawFork : public hak::HeapTest {};

// Each lock that is not one of a class, and some of those.
std::vector<unsigned> SomeLocks()
{
    std::vector<unsigned> locks;
    for (unsigned lock = 0; lock < shim_nlocks(); lock++) {
        if (lock >= profile.nclasses || lock % 16 == 0)
            locks.push_back(lock);
    }
    return locks;
}

// In the child nobody releases the lock, and what it guards may be in the middle of a change.
TEST_F(RawFork, AnotherThreadHoldsALock)
{
    Blocks blocks;
    for (unsigned lock : SomeLocks()) {
        std::atomic<bool> held{false}, release{false};
        std::thread holder([&] {
            hak_free(hak_malloc(100));
            shim_lock_acquire(lock);
            held = true;
            while (!release)
                std::this_thread::sleep_for(std::chrono::microseconds(200));
            shim_lock_release(lock);
        });
        while (!held)
            std::this_thread::yield();
        for (Way way : kRawWays) {
            pid_t child = Fork(way);
            if (child == 0) {
                alarm(20);
                bool is_new = shim_process_is_new();
                bool good = ChildWorks(blocks, !hak::kSanitized);
                good = good && shim_cache_stats().threads == 1;
                _exit(!good ? 1 : is_new ? 0 : 2);
            }
            EXPECT_TRUE(Succeeds(child)) << "lock " << lock;
        }
        release = true;
        holder.join();
    }
    EXPECT_FALSE(shim_process_is_new());
    EXPECT_TRUE(blocks.AreIntact());
    blocks.Free();
    EXPECT_TRUE(UseEverything(5));
}

// Whether slabs that are carved from now on go back to the heap once their blocks are free.
bool TakesBack(unsigned cls)
{
    std::vector<void *> blocks(4 * shim_class(cls).nblocks);
    for (void *&p : blocks)
        p = hak_malloc(shim_class(cls).usable);
    for (void *p : blocks)
        hak_free(p);
    hak::Settle();
    return shim_central_stats(cls).slabs == 0;
}

// What such a lock guards is not touched again: memory comes from elsewhere, and goes back.
TEST_F(RawFork, TheChildGivesUpWhatWasBeingChanged)
{
    Blocks blocks;
    unsigned cls = std::min(5u, profile.nclasses), heap_lock = shim_nlocks() - 1;
    void *small = hak_malloc(shim_class(cls).usable);
    hak_free(hak_malloc(1000000));
    void *grows = hak_malloc(600000);
    hak_free(hak_malloc(1000000)); // behind it
    size_t frontier = shim_range(0).frontier;
    for (unsigned lock : {cls - 1, heap_lock}) {
        std::atomic<bool> held{false}, release{false};
        std::thread holder([&] {
            shim_lock_acquire(lock);
            held = true;
            while (!release)
                std::this_thread::sleep_for(std::chrono::microseconds(200));
            shim_lock_release(lock);
        });
        while (!held)
            std::this_thread::yield();
        pid_t child = _Fork();
        if (child == 0) {
            alarm(20);
            hak_free(small);
            blocks.Free();
            bool good = UseEverything(1);
            void *grown = hak_realloc(grows, 1400000);
            good = good && grown && shim_heap_stats().dirty < kLikely;
            hak_free(grown);
            hak::Settle();
            good = good && shim_heap_stats().dirty < kLikely;
            if (lock == heap_lock)
                good = good && shim_range(0).first == frontier;
            else
                good = good && shim_central_stats(cls).free == 0 && TakesBack(cls);
            _exit(good ? 0 : 1);
        }
        EXPECT_TRUE(Succeeds(child)) << "lock " << lock;
        release = true;
        holder.join();
    }
    hak_free(small);
    hak_free(grows);
    blocks.Free();
}

// Without other threads nothing is lost in the child: all its memory is free in the end.
TEST_F(RawFork, OfAProcessWithoutThreadsLosesNothing)
{
    auto lost = [] {
        struct shim_heap_stats heap = shim_heap_stats();
        return heap.mapped - heap.clean;
    };
    size_t before = lost();
    Blocks blocks;
    for (Way way : kRawWays) {
        pid_t child = Fork(way);
        if (child == 0) {
            alarm(20);
            blocks.Free();
            bool good = UseEverything(1);
            pid_t grandchild = Fork(way);
            if (grandchild == 0)
                _exit(UseEverything(2) ? 0 : 1);
            good = good && Succeeds(grandchild);
            hak::Settle();
            _exit(good && lost() == before ? 0 : 1);
        }
        EXPECT_TRUE(Succeeds(child));
    }
    blocks.Free();
}

// Threads in the middle of malloc and free are gone in the child.
TEST_F(RawFork, WhileOthersAllocate)
{
    if (hak::kSanitized)
        GTEST_SKIP() << "the sanitizer's locks are not made for such a child";
    Blocks blocks;
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (unsigned id = 0; id < 3; id++) {
        threads.emplace_back([&stop, id] {
            hak::Random random(id + 1);
            void *own[100] = {};
            while (!stop) {
                void *&p = own[random.Below(100)];
                hak_free(p);
                p = hak_malloc(random.Size(random.Below(10) ? 4000 : 300000));
                if (random.Below(500) == 0)
                    hak_trim();
            }
            for (void *p : own)
                hak_free(p);
        });
    }
    for (unsigned i = 0; i < 15 && !HasFailure(); i++) {
        pid_t child = Fork(kRawWays[i % 2]);
        if (child == 0) {
            alarm(20);
            bool good = UseEverything(i) && blocks.AreIntact();
            blocks.Free();
            _exit(good ? 0 : 1);
        }
        EXPECT_TRUE(Succeeds(child)) << "fork " << i;
    }
    stop = true;
    for (std::thread &thread : threads)
        thread.join();
    EXPECT_TRUE(blocks.AreIntact());
    blocks.Free();
}

// A child of vfork is one more call of its parent: it waits for the lock as the parent would.
TEST_F(RawFork, AChildOfVforkWaitsForLocks)
{
#if defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "the sanitizer makes a fork of vfork";
#endif
    for (unsigned lock : {0u, profile.nclasses, shim_nlocks() - 2, shim_nlocks() - 1}) {
        std::atomic<bool> held{false};
        static std::atomic<bool> released, early, is_new;
        released = early = is_new = false;
        std::thread holder([&] {
            shim_lock_acquire(lock);
            held = true;
            for (int i = 0; i < 20; i++) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
                early = early || !shim_lock_is_mine(lock);
            }
            released = true;
            shim_lock_release(lock);
        });
        while (!held)
            std::this_thread::yield();
        pid_t child = vfork();
        if (child == 0) {
            is_new = shim_process_is_new();
            shim_lock_acquire(lock);
            early = early || !released;
            shim_lock_release(lock);
            _exit(UseEverything(lock) ? 0 : 1);
        }
        EXPECT_TRUE(Succeeds(child));
        holder.join();
        EXPECT_FALSE(early) << "lock " << lock << " was taken from its holder";
        EXPECT_FALSE(is_new);
    }
    EXPECT_TRUE(UseEverything(1));
}

// ---- in signal handlers ----

Way way_of_handler;
pid_t child_of_handler;

void ForkInHandler(int)
{
    child_of_handler = Fork(way_of_handler);
}

Blocks *blocks_of_handler;

// Its child allocates, and ends without going back.
void ForkInHandlerAndAllocate(int)
{
    child_of_handler = Fork(way_of_handler);
    if (child_of_handler == 0) {
        alarm(20);
        bool good = UseEverything(1) && blocks_of_handler->AreIntact();
        blocks_of_handler->Free();
        hak_trim();
        _exit(good && UseEverything(2) && shim_heap_stats().dirty < kLikely ? 0 : 1);
    }
}

// What the thread was changing is given up in the child.
TEST_F(RawFork, TheChildOfASignalHandlerAllocates)
{
    struct sigaction action = {}, before;
    action.sa_handler = ForkInHandlerAndAllocate;
    ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
    Blocks blocks;
    blocks_of_handler = &blocks;
    for (unsigned lock : SomeLocks()) {
        for (Way way : {kFork, kUnderscore, kClone}) {
            way_of_handler = way;
            shim_lock_acquire(lock);
            raise(SIGUSR1);
            bool held = shim_lock_is_mine(lock) && shim_lock_nested(lock) == 0;
            shim_lock_release(lock);
            EXPECT_TRUE(held && shim_lock_is_free(lock)) << "lock " << lock << " in the parent";
            EXPECT_TRUE(Succeeds(child_of_handler)) << "lock " << lock << ", way " << way;
        }
    }
    sigaction(SIGUSR1, &before, nullptr);
    blocks.Free();
    EXPECT_TRUE(UseEverything(1));
}

// The thread goes on where it was, in the parent and in the child: with the lock, which it
// releases.
TEST_F(RawFork, InASignalHandlerOfAThreadThatHoldsALock)
{
    struct sigaction action = {}, before;
    action.sa_handler = ForkInHandler;
    ASSERT_EQ(sigaction(SIGUSR1, &action, &before), 0);
    Blocks blocks;
    for (unsigned lock : SomeLocks()) {
        for (Way way : {kFork, kUnderscore, kClone}) {
            way_of_handler = way;
            shim_lock_acquire(lock);
            raise(SIGUSR1);
            unsigned other = lock == 0 ? 1 : 0;
            shim_lock_acquire(other); // the first one that the child takes
            shim_lock_release(other);
            bool held = shim_lock_is_mine(lock) && shim_lock_nested(lock) == 0;
            shim_lock_release(lock);
            if (child_of_handler == 0) {
                alarm(20);
                held = held && shim_lock_is_free(lock);
                _exit(!held ? 2 : ChildWorks(blocks, !hak::kSanitized) ? 0 : 1);
            }
            EXPECT_TRUE(held && shim_lock_is_free(lock)) << "lock " << lock << " in the parent";
            EXPECT_TRUE(Succeeds(child_of_handler)) << "lock " << lock << ", way " << way;
        }
    }
    sigaction(SIGUSR1, &before, nullptr);
    blocks.Free();
    EXPECT_TRUE(UseEverything(1));
}

} // namespace
