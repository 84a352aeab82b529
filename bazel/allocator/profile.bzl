"""The rules behind a profile: its generated sources, and the flag that selects one."""

def _profile_sources_impl(ctx):
    outs = [ctx.outputs.config, ctx.outputs.fastpath, ctx.outputs.classes]
    python = ctx.attr._python[PyRuntimeInfo].interpreter_path
    args = ctx.actions.args()
    args.add_all(["-B", "-s", ctx.file._generate])
    args.add("--profile", ctx.file.profile)
    for file in ctx.files.bases + ctx.files._profiles[:1]:
        args.add("--profiles-dir", file.dirname)
    args.add("--out-dir", ctx.outputs.config.dirname)
    if ctx.var["COMPILATION_MODE"] == "dbg":
        args.add("--debug")
    ctx.actions.run(
        executable = python,
        arguments = [args],
        env = {"PYTHONPATH": ctx.file._generate.owner.workspace_root or "."},
        inputs = depset(
            [ctx.file.profile, ctx.file._generate] + ctx.files._profiles + ctx.files.bases,
            transitive = [ctx.attr._generator[DefaultInfo].default_runfiles.files],
        ),
        outputs = outs,
        mnemonic = "HakmemProfile",
        progress_message = "Generating profile %s" % ctx.file.profile.basename,
    )
    headers = [ctx.outputs.config, ctx.outputs.fastpath] + ctx.files._headers
    src = ctx.files._headers[0].dirname
    context = cc_common.create_compilation_context(
        headers = depset(headers),
        includes = depset([ctx.outputs.config.dirname]),
        quote_includes = depset([src]),
    )
    return [
        DefaultInfo(files = depset(outs)),
        CcInfo(compilation_context = context),
    ]

profile_sources = rule(
    implementation = _profile_sources_impl,
    doc = """Generates a profile's C sources.

What depends on it sees the profile's hak_config.h and hak_fastpath.h and the headers of src/: a
knob reaches the compiler through them and in no other way.""",
    attrs = {
        "profile": attr.label(allow_single_file = [".yaml"], mandatory = True),
        "bases": attr.label_list(
            allow_files = [".yaml"],
            doc = "Profiles beside it that it may build on, as on any of hakmem's.",
        ),
        "config": attr.output(mandatory = True),
        "fastpath": attr.output(mandatory = True),
        "classes": attr.output(mandatory = True),
        # Run without a py_binary: those take the Python of whatever workspace this is in.
        "_generate": attr.label(allow_single_file = True, default = "//gen:generate.py"),
        "_generator": attr.label(default = "//gen"),
        "_headers": attr.label(allow_files = [".h"], default = "//src:headers"),
        "_profiles": attr.label(allow_files = True, default = "//:profiles"),
        "_python": attr.label(default = "//bazel:usr_bin_python3", providers = [PyRuntimeInfo]),
    },
)

def _derived_profile_impl(ctx):
    sections = {}
    for key, value in ctx.attr.values.items():
        section, _, name = key.partition(".")
        if not name:
            fail("%s: %s is not SECTION.KEY, such as front.fast_cap" % (ctx.label, key))
        sections.setdefault(section, []).append("  %s: %s\n" % (name, value))
    changes = ", ".join(["%s %s" % item for item in ctx.attr.values.items()])
    summary = "%s with %s" % (ctx.attr.base, changes)
    lines = ["summary: %s\n" % summary[:90], "base: %s\n" % ctx.attr.base]
    for section, keys in sections.items():
        lines += ["%s:\n" % section] + keys
    ctx.actions.write(ctx.outputs.out, "".join(lines))

derived_profile = rule(
    implementation = _derived_profile_impl,
    doc = "A profile's file: a base and the keys that differ from it.",
    attrs = {
        "base": attr.string(mandatory = True),
        "values": attr.string_dict(doc = "SECTION.KEY -> value, as the file would state it."),
        "out": attr.output(mandatory = True),
    },
)

ProfileInfo = provider("The chosen profile.", fields = ["name"])

def _profile_flag_impl(ctx):
    return ProfileInfo(name = ctx.build_setting_value)

profile_flag = rule(
    implementation = _profile_flag_impl,
    doc = "The command line's choice of a profile by name.",
    build_setting = config.string(flag = True),
)
