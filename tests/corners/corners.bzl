"""corners(): an allocator and three suites for each profile at the corners of the schema.

    corner_<name>_unit_test, corner_<name>_stress_short, corner_<name>_contract

corner_<name> is the three together; unit, stress and contract are one suite of all profiles.
"""

load("//bazel/allocator:allocator.bzl", "allocator", "shared_library")
load("//bazel/suites:profile_tests.bzl", "stress_tests", "unit_test")
load("//bazel:testing.bzl", "pytest_test")

# As in NAMED of corners.py.
_NAMED = [
    "least",
    "greatest",
    "one_size",
    "header_one_size",
    "mixed_kinds",
    "quarantine",
]

# At least as many as hold every pair, which corners.py says; the others are random.
_NUMBERED = 44

CORNERS = ["corner_" + name for name in _NAMED + [("0" + str(i))[-2:] for i in range(_NUMBERED)]]
FILES = ["profiles/%s.yaml" % corner for corner in CORNERS]

_TAGS = ["long"]

def _corner(corner):
    allocator(
        name = corner + "_allocator",
        generated = "generated/%s/" % corner,
        profile = "profiles/%s.yaml" % corner,
        sources = corner + "_sources",
        target_compatible_with = select({
            ":chosen": [],
            "//conditions:default": ["//bazel:incompatible"],
        }),
    )
    library = "lib%s.so" % corner
    shared_library(library, [corner + "_allocator", "//src:shared_only"])
    unit_test(corner, corner + "_allocator", _TAGS, timeout = "long")
    stress_tests(corner, library, {"_short": (5, _TAGS)})
    pytest_test(
        name = corner + "_contract",
        srcs = ["test_contract.py"],
        args = ["--library=$(rootpath %s)" % library, "--profile=$(rootpath profiles/%s.yaml)" % corner],
        data = ["conftest.py", library, "profiles/%s.yaml" % corner],
        tags = _TAGS,
        target_compatible_with = select({
            "//bazel:debug": ["//bazel:incompatible"],
            "//conditions:default": [],
        }),
        deps = ["//tests/contract"],
    )
    native.test_suite(
        name = corner,
        tests = [corner + suffix for suffix in ["_unit_test", "_stress_short", "_contract"]],
    )

def corners():
    """All of them, with --config=long; else none is built."""
    native.config_setting(
        name = "chosen",
        define_values = {"corners": "true"},
    )
    native.genrule(
        name = "files",
        outs = FILES,
        cmd = "$(execpath :corners) $(OUTS)",
        tools = [":corners"],
    )
    for corner in CORNERS:
        _corner(corner)
    for suite in ["unit_test", "stress_short", "contract"]:
        native.test_suite(
            name = suite.split("_")[0],
            tests = ["%s_%s" % (corner, suite) for corner in CORNERS],
        )
