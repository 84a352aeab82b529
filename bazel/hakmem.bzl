"""hakmem(): from profile files to allocators, benchmark programs and tests.

Targets, all in the package that calls hakmem(); V is `hakmem` for the profile `default`, else
`hakmem-<profile>`:

    hakmem                the allocator that --//:profile=NAME selects, for malloc = "//:hakmem"
    hakmem-<profile>      the same of one profile (also hakmem-default)
    lib<V>.so             to preload, or to link with
    installed/<profile>/  libhakmem.so.1 and libhakmem.a, for bazel/install
    <V>_sources           the generated hak_config.h, hak_fastpath.h, hak_classes.c
    <program>_<variant>   a benchmark program; the variants are the V, the peers, the references and
                          the static ones
    <V>_unit_test         the GoogleTest suite of tests/ over the profile's internals
    <V>_fuzz, <V>_fuzz_*  the fuzzers of tests/fuzz/ over the profile, see fuzz()
    <V>_stress            the program of tests/stress/; <V>_stress_minute and <V>_stress_hour run it
    <V>_<script>          a script of tests/ run with the profile's library
    bench_programs        the benchmark programs of the variants that --//bench:variants=NAME,...
                          names, of all without it
    bench_libraries       their lib<V>.so
    layouts/<variant>     the library of a V or of a reference linked several times, see relinks.bzl
    bench_layouts         those of the variants that --//bench:variants names, and of all programs
    bench_manifest        bench_manifest.json, the list of all this
    profiles              the files of the profiles, and profiles/schema.json
    shared_libraries      every lib<V>.so
    installed             everything in installed/
    installed_profile     what is there of the profile that --//:profile selects
"""

load("@hakmem_peers//:peers.bzl", "MISSING", "PEERS")
load("@rules_cc//cc:defs.bzl", "cc_library")
load("//bazel/allocator:allocator.bzl", "ALLOCATOR_COPTS", "allocator", "shared_library")
load("//bazel/allocator:archive.bzl", "archive")
load("//bazel/allocator:names.bzl", "sorted_out")
load("//bazel/bench:benchmark.bzl", "benchmark")
load("//bazel/bench:manifest.bzl", "bench_manifest", "chosen_files")
load("//bazel/bench:relinks.bzl", "relinked_library")
load("//bazel/allocator:profile.bzl", "profile_flag")
load("//bazel/suites:profile_tests.bzl", "profile_tests")

# Of every profile: a program linked with one may run with another.
INSTALLED_SONAME = "libhakmem.so.1"

_PUBLIC = ["//visibility:public"]

def _refused_impl(ctx):
    fail(ctx.attr.reason)

_refused = rule(
    implementation = _refused_impl,
    doc = "Stands for the allocator of a file that cannot have one: who builds it reads why.",
    attrs = {"reason": attr.string(mandatory = True)},
)

def _allocator(profile, path):
    """The generated sources and the libraries of one profile; returns the name of its variant, and
    the layouts of its shared library."""
    variant = "hakmem" if profile == "default" else "hakmem-" + profile
    allocator(
        name = "hakmem-" + profile,
        generated = "generated/%s/" % profile,
        profile = path,
        sources = variant + "_sources",
        visibility = _PUBLIC,
    )
    shared = [":hakmem-" + profile, "//src:shared_only"]
    shared_library("lib%s.so" % variant, shared)
    shared_library("installed/%s/%s" % (profile, INSTALLED_SONAME), shared)
    archive(
        name = "installed/%s/libhakmem.a" % profile,
        library = ":hakmem-" + profile,
    )
    return variant, relinked_library("layouts/" + variant, "lib%s.so" % variant, shared)

def _reference(name):
    """A shared library from the reference allocator bench/ref/<name>.c; returns its layouts."""
    cc_library(
        name = "ref-" + name,
        srcs = ["//bench/ref:" + name],
        copts = ALLOCATOR_COPTS,
        linkstatic = True,
        alwayslink = True,
    )
    library = "libref-%s.so" % name
    shared_library(library, [":ref-" + name])
    return relinked_library("layouts/" + name, library, [":ref-" + name])

