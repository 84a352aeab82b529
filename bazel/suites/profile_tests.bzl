"""profile_tests(): the suites that every profile has: unit, fuzz, stress, and the scripts.

unit_test() and stress_tests() are those of any other allocator."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")
load("//bazel/allocator:allocator.bzl", "ALLOCATOR_COPTS", "KEEP")
load("//bazel/suites:fuzz.bzl", "fuzz")
load("//bazel/allocator:internals.bzl", "internals")

def unit_test(variant, allocator, tags, **kwargs):
    """<variant>_unit_test: the suite of //tests over the insides of an allocator.

    Args:
      variant: <variant>_sources are the allocator's generated files.
      allocator: its static library.
      tags: of the test.
      **kwargs: everything else of the test.
    """
    internals(
        name = variant + "_internals",
        testonly = True,
        allocator = allocator,
    )
    cc_library(
        name = variant + "_shim",
        testonly = True,
        srcs = ["//tests:shim"],
        copts = ALLOCATOR_COPTS,
        linkstatic = True,
        deps = [variant + "_internals", variant + "_sources"],
    )
    cc_test(
        name = variant + "_unit_test",
        size = "small",
        linkstatic = True,
        tags = tags,
        deps = ["//tests:unit", variant + "_shim"],
        **kwargs
    )

def stress_tests(variant, library, runs):
    """<variant>_stress: all loads at once with a shared library, and tests that run it.

    Args:
      variant: of the allocator.
      library: the shared library.
      runs: suffix of the test's name -> seconds, and the test's tags.
    """
    cc_binary(
        name = variant + "_stress",
        testonly = True,
        srcs = [library],
        linkopts = KEEP,
        linkstatic = True,
        deps = ["//tests/stress"],
    )
    for suffix, (seconds, tags) in runs.items():
        native.sh_test(
            name = variant + "_stress" + suffix,
            srcs = [variant + "_stress"],
            args = [str(seconds)],
            tags = tags,
            timeout = "eternal" if seconds > 30 else "moderate",
        )

def _script_test(script, tags, profile, variant, programs):
    stem = script.split(":")[-1].split("/")[-1].rsplit(".", 1)[0]
    native.sh_test(
        name = "%s_%s" % (variant, stem),
        size = "small",
        srcs = [script],
        args = [profile, "$(rootpath :lib%s.so)" % variant],
        data = [":lib%s.so" % variant, "//tests:golden"] + ["%s_%s" % (program, variant) for program in programs],
        tags = tags,
        timeout = "long" if "long" in tags else "short",
    )

def profile_tests(profile, variant, programs, scripts):
    """Declares the tests of one profile in the package that has its allocator.

    Args:
      profile: its name.
      variant: the name of its variant; lib<variant>.so and <variant>_sources are its targets.
      programs: names of the benchmark programs that the scripts may run.
      scripts: shell scripts, each with its tags.  Their arguments are the profile's name and the
        path of its library; their working directory holds <program>_<variant>.
    """
    unit_test(variant, ":hakmem-" + profile, ["unit"])
    fuzz(variant, profile, copts = ALLOCATOR_COPTS)
    stress_tests(
        variant,
        "lib%s.so" % variant,
        {"_minute": (60, ["long"]), "_hour": (3600, ["stress"])},
    )
    for script, tags in scripts.items():
        _script_test(script, tags, profile, variant, programs)
