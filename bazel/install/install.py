"""install: lays hakmem down under a prefix, as other software expects it; see --help."""

import argparse
import difflib
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from gen.profiles import load_profile

ROOT = Path(__file__).absolute().parent.parent.parent
BUILT = ROOT / "installed"  # <profile>/libhakmem.so.1 and <profile>/libhakmem.a
FILES = Path(__file__).absolute().parent / "files"
VERSION = "1.0.0"
SONAME = "libhakmem.so.1"  # its number is the first of VERSION's
DEFAULT = "default"


class InstallError(Exception):
    """Wrong use; the message says what would be right."""


@dataclass(frozen=True)
class File:
    """One installed file: its path under the prefix, and what is in it or where it points."""

    path: str
    content: bytes = b""
    mode: int = 0o644
    link: str = ""


def profiles() -> list[str]:
    """Those that were built: the default first, the others sorted."""
    names = sorted(path.name for path in BUILT.iterdir())
    return sorted(names, key=lambda name: name != DEFAULT)


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
    folder = ROOT / "profiles"
    items = []
    for name in profiles():
        summary = load_profile(folder / f"{name}.yaml", folder).summary
        items.append(f".TP\n.B {name}\n\\&{summary}".replace("-", "\\-"))
    return "\n".join(items)


def lay_down(file: File, root: Path) -> None:
    """Puts the file in its place at once: a program that runs keeps the one it has open."""
    path = root / file.path
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".hakmem-") as folder:
        new = Path(folder) / path.name
        if file.link:
            new.symlink_to(file.link)
        else:
            new.write_bytes(file.content)
            new.chmod(file.mode)
        new.replace(path)


def install(prefix: str, profile: str = DEFAULT, destdir: str = "") -> Path:
    """Installs and returns the folder installed to.  Raises InstallError; nothing is laid down if
    an argument is wrong."""
    known = profiles()
    if profile not in known:
        near = difflib.get_close_matches(profile, known, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise InstallError(
            f"--profile {profile}: no such profile; {meant}valid: {', '.join(known)}"
        )
    for option, path in (("--prefix", prefix), ("--destdir", destdir)):
        if path and not os.path.isabs(path) or option == "--prefix" and not path:
            raise InstallError(
                f"{option} {path or repr(path)}: not an absolute path, such as /usr/local"
            )
    root = Path(f"{destdir.rstrip('/')}{os.path.normpath(prefix)}")
    try:
        for file in files(profile):
            lay_down(file, root)
    except OSError as error:
        where = error.filename2 or error.filename or str(root)
        raise InstallError(
            f"--prefix {prefix}: cannot be written ({where}: {error.strerror}); "
            "name a folder that you may write to"
        ) from None
    return root


def main(args: list[str]) -> int:
    """0, or 2 for wrong use."""
    options = _parser().parse_args(args)
    try:
        root = install(options.prefix, options.profile, options.destdir)
    except InstallError as error:
        print(f"install: {error}", file=sys.stderr)
        return 2
    print(f"hakmem {VERSION}, profile {options.profile}, is in {root}: LD_PRELOAD={root}/lib/{SONAME}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="install",
        description="Installs one profile of hakmem: libraries, hakmem.h, files for pkg-config "
        "and CMake, the manual page and the licence.  What is installed may be moved as a whole.",
        epilog="example: bazel run //:install -- --prefix /usr/local --profile low-rss",
    )
    parser.add_argument("--prefix", metavar="DIR", required=True, help="an absolute path")
    parser.add_argument(
        "--profile", metavar="NAME", default=DEFAULT, help="default: %(default)s"
    )
    parser.add_argument(
        "--destdir", metavar="DIR", default="",
        help="put in front of the prefix, for making packages",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