def _again(entry):
    """The default profile once more, in other layouts: it can differ from the first by chance only."""
    name = entry["name"] + "+again"
    layouts = relinked_library(
        name = "layouts/" + name,
        again = True,
        library = entry["library"],
        deps = [":hakmem-default", "//src:shared_only"],
    )
    return dict(entry, name = name, hidden = True, layouts = layouts)

def hakmem(profiles, programs, scripts = {}):
    """Declares everything that follows from the profiles.

    Args:
      profiles: paths of profile files; a further file is a further profile.
      programs: names of the benchmark programs.
      scripts: shell scripts run as a test of each profile, see profile_tests(); each with its tags.
    """
    names, refused = sorted_out(profiles)
    for number, reason in enumerate(refused):
        # buildifier: disable=print
        print(reason + "; left out")
        _refused(
            name = "refused/%d" % (number + 1),
            reason = reason,
            tags = ["manual"],
        )

    native.filegroup(
        name = "profiles",
        srcs = names.values() + ["profiles/schema.json"],
        visibility = _PUBLIC,
    )
    native.exports_files(names.values() + ["profiles/schema.json"])
    profile_flag(
        name = "profile",
        build_setting_default = "default",
        visibility = _PUBLIC,
    )
    native.alias(
        name = "hakmem",
        actual = select(
            {":profile_is_" + name: ":hakmem-" + name for name in names},
            no_match_error = "no profile has the name given to --//:profile; the profiles are " +
                             ", ".join(names),
        ),
        visibility = _PUBLIC,
    )

    variants = []
    libraries = []
    for name in names:
        native.config_setting(
            name = "profile_is_" + name,
            flag_values = {":profile": name},
        )
        variant, layouts = _allocator(name, names[name])
        profile_tests(name, variant, programs, scripts)
        library = "lib%s.so" % variant
        libraries.append(library)
        variants.append(
            benchmark(programs, variant, "profile", profile = name, library = library, layouts = layouts),
        )
    variants.append(_again(variants[0]))

    variants.append(benchmark(programs, "system", "system"))
    for peer in PEERS:
        variants.append(benchmark(programs, peer.name, "peer", soname = peer.soname))
    for reference in ["null", "floor"]:
        layouts = _reference(reference)
        library = "libref-%s.so" % reference
        variants.append(benchmark(programs, reference, "reference", library = library, layouts = layouts))
    variants.append(benchmark(
        programs,
        "hakmem+static",
        "profile",
        profile = "default",
        static = [":hakmem-default"],
    ))
    variants.append(benchmark(programs, "system+static", "system", static = []))

    bench_manifest(
        name = "bench_manifest",
        choice = "//bench:variants",
        copts = ALLOCATOR_COPTS,
        missing = [{"name": peer.name, "package": peer.package} for peer in MISSING],
        programs = programs,
        variants = variants,
    )
    chosen_files(
        name = "bench_programs",
        choice = "//bench:variants",
        files = {variant["name"]: variant["binaries"].values() for variant in variants},
        visibility = _PUBLIC,
    )
    chosen_files(
        name = "bench_libraries",
        choice = "//bench:variants",
        files = {
            variant["name"]: [variant["library"]]
            for variant in variants
            if variant.get("library") in libraries
        },
        visibility = _PUBLIC,
    )
    chosen_files(
        name = "bench_layouts",
        choice = "//bench:variants",
        files = {variant["name"]: variant.get("layouts", []) for variant in variants},
        more = ["//bench/programs:layouts"],
        visibility = _PUBLIC,
    )
    native.filegroup(
        name = "shared_libraries",
        srcs = libraries,
        visibility = _PUBLIC,
    )
    for name in names:
        native.filegroup(
            name = "installed/" + name,
            srcs = ["installed/%s/%s" % (name, file) for file in [INSTALLED_SONAME, "libhakmem.a"]],
        )
    native.filegroup(
        name = "installed",
        srcs = ["installed/" + name for name in names],
        visibility = _PUBLIC,
    )
    native.alias(
        name = "installed_profile",
        actual = select({":profile_is_" + name: "installed/" + name for name in names}),
        visibility = _PUBLIC,
    )
