"""How an allocator is compiled and linked, whatever its profile."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library")
load("//bazel/allocator:profile.bzl", "profile_sources")

# How an allocator is compiled.  What a profile chooses is never here but in its hak_config.h.
ALLOCATOR_COPTS = [
    "-Wall",
    "-Wextra",
    "-fvisibility=hidden",
    "-ftls-model=initial-exec",
    "-fno-plt",
    "-fno-stack-protector",
    "-fomit-frame-pointer",
    "-U_FORTIFY_SOURCE",
    "-fno-builtin-malloc",
    "-fno-builtin-calloc",
    "-fno-builtin-realloc",
    "-fno-builtin-free",
] + (
    # Warnings are for who changes hakmem, not for the workspaces that use it.
    ["-w"] if Label("//bazel:deps.bzl").workspace_root else []
) + select({
    str(Label("//bazel:debug")): ["-Og", "-g3"],
    "//conditions:default": ["-O2", "-g1"],
})

# The languages it is written in, whatever those of the workspace are.
C_STANDARD = ["-std=gnu11"]
CXX_STANDARD = ["-std=gnu++17"]

SHARED_LINKOPTS = [
    # gold, which Bazel prefers, exports _end and the names of thread-local variables.
    "-fuse-ld=bfd",
    "-pthread",
    "-Wl,-z,now",
    # The first constructor of the process, so that its fork handlers are the innermost ones.
    "-Wl,-z,initfirst",
    # Stays when it is closed: its threads run, and those of the program hold its caches.
    "-Wl,-z,nodelete",
    "-Wl,-z,relro",
    "-Wl,--no-undefined",
]

# The allocator must be among the needed libraries although libc alone could meet a program's calls.
KEEP = ["-Wl,--no-as-needed"]

def allocator(name, profile, sources, generated, bases = [], target_compatible_with = [], **kwargs):
    """The sources generated from one profile, and its library to link statically.

    Args:
      name: of the library.
      profile: the profile's file.
      sources: name of a target for the generated files.
      generated: the folder they are in, with a slash at its end.
      bases: files beside the profile that it may build on, as on any of hakmem's profiles.
      target_compatible_with: of the sources, and so of whatever is built from them.
      **kwargs: passed on to cc_library.
    """
    profile_sources(
        name = sources,
        bases = bases,
        classes = generated + "hak_classes.c",
        config = generated + "hak_config.h",
        fastpath = generated + "hak_fastpath.h",
        profile = profile,
        target_compatible_with = target_compatible_with,
        visibility = [Label("//tests:__subpackages__")],
    )
    cc_library(
        name = name + "_operators",
        srcs = [Label("//src:operators.cc")],
        copts = ALLOCATOR_COPTS + CXX_STANDARD,
        linkstatic = True,
        deps = [sources],
        alwayslink = True,
    )
    cc_library(
        name = name,
        srcs = [Label("//src:srcs"), generated + "hak_classes.c"],
        copts = ALLOCATOR_COPTS + C_STANDARD,
        linkopts = ["-pthread"],
        linkstatic = True,
        deps = [name + "_operators", Label("//src:api"), sources],
        alwayslink = True,
        **kwargs
    )

def shared_library(name, deps, visibility = ["//visibility:public"], **kwargs):
    """A library to preload, from cc_library targets with alwayslink.

    An allocator's has //src:shared_only beside the allocator.

    Args:
      name: of the file.
      deps: what it is made of.
      visibility: as of any target.
      **kwargs: passed on to cc_binary.
    """
    cc_binary(
        name = name,
        linkopts = SHARED_LINKOPTS + ["-Wl,-soname," + name.split("/")[-1]],
        linkshared = True,
        visibility = visibility,
        deps = deps,
        **kwargs
    )
