"""sweep(): variants of one profile that differ in a few of its keys, and a command that measures
them against the profile itself.

    sweep(name = "caches", base = "tiny-heavy", axes = {"front.fast_cap": ["8", "16", "32"]})

gives `bazel run //<package>:caches` and the variants hakmem-tiny-heavy+fast_cap=8 and so on.
Several axes give every combination of their values; `points` are combinations one by one.
"""

load("//bazel/allocator:allocator.bzl", "ALLOCATOR_COPTS", "CXX_STANDARD", "C_STANDARD", "allocator", "shared_library")
load("//bazel:command.bzl", "command")
load("//bazel/bench:benchmark.bzl", "benchmark")
load("//bazel/bench:manifest.bzl", "bench_manifest")
load("//bazel/bench:relinks.bzl", "relinked_library")
load("//bazel/allocator:profile.bzl", "derived_profile")
load("//bazel/allocator:profile_guided.bzl", "profile_guided")
load("//bench/programs:programs.bzl", "PROGRAMS", "SANITY")

# What an allocator that is optimised for its runs is trained with: other sizes, numbers of threads
# and seeds than those that are measured.
_TRAINING = [
    "bench_random_mixed_system 1000000 2000 7",
    "bench_tiny_hot_system 48 60 50000",
    "bench_prodcons_system 2 400000 512 7",
    "larson_system 0.3 16 256 500 1 7 2",
    "larson_system 0.3 8 64 2000 1 7 3",
]

def _combinations(axes):
    """Every choice of one value for each key."""
    points = [{}]
    for key, values in axes.items():
        points = [dict(point, **{key: value}) for point in points for value in values]
    return points

def _suffix(name, point):
    parts = {}
    for key, value in point.items():
        short = key.split(".")[-1]
        if short in parts:
            fail("%s: two keys called %s in one combination" % (name, short))
        parts[short] = value
    return "".join(["+%s=%s" % item for item in parts.items()])

def _library(folder, variant, profile, sources, guided):
    """The shared library of one variant and its layouts; `guided`: optimised for training runs."""
    static = folder + variant
    base = static + "+plain" if guided else static
    allocator(
        name = base,
        generated = "%sgenerated/%s/" % (folder, variant),
        profile = profile,
        sources = sources,
    )
    if guided:
        profile_guided(
            name = static,
            srcs = ["//src:srcs", "//src:operators.cc", "%sgenerated/%s/hak_classes.c" % (folder, variant)],
            config = sources,
            conlyopts = C_STANDARD,
            copts = ALLOCATOR_COPTS,
            cxxopts = CXX_STANDARD,
            loads = _TRAINING,
            programs = {"//:" + words.split(" ")[0]: None for words in _TRAINING}.keys(),
        )
    library = "%slib%s.so" % (folder, variant)
    deps = [static, "//src:shared_only"]
    shared_library(library, deps)
    return library, relinked_library("%slayouts/%s" % (folder, variant), library, deps)

def sweep_variants(name, base = "default", axes = {}, points = [], guided = False, files = [], programs = PROGRAMS):
    """The allocators and programs of a sweep; `<name>_variants` is all of them, and their list.

    See sweep() for the arguments.
    """
    folder = name + "_variants/"
    stem = "hakmem" if base == "default" else "hakmem-" + base
    file = "//:profiles/%s.yaml" % base
    chosen = [(stem, base, file, {}, False)]  # variant, profile, its file, what differs, guided
    if guided:
        chosen.append((stem + "+fdo", base, file, {}, True))
    for point in points + (_combinations(axes) if axes else []):
        suffix = _suffix(name, point)
        file = "%sprofiles/%s%s.yaml" % (folder, base, suffix)
        derived_profile(
            name = "%s%s%s_profile" % (folder, base, suffix),
            base = base,
            out = file,
            values = point,
        )
        chosen.append((stem + suffix, base + suffix, file, point, False))

    for file in files:
        profile = file[:-len(".yaml")]
        chosen.append(("hakmem-" + profile, profile, file, {}, False))

    entries = []
    for variant, profile, file, _, is_guided in chosen:
        library, layouts = _library(folder, variant, file, folder + variant + "_sources", is_guided)
        entries.append(benchmark(
            programs,
            variant,
            "profile",
            folder = folder,
            layouts = layouts,
            library = library,
            profile = profile,
        ))
    entries.append(benchmark(programs, "system", "system", folder = folder))

    bench_manifest(
        name = name + "_manifest",
        copts = ALLOCATOR_COPTS,
        programs = programs,
        sweep = {
            "base": stem,
            "points": {variant: point for variant, _, _, point, _ in chosen},
        },
        variants = entries,
    )
    made = [entry["library"] for entry in entries if "library" in entry]
    made += [binary for entry in entries for binary in entry["binaries"].values()]
    made += [layout for entry in entries for layout in entry.get("layouts", [])]
    made += ["//bench/programs:layouts/" + program for program in programs + [SANITY]]
    native.filegroup(
        name = name + "_variants",
        srcs = made + [name + "_manifest"] + [folder + entry["name"] + "_sources" for entry in entries if "library" in entry],
        data = made + [name + "_manifest"],
    )

def sweep(name, base = "default", axes = {}, points = [], guided = False, files = [], programs = PROGRAMS):
    """A command that measures variants of a profile against the profile.

    Args:
      name: of the command.  bench/lab/select/studies.py may say which rows it measures; otherwise --bench
        does.
      base: the profile.
      axes: SECTION.KEY -> values, strings as a profile's file would state them.
      points: dicts of SECTION.KEY -> value, beside the combinations of the axes.
      guided: whether there is a variant <base>+fdo too, which the compiler optimises for what it
        sees in training runs.
      files: further profiles, files of this package.
      programs: the benchmark programs that are needed.
    """
    sweep_variants(name, base, axes, points, guided, files, programs)
    command(
        name = name,
        srcs = ["//bench:study.py"],
        args = ["--study", name, "--manifest", "$(rootpath :%s_manifest)" % name],
        data = [
            name + "_manifest",
            name + "_variants",
            "//bench/harness:command",
        ],
        deps = ["//bench:lab"],
    )
