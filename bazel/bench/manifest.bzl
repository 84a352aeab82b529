"""bench_manifest.json: what the matrix may run, from the list that the binaries were made of."""

load("//bazel/bench:relinks.bzl", "program_layouts")
load("//bench/programs:programs.bzl", "SANITY")

VariantsInfo = provider("The variants that are built for the bench commands.", fields = ["names"])

def _variants_flag_impl(ctx):
    return VariantsInfo(names = [name for name in ctx.build_setting_value if name])

variants_flag = rule(
    implementation = _variants_flag_impl,
    build_setting = config.string_list(flag = True),
    doc = "The command line's choice of variants by name; none: all of them.",
)

def _bench_manifest_impl(ctx):
    content = json.decode(ctx.attr.content)
    chosen = ctx.attr.choice[VariantsInfo].names if ctx.attr.choice else []
    known = [variant["name"] for variant in content["variants"]]
    for name in chosen:
        if name not in known:
            fail("%s: there is no variant %s; there are %s" % (ctx.attr.choice.label, name, ", ".join(known)))
    if chosen:
        content["variants"] = [variant for variant in content["variants"] if variant["name"] in chosen]
    content["build"] = {"mode": ctx.var["COMPILATION_MODE"], "copts": ctx.attr.copts}
    ctx.actions.write(ctx.outputs.out, json.indent(json.encode(content), indent = "  ") + "\n")
    return DefaultInfo(
        files = depset([ctx.outputs.out]),
        runfiles = ctx.runfiles([ctx.outputs.out]),
    )

_bench_manifest = rule(
    implementation = _bench_manifest_impl,
    attrs = {
        "choice": attr.label(providers = [VariantsInfo]),
        "content": attr.string(mandatory = True),
        "copts": attr.string_list(),
        "out": attr.output(mandatory = True),
    },
)

def _chosen_files_impl(ctx):
    chosen = ctx.attr.choice[VariantsInfo].names
    targets = ctx.attr.more + [
        target
        for target, variants in ctx.attr.files.items()
        if not chosen or [name for name in variants.split(" ") if name in chosen]
    ]
    runfiles = ctx.runfiles(transitive_files = depset(transitive = [
        depset(transitive = [target[DefaultInfo].files, target[DefaultInfo].default_runfiles.files])
        for target in targets
    ]))
    return DefaultInfo(
        files = depset(transitive = [target[DefaultInfo].files for target in targets]),
        runfiles = runfiles,
    )

_chosen_files = rule(
    implementation = _chosen_files_impl,
    attrs = {
        "choice": attr.label(mandatory = True, providers = [VariantsInfo]),
        "files": attr.label_keyed_string_dict(
            allow_files = True,
            doc = "File -> the names of the variants that have it, with a space between two.",
        ),
        "more": attr.label_list(allow_files = True),
    },
)

def chosen_files(name, choice, files, more = [], **kwargs):
    """What the chosen variants are made of; no file of another variant is built.

    Args:
      name: of the target.
      choice: a variants_flag().
      files: variant -> its files.
      more: files that every choice needs.
      **kwargs: what any rule takes.
    """
    variants = {}
    for variant, its in files.items():
        for file in its:
            variants.setdefault(file, []).append(variant)
    _chosen_files(
        name = name,
        choice = choice,
        files = {file: " ".join(names) for file, names in variants.items()},
        more = more,
        **kwargs
    )

def bench_manifest(name, programs, variants, copts, missing = [], sweep = None, choice = None):
    """Declares the manifest `<name>.json`.

    Args:
      name: of the target.
      programs: names of the benchmark programs.
      variants: dicts, each as benchmark() returns it.
      copts: how the allocators were compiled, for the record.
      missing: dicts, each with the name and the Debian package of a peer that is not installed.
      sweep: a dict that says what the variants of a sweep have in common and in what they differ.
      choice: a variants_flag() that says which of the variants it holds.
    """
    content = {
        "programs": programs,
        "program_layouts": program_layouts(programs + [SANITY]),
        "variants": variants,
        "missing": missing,
    }
    if sweep:
        content["sweep"] = sweep
    _bench_manifest(
        name = name,
        choice = choice,
        content = json.encode(content),
        copts = copts,
        out = name + ".json",
        visibility = ["//visibility:public"],
    )
