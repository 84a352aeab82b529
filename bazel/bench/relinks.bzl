"""Layouts: the same objects linked several times, each time at other addresses.

What a benchmark shows depends on where its code and data happen to lie.  So nothing is measured in
one link alone.  relink.py says what differs between two layouts, and draws it.
"""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "CPP_LINK_DYNAMIC_LIBRARY_ACTION_NAME", "CPP_LINK_EXECUTABLE_ACTION_NAME")
load("@bazel_tools//tools/cpp:toolchain_utils.bzl", "find_cpp_toolchain")
load("//bazel/allocator:allocator.bzl", "SHARED_LINKOPTS")

# Of each library and each program.  Python counts the files that the manifest lists.
LAYOUTS = 32

def _library_flags(library, shared):
    """The linker's arguments for one library, and its file: the objects that Bazel would link too."""
    archives = [library.static_library, library.pic_static_library]
    archive = [file for file in (reversed(archives) if shared else archives) if file][0]
    if not library.alwayslink:
        return [archive.path], archive
    return ["-Wl,-whole-archive", archive.path, "-Wl,-no-whole-archive"], archive

def _relinks_impl(ctx):
    toolchain = find_cpp_toolchain(ctx)
    features = cc_common.configure_features(
        ctx = ctx,
        cc_toolchain = toolchain,
        requested_features = ctx.features,
        unsupported_features = ctx.disabled_features,
    )
    archives = []
    flags = []
    linkopts = []
    inputs = cc_common.merge_cc_infos(cc_infos = [dep[CcInfo] for dep in ctx.attr.deps]).linking_context.linker_inputs
    for linked in inputs.to_list():
        linkopts += linked.user_link_flags
        for library in linked.libraries:
            its, archive = _library_flags(library, ctx.attr.shared)
            flags += its
            archives.append(archive)
    action = CPP_LINK_DYNAMIC_LIBRARY_ACTION_NAME if ctx.attr.shared else CPP_LINK_EXECUTABLE_ACTION_NAME
    variables = cc_common.create_link_variables(
        cc_toolchain = toolchain,
        feature_configuration = features,
        is_linking_dynamic_library = ctx.attr.shared,
        user_link_flags = flags + ctx.attr.linkopts + linkopts + ctx.fragments.cpp.linkopts,
    )
    command = cc_common.get_memory_inefficient_command_line(
        action_name = action,
        feature_configuration = features,
        variables = variables,
    )
    ctx.actions.run(
        executable = ctx.attr._python[PyRuntimeInfo].interpreter_path,
        arguments = ["-B", "-s", ctx.file._relink.path, str(ctx.attr.first)] +
                    [out.path for out in ctx.outputs.outs] +
                    ["--", cc_common.get_tool_for_action(action_name = action, feature_configuration = features)] +
                    command,
        env = dict(
            cc_common.get_environment_variables(
                action_name = action,
                feature_configuration = features,
                variables = variables,
            ),
            PATH = "/usr/bin:/bin",
            LC_ALL = "C",
        ),
        inputs = depset(archives + [ctx.file._relink], transitive = [toolchain.all_files]),
        outputs = ctx.outputs.outs,
        mnemonic = "HakmemRelink",
        progress_message = "Linking layouts %s" % ctx.label,
    )
    return [DefaultInfo(
        files = depset(ctx.outputs.outs),
        runfiles = ctx.runfiles(ctx.outputs.outs),
    )]

_relinks = rule(
    implementation = _relinks_impl,
    attrs = {
        "deps": attr.label_list(mandatory = True, providers = [CcInfo]),
        "first": attr.int(doc = "The number of the first layout."),
        "linkopts": attr.string_list(),
        "outs": attr.output_list(mandatory = True),
        "shared": attr.bool(doc = "Whether they are libraries, not programs."),
        "_cc_toolchain": attr.label(default = "@bazel_tools//tools/cpp:current_cc_toolchain"),
        "_python": attr.label(default = "//bazel:usr_bin_python3", providers = [PyRuntimeInfo]),
        "_relink": attr.label(allow_single_file = True, default = "//bazel/bench:relink.py"),
    },
    fragments = ["cpp"],
    toolchains = ["@bazel_tools//tools/cpp:toolchain_type"],
    incompatible_use_toolchain_transition = True,
)

def _files(name, suffix = "", first = 0):
    return ["%s/%s%d%s" % (name, "0" if number < 10 else "", number, suffix) for number in range(first, first + LAYOUTS)]

def relinked_library(name, library, deps, again = False):
    """The layouts of a shared library; returns their files, <name>/00.so and so on.

    Args:
      name: of the target, and of the folder of the files.
      library: name of the usual library, see shared_library().  Its layout 0 is the same.
      deps: what it is made of.
      again: whether these are other layouts than those that are drawn without it.
    """
    files = _files(name, ".so", LAYOUTS if again else 0)
    _relinks(
        name = name,
        first = LAYOUTS if again else 0,
        linkopts = SHARED_LINKOPTS + ["-Wl,-soname," + library.split("/")[-1]],
        outs = files,
        shared = True,
        visibility = ["//visibility:public"],
        deps = deps,
    )
    return files

def relinked_program(program):
    """The layouts of a benchmark program, in its package: layouts/<program>/00 and so on.

    They are linked without an allocator, which is preloaded when they run.

    Args:
      program: name of the program and of its object code.
    """
    _relinks(
        name = "layouts/" + program,
        # Bazel prefers gold, whose scripts are others.
        linkopts = [
            "-fuse-ld=bfd",
            "-pthread",
        ],
        outs = _files("layouts/" + program),
        visibility = ["//visibility:public"],
        deps = [program],
    )

def program_layouts(programs):
    """The layouts of programs, for the manifest of the package that calls this.

    Args:
      programs: names of the benchmark programs.

    Returns:
      Program -> files, as seen from the folder of the package's files.
    """
    package = native.package_name()
    root = "../" * len(package.split("/")) if package else ""
    return {program: _files("%sbench/programs/layouts/%s" % (root, program)) for program in programs}
