"""archive(): the static library of a cc_library under a name of its own."""

def _archive_impl(ctx):
    inputs = ctx.attr.library[CcInfo].linking_context.linker_inputs.to_list()
    libraries = [
        library.static_library or library.pic_static_library
        for input in inputs
        for library in input.libraries
    ]
    if len(libraries) != 1:
        fail("%s: made of %d libraries where an archive holds one" % (ctx.attr.library.label, len(libraries)))
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = out, target_file = libraries[0])
    return [DefaultInfo(files = depset([out]))]

archive = rule(
    implementation = _archive_impl,
    attrs = {"library": attr.label(mandatory = True, providers = [CcInfo])},
)
