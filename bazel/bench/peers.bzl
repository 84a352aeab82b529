"""The peers: which of the allocators to be measured against are installed on this machine.

`@hakmem_peers//:peers.bzl` then holds
    PEERS    struct(name, package, soname) for each that is installed
    MISSING  struct(name, package) for each that is not
in the order of bazel/packages.txt, the one list of them.
"""

_LIBRARY_FOLDERS = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib",
]

def _find(ctx, soname):
    for folder in _LIBRARY_FOLDERS:
        path = ctx.path(folder + "/" + soname)
        if path.exists:
            return path
    return None

def _peer_repository_impl(ctx):
    peers = []
    missing = []
    for line in ctx.read(ctx.attr.packages).splitlines():
        words = [word for word in line.replace("\t", " ").split(" ") if word]
        if not words or words[0] != "peer":
            continue
        if len(words) != 4:
            fail("%s: %s: should be: peer VARIANT PACKAGE LIBRARY" % (ctx.attr.packages, line))
        _, name, package, soname = words
        if _find(ctx, soname):
            peers.append(struct(name = name, package = package, soname = soname))
        else:
            missing.append(struct(name = name, package = package))
    ctx.file("BUILD.bazel", "")
    ctx.file("peers.bzl", "\n".join([
        "PEERS = [",
        ] + ["    %s," % repr(peer) for peer in peers] + [
        "]",
        "MISSING = [",
        ] + ["    %s," % repr(peer) for peer in missing] + [
        "]",
        "",
    ]))

peer_repository = repository_rule(
    implementation = _peer_repository_impl,
    attrs = {"packages": attr.label(allow_single_file = True, mandatory = True)},
    doc = "Looks for the libraries of the peers listed in `packages`; again whenever Bazel starts.",
    local = True,
)
