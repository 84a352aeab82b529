// The lock: one thread at a time, who waits is woken, and a thread that may enters what it holds.
#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

#include "tests/support.h"

namespace {

class Lock : public hak::HeapTest {};

// Whether another thread, which may enter what it holds itself, gets the lock within a short time;
// if not, the thread is in `waiting` until it does.
bool AnotherGetsIt(unsigned lock, std::thread *waiting)
{
    auto got = std::make_shared<std::atomic<bool>>(false);
    std::thread other([lock, got] {
        shim_set_reentrant(true);
        shim_lock_acquire(lock);
        *got = true;
        shim_lock_release(lock);
        shim_set_reentrant(false);
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    if (*got)
        other.join();
    else
        *waiting = std::move(other);
    return !waiting->joinable();
}

TEST_F(Lock, KnowsItsHolder)
{
    for (unsigned lock = 0; lock < shim_nlocks(); lock++) {
        EXPECT_TRUE(shim_lock_is_free(lock));
        shim_lock_acquire(lock);
        EXPECT_TRUE(shim_lock_is_mine(lock));
        std::thread([lock] { EXPECT_FALSE(shim_lock_is_mine(lock)); }).join();
        shim_lock_release(lock);
        EXPECT_TRUE(shim_lock_is_free(lock));
    }
}

// Its holder alone enters it again, and it is free after as many releases.
TEST_F(Lock, IsEnteredAgainByItsHolderAlone)
{
    for (unsigned lock : {0u, shim_nlocks() - 1}) {
        std::thread waiting;
        shim_lock_acquire(lock);
        shim_set_reentrant(true);
        shim_lock_acquire(lock);
        shim_lock_acquire(lock);
        EXPECT_EQ(shim_lock_nested(lock), 2u);
        EXPECT_FALSE(AnotherGetsIt(lock, &waiting));
        shim_lock_acquire(lock); // the word says now that a thread waits
        EXPECT_EQ(shim_lock_nested(lock), 3u);
        for (unsigned nested = 3; nested > 0; nested--) {
            shim_lock_release(lock);
            EXPECT_TRUE(shim_lock_is_mine(lock)) << nested;
            EXPECT_EQ(shim_lock_nested(lock), nested - 1);
        }
        shim_set_reentrant(false);
        shim_lock_release(lock);
        if (waiting.joinable())
            waiting.join();
        EXPECT_TRUE(shim_lock_is_free(lock));
        EXPECT_EQ(shim_lock_nested(lock), 0u);
    }
}

// Who holds all locks uses everything, as a handler of fork does.
TEST_F(Lock, AThreadThatHoldsAllMayAllocate)
{
    for (unsigned lock = 0; lock < shim_nlocks(); lock++)
        shim_lock_acquire(lock);
    shim_set_reentrant(true);
    for (size_t size : {10, 5000, 100000, 5000000})
        hak_free(hak_realloc(hak_malloc(size), size * 2));
    hak_trim();
    shim_set_reentrant(false);
    for (unsigned lock = 0; lock < shim_nlocks(); lock++) {
        EXPECT_TRUE(shim_lock_is_mine(lock)) << lock;
        EXPECT_EQ(shim_lock_nested(lock), 0u) << lock;
        shim_lock_release(lock);
        EXPECT_TRUE(shim_lock_is_free(lock)) << lock;
    }
}

// Plain counters come out right; some hold the lock for long, so that the others fall asleep.
TEST_F(Lock, LetsOneInAtATimeAndWakesTheOthers)
{
    unsigned lock = shim_nlocks() - 1;
    size_t entered = 0, inside = 0, collisions = 0;
    hak::RunThreads(4, [&](unsigned id) {
        for (unsigned i = 0; i < 20000; i++) {
            shim_lock_acquire(lock);
            collisions += inside++ != 0;
            entered++;
            if (i % 2000 == id)
                std::this_thread::sleep_for(std::chrono::microseconds(200));
            inside--;
            shim_lock_release(lock);
        }
    });
    EXPECT_EQ(entered, 80000u);
    EXPECT_EQ(collisions, 0u);
    EXPECT_TRUE(shim_lock_is_free(lock));
}

} // namespace
