"""install: lays hakmem down under a prefix, as other software expects it; see --help."""

import argparse
import difflib
import os
import shlex
import sys
from pathlib import Path

from bazel import inner
from bazel.install.tree import File, TreeError, lay_down, take_away
from gen import command
from gen.profiles import ProfileError, known_profiles, load_profile

ROOT = Path(__file__).absolute().parent.parent.parent
BUILT = ROOT / "installed"  # <profile>/libhakmem.so.1 and <profile>/libhakmem.a
FILES = Path(__file__).absolute().parent / "files"
PROFILES = ROOT / "profiles"
VERSION = "1.0.0"
SONAME = "libhakmem.so.1"  # its number is the first of VERSION's


class InstallError(Exception):
    """Wrong use; the message says what would be right."""


def built() -> list[str]:
    """The profiles that were built, sorted; //:install has one."""
    return sorted(path.name for path in BUILT.iterdir())


def files(profile: str) -> list[File]:
    """Everything that is installed, for one profile."""
    library = (BUILT / profile / SONAME).read_bytes()
    archive = (BUILT / profile / "libhakmem.a").read_bytes()
    return [
        File(f"lib/{SONAME}", library, mode=0o755),
        File("lib/libhakmem.so", link=SONAME),
        File("lib/libhakmem.a", archive),
        File("lib/pkgconfig/hakmem.pc", _filled("hakmem.pc", profile)),
        File("lib/pkgconfig/hakmem-static.pc", _filled("hakmem-static.pc", profile)),
        *(
            File(f"lib/cmake/hakmem/{name}", _filled(name, profile))
            for name in ("hakmem-config.cmake", "hakmem-config-version.cmake")
        ),
        File("include/hakmem.h", (ROOT / "src/hakmem.h").read_bytes()),
        File("share/man/man3/hakmem.3", _filled("hakmem.3", profile)),
        File("share/licenses/hakmem/LICENSE", (ROOT / "LICENSE").read_bytes()),
    ]


def _filled(name: str, profile: str) -> bytes:
    """A file of files/ with its @words@ replaced."""
    text = (FILES / name).read_text(encoding="utf-8")
    words = {
        "profiles": _profile_list(), "profile": profile, "version": VERSION, "major": VERSION.split(".")[0], "soname": SONAME,
    }
    for word, value in words.items():
        text = text.replace(f"@{word}@", value)
    return text.encode()


def _profile_list() -> str:
    """The profiles and their summaries as a list of the manual page."""
    items = []
    for name in known_profiles(PROFILES):
        try:
            summary = load_profile(PROFILES / f"{name}.yaml", PROFILES).summary
        except ProfileError:
            continue  # no library can be built from it
        items.append(f".TP\n.B {name}\n\\&{summary}".replace("-", "\\-"))
    return "\n".join(items)


def install(prefix: str, profile: str, destdir: str = "") -> Path:
    """Installs a profile that was built; returns the folder installed to.  Raises InstallError;
    nothing is laid down if an argument is wrong."""
    root = _root(prefix, destdir)
    try:
        lay_down(files(profile), root)
    except OSError as error:
        raise _cannot_write(prefix, root, error) from None
    return root


def uninstall(prefix: str, destdir: str = "") -> tuple[Path, list[str]]:
    """Takes away what was installed; returns the folder, and the paths of the files that stay as
    they were changed since.  Raises InstallError."""
    root = _root(prefix, destdir)
    try:
        return root, take_away(root)
    except OSError as error:
        raise _cannot_write(prefix, root, error) from None


def _root(prefix: str, destdir: str) -> Path:
    for option, path in (("--prefix", prefix), ("--destdir", destdir)):
        if path and not os.path.isabs(path) or option == "--prefix" and not path:
            raise InstallError(
                f"{option} {path or repr(path)}: not an absolute path, such as /usr/local"
            )
    return Path(f"{destdir.rstrip('/')}{os.path.normpath(prefix)}")


