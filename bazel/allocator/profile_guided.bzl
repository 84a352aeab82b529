"""profile_guided(): an allocator that the compiler optimised for what it saw in training runs."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_COMPILE_ACTION_NAME", "C_COMPILE_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")

def _flags(ctx, toolchain, features, action, options):
    """The flags that cc_library would use."""
    context = ctx.attr.config[CcInfo].compilation_context
    variables = cc_common.create_compile_variables(
        cc_toolchain = toolchain,
        feature_configuration = features,
        include_directories = context.includes,
        quote_include_directories = context.quote_includes,
        system_include_directories = context.system_includes,
        use_pic = True,
        user_compile_flags = ctx.fragments.cpp.copts + ctx.attr.copts + options,
    )
    return cc_common.get_memory_inefficient_command_line(
        action_name = action,
        feature_configuration = features,
        variables = variables,
    )

def _profile_guided_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    c = _flags(ctx, toolchain, features, C_COMPILE_ACTION_NAME, ctx.attr.conlyopts)
    cpp = _flags(ctx, toolchain, features, CPP_COMPILE_ACTION_NAME, ctx.attr.cxxopts)
    archive = ctx.actions.declare_file("lib%s.a" % ctx.label.name)
    training = {program.basename: program for program in ctx.files.programs}
    loads = []
    for words in ctx.attr.loads:
        program, _, args = words.partition(" ")
        if program not in training:
            fail("%s: the load \"%s\" is of none of the programs, %s" %
                 (ctx.label, words, ", ".join(training.keys())))
        loads.append("%s %s\n" % (training[program].path, args))
    plan = ctx.actions.declare_file(ctx.label.name + ".loads")
    ctx.actions.write(plan, "".join(loads))
    ctx.actions.run(
        executable = ctx.executable._build,
        arguments = [
            toolchain.compiler_executable,
            toolchain.ar_executable,
            archive.path,
            plan.path,
            str(len(c)),
        ] + c + [str(len(cpp))] + cpp + [file.path for file in ctx.files.srcs],
        inputs = depset(
            ctx.files.srcs + ctx.files.programs + [plan],
            transitive = [
                ctx.attr.config[CcInfo].compilation_context.headers,
                toolchain.all_files,
            ],
        ),
        outputs = [archive],
        env = {"PATH": "/usr/bin:/bin"},
        mnemonic = "HakmemTrain",
        progress_message = "Training %s" % ctx.label,
    )
    library = cc_common.create_library_to_link(
        actions = ctx.actions,
        alwayslink = True,
        cc_toolchain = toolchain,
        feature_configuration = features,
        pic_static_library = archive,
    )
    return [CcInfo(linking_context = cc_common.create_linking_context(
        linker_inputs = depset([cc_common.create_linker_input(
            owner = ctx.label,
            libraries = depset([library]),
            user_link_flags = depset(["-pthread"]),
        )]),
    ))]

profile_guided = rule(
    implementation = _profile_guided_impl,
    doc = """An allocator's library, compiled twice: to count what its training runs do, then for it.""",
    attrs = {
        "srcs": attr.label_list(allow_files = [".c", ".cc"]),
        "config": attr.label(doc = "The generated headers.", providers = [CcInfo]),
        "copts": attr.string_list(doc = "For both languages."),
        "conlyopts": attr.string_list(doc = "For C."),
        "cxxopts": attr.string_list(doc = "For C++."),
        "programs": attr.label_list(
            allow_files = True,
            doc = "Linked with libc's malloc; the counting allocator is preloaded.",
        ),
        "loads": attr.string_list(doc = "A program's file name and its arguments."),
        "_build": attr.label(
            allow_single_file = True,
            cfg = "exec",
            default = "//bazel/allocator:profile_guided.sh",
            executable = True,
        ),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
    incompatible_use_toolchain_transition = True,
)
