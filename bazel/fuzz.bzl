"""fuzz_test(): an allocator and tests/fuzz/fuzz.c compiled by clang for libFuzzer, and its test."""

_COMPILE = "-O2 -g1 -fno-builtin -ftls-model=initial-exec -fsanitize=fuzzer-no-link -w"

def fuzz_test(name, generated, profile):
    """The program <name> and the tests <name>_test and, tagged `long`, <name>_long_test.

    The program instruments the allocator too, so that the fuzzer looks for inputs which take new
    ways through it.

    Args:
      name: of the program.
      generated: labels of the profile's hak_config.h, hak_fastpath.h and hak_classes.c.
      profile: name of the profile.
    """
    native.genrule(
        name = name + "_build",
        testonly = True,
        srcs = generated + ["//src:srcs", "//src:headers", "//src:public", "//tests/fuzz:fuzz.c"],
        outs = [name],
        cmd = " && ".join([
            "work=$$(mktemp -d)",
            "include=\"-I src -I $$(dirname $(execpath %s))\"" % generated[0],
            "for file in $(SRCS); do case $$file in " +
            "*.c) clang -std=gnu11 %s $$include -c $$file -o $$work/$$(basename $$file).o || exit 1;; " % _COMPILE +
            "*.cc) clang++ -std=gnu++17 %s $$include -c $$file -o $$work/$$(basename $$file).o || exit 1;; " % _COMPILE +
            "esac; done",
            "clang++ -fsanitize=fuzzer $$work/*.o -pthread -ldl -o $@",
            "rm -r $$work",
        ]),
        executable = True,
        message = "Compiling the fuzzer of profile " + profile,
    )
    for suffix, operations, tags, timeout in [
        ("_test", 200000, [], "short"),
        ("_long_test", 100000000, ["long"], "eternal"),
    ]:
        native.sh_test(
            name = name + suffix,
            size = "small",
            srcs = ["//tests/fuzz:fuzz.sh"],
            args = ["$(rootpath %s)" % name, str(operations)],
            data = [name, "//tests/fuzz:corpus"],
            tags = tags,
            timeout = timeout,
        )
