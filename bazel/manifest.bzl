"""bench_manifest.json: what the matrix may run, from the list that the binaries were made of."""

def _bench_manifest_impl(ctx):
    content = json.decode(ctx.attr.content)
    content["build"] = {"mode": ctx.var["COMPILATION_MODE"], "copts": ctx.attr.copts}
    ctx.actions.write(ctx.outputs.out, json.indent(json.encode(content), indent = "  ") + "\n")
    return DefaultInfo(
        files = depset([ctx.outputs.out]),
        runfiles = ctx.runfiles([ctx.outputs.out]),
    )

_bench_manifest = rule(
    implementation = _bench_manifest_impl,
    attrs = {
        "content": attr.string(mandatory = True),
        "copts": attr.string_list(),
        "out": attr.output(mandatory = True),
    },
)

def bench_manifest(name, programs, variants, copts, missing = [], sweep = None):
    """Declares the manifest `<name>.json`.

    Args:
      name: of the target.
      programs: names of the benchmark programs.
      variants: dicts, each with the variant's name, kind, link and binaries.
      copts: how the allocators were compiled, for the record.
      missing: dicts, each with the name and the Debian package of a peer that is not installed.
      sweep: a dict that says what the variants of a sweep have in common and in what they differ.
    """
    content = {"programs": programs, "variants": variants, "missing": missing}
    if sweep:
        content["sweep"] = sweep
    _bench_manifest(
        name = name,
        content = json.encode(content),
        copts = copts,
        out = name + ".json",
        visibility = ["//visibility:public"],
    )
