"""hakmem_dependencies(): the repositories that hakmem needs beside its own.

    local_repository(name = "hakmem", path = "/opt/src/hakmem")

    load("@hakmem//bazel:deps.bzl", "hakmem_dependencies")

    hakmem_dependencies()

All that it declares comes from hakmem's tree or from this machine; nothing is downloaded.
"""

load("//bazel/bench:peers.bzl", "peer_repository")

def _rules_repository_impl(ctx):
    folder = ctx.name[len("rules_"):]
    ctx.file("BUILD.bazel", "")
    ctx.file(folder + "/BUILD.bazel", "")
    ctx.symlink(ctx.attr.definitions, folder + "/defs.bzl")

_rules_repository = repository_rule(
    implementation = _rules_repository_impl,
    attrs = {"definitions": attr.label(allow_single_file = True, mandatory = True)},
    doc = "Stands for @rules_<language>: <language>/defs.bzl has the rules that Bazel itself brings.",
)

def hakmem_dependencies():
    """Declares rules_cc, rules_java and rules_python, unless the workspace has its own, and the peers.

    A workspace that has rules of its own declares them before this call.  The peers are the
    allocators that hakmem's benchmarks are compared with; those that are not installed are
    left out.
    """
    for language in ["cc", "java", "python"]:
        name = "rules_" + language
        if not native.existing_rule(name):
            _rules_repository(
                name = name,
                definitions = "@hakmem//bazel/rules:%s.bzl" % language,
            )
    if not native.existing_rule("hakmem_peers"):
        peer_repository(
            name = "hakmem_peers",
            packages = "@hakmem//bazel:packages.txt",
        )
