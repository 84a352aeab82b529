"""fuzz(): random calls to one profile's allocator, compared with a model: tests/fuzz/."""

load("@rules_cc//cc:defs.bzl", "cc_binary")
load("//bazel/allocator:allocator.bzl", "CXX_STANDARD", "C_STANDARD")
load("//bazel/allocator:internals.bzl", "internals")

# Coverage of the allocator, for libFuzzer.
_INSTRUMENT = ["-fsanitize=fuzzer-no-link"]

_COMPILE = """set -e
names=$1 source=$2 object=$3; shift 3
case $source in *.cc) set -- clang++ CXX_STANDARD "$@" ;; *) set -- clang C_STANDARD "$@" ;; esac
"$@" -c "$source" -o "$object"
objcopy --redefine-syms="$names" "$object"
objcopy --wildcard --keep-global-symbol='hak_*' --keep-global-symbol='DW.ref.*' "$object"
""".replace("CXX_STANDARD", CXX_STANDARD[0]).replace("C_STANDARD", C_STANDARD[0])

def _libfuzzer_binary_impl(ctx):
    context = ctx.attr.sources[CcInfo].compilation_context
    search = ["-I" + path for path in context.includes.to_list() + context.quote_includes.to_list()]
    objects = []
    for source in ctx.files.srcs:
        object = ctx.actions.declare_file("_%s/%s.o" % (ctx.label.name, source.basename))
        ctx.actions.run_shell(
            command = _COMPILE,
            arguments = [ctx.file.names.path, source.path, object.path] + ctx.attr.copts +
                        _INSTRUMENT + search,
            inputs = depset([source, ctx.file.names], transitive = [context.headers]),
            outputs = [object],
            mnemonic = "HakmemFuzzCompile",
            use_default_shell_env = True,
        )
        objects.append(object)
    archives = []
    for linker_input in ctx.attr.target[CcInfo].linking_context.linker_inputs.to_list():
        for library in linker_input.libraries:
            archives.append(library.static_library or library.pic_static_library)
    binary = ctx.actions.declare_file(ctx.label.name)
    whole = "-Wl,--whole-archive"
    ctx.actions.run_shell(
        command = "clang++ \"$@\"",
        arguments = ["-fsanitize=fuzzer", "-o", binary.path, "-pthread"] +
                    [object.path for object in objects] + [whole] +
                    [archive.path for archive in archives] + ["-Wl,--no-whole-archive", "-ldl"],
        inputs = objects + archives,
        outputs = [binary],
        mnemonic = "HakmemFuzzLink",
        use_default_shell_env = True,
    )
    return [DefaultInfo(executable = binary, files = depset([binary]))]

_libfuzzer_binary = rule(
    implementation = _libfuzzer_binary_impl,
    doc = """A libFuzzer program around an allocator compiled by clang with coverage.

The allocator's names but hak_* are local, as with internals(), so that libFuzzer and the model
keep the C library's malloc.""",
    attrs = {
        "srcs": attr.label_list(allow_files = [".c", ".cc"], doc = "The allocator's."),
        "sources": attr.label(mandatory = True, providers = [CcInfo], doc = "Their headers."),
        "copts": attr.string_list(),
        "names": attr.label(allow_single_file = True, mandatory = True),
        "target": attr.label(mandatory = True, providers = [CcInfo]),
    },
    executable = True,
)

def fuzz(variant, profile, copts):
    """The fuzzers of a profile and their tests.

    <variant>_fuzz is led by coverage; <variant>_fuzz_random runs the very objects of the
    profile's libraries.

    Args:
      variant: name of the profile's variant.
      profile: name of the profile.
      copts: how the allocator is compiled.
    """
    internals(
        name = variant + "_fuzz_internals",
        testonly = True,
        allocator = ":hakmem-" + profile,
        names = "//tests/fuzz:names.txt",
    )
    cc_binary(
        name = variant + "_fuzz_random",
        testonly = True,
        linkopts = ["-pthread", "-ldl"],
        linkstatic = True,
        deps = ["//tests/fuzz:random", variant + "_fuzz_internals"],
    )
    _libfuzzer_binary(
        name = variant + "_fuzz",
        testonly = True,
        srcs = ["//src:srcs", "//src:operators.cc", "generated/%s/hak_classes.c" % profile],
        copts = copts,
        names = "//tests/fuzz:names.txt",
        sources = variant + "_sources",
        target = "//tests/fuzz:libfuzzer",
    )
    native.sh_test(
        name = variant + "_fuzz_test",
        size = "small",
        srcs = ["//tests/fuzz:short.sh"],
        args = ["$(rootpath %s_fuzz)" % variant, "$(rootpath %s_fuzz_random)" % variant],
        data = [variant + "_fuzz", variant + "_fuzz_random", "//tests/fuzz:corpus"],
    )
    native.sh_test(
        name = variant + "_fuzz_long_test",
        srcs = ["//tests/fuzz:long.sh"],
        args = ["$(rootpath %s_fuzz_random)" % variant],
        data = [variant + "_fuzz_random"],
        tags = ["long"],
        timeout = "eternal",
    )
