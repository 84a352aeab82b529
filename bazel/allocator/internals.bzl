"""internals(): an allocator's objects for a test to link without its malloc being replaced."""

load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

# DW.ref.*: references to C++'s personality routine, of which the linker keeps one for all objects.
_GLOBAL = ["hak_*", "DW.ref.*"]

def _internals_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    inputs = []
    for linker_input in ctx.attr.allocator[CcInfo].linking_context.linker_inputs.to_list():
        libraries = []
        for library in linker_input.libraries:
            archive = library.static_library or library.pic_static_library
            local = ctx.actions.declare_file("%s/lib%s.a" % (ctx.label.name, linker_input.owner.name))
            named = archive
            if ctx.file.names:
                named = ctx.actions.declare_file("%s/lib%s-named.a" % (ctx.label.name, linker_input.owner.name))
                ctx.actions.run(
                    executable = toolchain.objcopy_executable,
                    arguments = ["--redefine-syms=" + ctx.file.names.path, archive.path, named.path],
                    inputs = depset([archive, ctx.file.names], transitive = [toolchain.all_files]),
                    outputs = [named],
                    mnemonic = "HakmemNames",
                )
            ctx.actions.run(
                executable = toolchain.objcopy_executable,
                arguments = ["--wildcard"] + ["--keep-global-symbol=" + name for name in _GLOBAL] +
                            [named.path, local.path],
                inputs = depset([named], transitive = [toolchain.all_files]),
                outputs = [local],
                mnemonic = "HakmemInternals",
            )
            libraries.append(cc_common.create_library_to_link(
                actions = ctx.actions,
                cc_toolchain = toolchain,
                feature_configuration = features,
                static_library = local,
            ))
        inputs.append(cc_common.create_linker_input(
            libraries = depset(libraries),
            owner = ctx.label,
            user_link_flags = depset(linker_input.user_link_flags),
        ))
    return [CcInfo(
        linking_context = cc_common.create_linking_context(linker_inputs = depset(inputs)),
    )]

internals = rule(
    implementation = _internals_impl,
    doc = """The objects of an allocator with every global name but hak_* made local.

They are the very objects that the allocator's library holds, but a program that links them keeps
libc's malloc and calls hak_malloc, and whatever else is named hak_, beside it.""",
    attrs = {
        "names": attr.label(
            allow_single_file = True,
            doc = "Names to change first, one `old new` a line: so others can become hak_* too.",
        ),
        "allocator": attr.label(mandatory = True, providers = [CcInfo]),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
    incompatible_use_toolchain_transition = True,
)
