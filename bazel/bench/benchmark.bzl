"""The benchmark programs linked with an allocator."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//bazel/allocator:allocator.bzl", "KEEP")
load("//bench/programs:programs.bzl", "SANITY")

def benchmark(
        programs,
        variant,
        kind,
        profile = None,
        library = None,
        soname = None,
        static = None,
        layouts = None,
        folder = ""):
    """Every benchmark program, and the one that checks the allocator, linked with one allocator; returns
    the variant's manifest entry.

    Args:
      programs: names; //bench/programs:<program> is the program's object code.
      variant: name of the variant.
      kind: profile, system, peer or reference.
      profile: name of the profile if the kind is profile.
      library: the shared library to link with, if it is built here.
      soname: the shared library to link with, if it is installed.
      static: None for a program that uses shared libraries, else the libraries it contains.
      layouts: the library's files of relinked_library(), if there are any.
      folder: what the names of the programs' targets start with.
    """
    linkopts = ["-l:" + soname] if soname else []
    binaries = {}
    for program in programs + [SANITY]:
        binaries[program] = "%s%s_%s" % (folder, program, variant)
        cc_binary(
            name = binaries[program],
            srcs = [library] if library else [],
            features = ["fully_static_link"] if static != None else [],
            linkopts = ["-pthread"] + (["-static"] if static != None else KEEP + linkopts),
            linkstatic = True,
            visibility = ["//visibility:public"],
            deps = ["//bench/programs:" + program] + (static or []),
        )
    entry = {"name": variant, "kind": kind}
    if profile:
        entry["profile"] = profile
    if library or soname:
        entry["library"] = library or soname
    entry["link"] = "shared" if static == None else "static"
    entry["binaries"] = binaries
    if layouts:
        entry["layouts"] = layouts
    return entry
