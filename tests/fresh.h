/* fresh.h: tests that run in processes of their own. */
#ifndef HAK_TESTS_FRESH_H
#define HAK_TESTS_FRESH_H

#include <cstdio>
#include <functional>

#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest-spi.h>

#include "tests/support.h"

namespace hak {

/* Its tests end in EXPECT_IN_FRESH_PROCESS, where hakmem has done no more than it does at the start
 * of a process; what they did before is done in that process again. */
class FreshProcessTest : public testing::Test {
  protected:
    void SetUp() override
    {
        GTEST_FLAG_SET(death_test_style, "threadsafe");
    }
    void TearDown() override
    {
        GTEST_FLAG_SET(death_test_style, "fast");
    }
};

/* Runs `body` and exits: with 1 if an expectation failed, which stderr then names, else with what
 * body returned. */
[[noreturn]] inline void RunAndExit(const std::function<int()> &body)
{
    testing::TestPartResultArray results;
    testing::ScopedFakeTestPartResultReporter reporter(
        testing::ScopedFakeTestPartResultReporter::INTERCEPT_ALL_THREADS, &results);
    int code = body();
    for (int i = 0; i < results.size(); i++) {
        const testing::TestPartResult &result = results.GetTestPartResult(i);
        if (result.failed()) {
            std::fprintf(stderr, "%s:%d: %s\n", result.file_name(), result.line_number(),
                         result.message());
            code = 1;
        }
    }
    _exit(code);
}

/* `body` takes and returns nothing. */
#define EXPECT_IN_FRESH_PROCESS(body)                                                              \
    EXPECT_EXIT(hak::RunAndExit([&] { return (body)(), 0; }), testing::ExitedWithCode(0), "")

/* What `body` returns in a child of fork, with whatever expectations of it failed on stderr; -1 if
 * the child did not end by itself. */
inline int RunInChild(const std::function<int()> &body)
{
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        RunAndExit(body);
    }
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace hak

#endif
