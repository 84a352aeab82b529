// fork in a process whose other threads allocate all the time.
#include <atomic>
#include <thread>
#include <vector>

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
    for (unsigned i = 0; i < 200 && !HasFailure(); i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(20);
            bool good = UseEverything(i);
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

} // namespace
