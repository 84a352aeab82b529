"""archive(): a cc_library and all that it depends on as one static library."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _archive_impl(ctx):
    inputs = ctx.attr.library[CcInfo].linking_context.linker_inputs.to_list()
    libraries = [
        library.static_library or library.pic_static_library
        for input in inputs
        for library in input.libraries
    ]
    out = ctx.actions.declare_file(ctx.label.name)
    script = ctx.actions.declare_file(ctx.label.name + ".mri")
    lines = ["create " + out.path] + ["addlib " + library.path for library in libraries]
    ctx.actions.write(script, "\n".join(lines + ["save", "end", ""]))
    toolchain = find_cpp_toolchain(ctx)
    ctx.actions.run_shell(
        command = "\"$1\" -M <\"$2\"",
        arguments = [toolchain.ar_executable, script.path],
        inputs = depset(libraries + [script], transitive = [toolchain.all_files]),
        outputs = [out],
        mnemonic = "HakmemArchive",
    )
    return [DefaultInfo(files = depset([out]))]

archive = rule(
    implementation = _archive_impl,
    attrs = {
        "library": attr.label(mandatory = True, providers = [CcInfo]),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
    incompatible_use_toolchain_transition = True,
)