def _cannot_write(prefix: str, root: Path, error: OSError) -> InstallError:
    where = error.filename2 or error.filename or str(root)
    return InstallError(
        f"--prefix {prefix}: cannot be written ({where}: {error.strerror}); "
        "name a folder that you may write to"
    )


def preloading(library: Path) -> str:
    """The words to write before a command so that the library is preloaded.  LD_PRELOAD takes
    spaces and colons for the ends of paths, LD_LIBRARY_PATH colons and semicolons."""
    path = str(library)
    if not set(path) & set(" :"):
        return f"LD_PRELOAD={shlex.quote(path)}"
    if not set(path) & set(":;"):
        return f"LD_LIBRARY_PATH={shlex.quote(str(library.parent))} LD_PRELOAD={library.name}"
    return "to preload it, make a symbolic link to it: LD_PRELOAD cannot name a path with a colon"


def _checked(profile: str) -> str:
    known = known_profiles(PROFILES)
    if profile in known:
        return profile
    near = difflib.get_close_matches(profile.lower(), known, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    raise InstallError(f"--profile {profile}: no such profile; {meant}valid: {', '.join(known)}")


def _build(profile: str, mode: str, args: list[str]) -> None:
    """Becomes the same command, of another profile.  Raises InstallError if it cannot be found."""
    workspace = inner.workspace()
    target = [f"--//:profile={profile}", "//:install", "--", *args]
    if not workspace:
        said = shlex.join(["bazel", "run", *target])
        raise InstallError(f"--profile {profile}: what is built here is {built()[0]}; run: {said}")
    words = ["run", *([f"--compilation_mode={mode}"] if mode else []), *target]
    print(f"install: building {profile}: {shlex.join(['bazel', *words])}", file=sys.stderr,
          flush=True)
    bazel = inner.command(workspace, *words)
    os.chdir(workspace)
    os.execv(bazel[0], bazel)


def main(args: list[str]) -> int:
    """0; 1 if a file that was changed is left by --uninstall; 2 for wrong use."""
    parser, given = _parser(), args
    options = parser.parse_args(args)
    if options.uninstall and options.profile:
        parser.error("--uninstall: takes no --profile; a prefix has one")
    if options.compilation_mode:
        given = [word for word in args if not word.startswith("--compilation-mode")]
    try:
        if options.uninstall:
            return _say_uninstalled(*uninstall(options.prefix, options.destdir))
        profile = _checked(options.profile) if options.profile else built()[0]
        if profile not in built():
            _root(options.prefix, options.destdir)
            _build(profile, options.compilation_mode, given)
        root = install(options.prefix, profile, options.destdir)
    except (InstallError, TreeError) as error:
        print(f"install: {error}", file=sys.stderr)
        return 2
    print(f"hakmem {VERSION}, profile {profile}, is in {root}: {preloading(root / 'lib' / SONAME)}")
    return 0


def _say_uninstalled(root: Path, changed: list[str]) -> int:
    for path in changed:
        print(f"install: {root / path}: changed since it was installed; left alone",
              file=sys.stderr)
    if not changed:
        print(f"hakmem is no longer in {root}")
    return int(bool(changed))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="install",
        description="Installs one profile of hakmem: libraries, hakmem.h, files for pkg-config "
        "and CMake, the manual page and the licence.  You may move the installed files as a whole.",
        epilog="example: bazel run //:install -- --prefix /usr/local --profile low-rss",
    )
    parser.add_argument("--prefix", metavar="DIR", required=True,
                        help="the folder to install to, an absolute path")
    parser.add_argument(
        "--profile", metavar="NAME",
        help="the profile to install; default: the one that --//:profile names, else `default`",
    )
    parser.add_argument(
        "--destdir", metavar="DIR", default="",
        help="a folder that is put in front of the prefix, for making packages",
    )
    parser.add_argument(
        "--uninstall", action="store_true",
        help="removes the files that share/hakmem/manifest of the prefix lists",
    )
    parser.add_argument("--compilation-mode", default="", help=argparse.SUPPRESS)  # from the build
    return parser


if __name__ == "__main__":
    command.run("install", main)
