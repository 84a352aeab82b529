"""with_profile(): a program as it is built with --//:profile=NAME, whatever the command line says."""

def _transition_impl(_settings, attr):
    return {"//:profile": attr.profile}

_transition = transition(
    implementation = _transition_impl,
    inputs = [],
    outputs = ["//:profile"],
)

def _with_profile_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = out, target_file = ctx.executable.program, is_executable = True)
    return [DefaultInfo(executable = out, files = depset([out]))]

with_profile = rule(
    implementation = _with_profile_impl,
    attrs = {
        "profile": attr.string(mandatory = True),
        "program": attr.label(cfg = _transition, executable = True, mandatory = True),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    executable = True,
)
