"""What other workspaces load from hakmem."""

load("//bazel/allocator:allocator.bzl", "allocator", "shared_library")

def hakmem_profile(name, profile, bases = [], visibility = None, **kwargs):
    """An allocator made of a profile of the workspace's own.

        load("@hakmem//bazel:defs.bzl", "hakmem_profile")

        hakmem_profile(name = "mine", profile = "mine.yaml")

        cc_binary(name = "server", srcs = ["server.c"], malloc = ":mine")

    Declares
        <name>          the library to link statically, by `malloc` or by `deps`; who depends on it
                        finds "hakmem.h"
        lib<name>.so    the library to preload, or to link with
        <name>_sources  the generated hak_config.h, hak_fastpath.h and hak_classes.c

    Args:
      name: of the allocator.
      profile: the profile's file, such as "mine.yaml"; its summary and what differs from its base.
      bases: files beside it that it builds on, if its base is none of hakmem's profiles.
      visibility: of the libraries; the package's if there is none.
      **kwargs: what any rule takes, such as tags and testonly.
    """
    allocator(
        name = name,
        bases = bases,
        generated = name + "_generated/",
        profile = profile,
        sources = name + "_sources",
        visibility = visibility,
        **kwargs
    )
    shared_library(
        name = "lib%s.so" % name,
        visibility = visibility,
        deps = [name, Label("//src:shared_only")],
        **kwargs
    )
