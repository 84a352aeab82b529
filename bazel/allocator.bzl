"""How an allocator is compiled and linked, whatever its profile."""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library")
load("//bazel:profile.bzl", "profile_sources")

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
] + select({
    "//bazel:debug": ["-Og", "-g3"],
    "//conditions:default": ["-O2", "-g1"],
})

SHARED_LINKOPTS = [
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

def allocator(name, profile, profiles, sources, generated, **kwargs):
    """The sources generated from one profile, and its library to link statically.

    Args:
      name: of the library.
      profile: the profile's file.
      profiles: those it may name as its base.
      sources: name of a target for the generated files, which are in the folder `generated`.
      **kwargs: passed on to cc_library.
    """
    profile_sources(
        name = sources,
        classes = generated + "hak_classes.c",
        config = generated + "hak_config.h",
        fastpath = generated + "hak_fastpath.h",
        headers = ["//src:headers"],
        profile = profile,
        profiles = profiles,
        visibility = ["//tests:__subpackages__"],
    )
    cc_library(
        name = name,
        srcs = ["//src:srcs", generated + "hak_classes.c"],
        copts = ALLOCATOR_COPTS,
        linkopts = ["-pthread"],
        linkstatic = True,
        deps = [sources],
        alwayslink = True,
        **kwargs
    )

def shared_library(name, deps):
    """A library to preload, from cc_library targets with alwayslink."""
    cc_binary(
        name = name,
        linkopts = SHARED_LINKOPTS + ["-Wl,-soname," + name.split("/")[-1]],
        linkshared = True,
        visibility = ["//visibility:public"],
        deps = deps,
    )
