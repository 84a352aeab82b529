"""The shared libraries that tests run over, and the profile each was built from."""

from pathlib import Path


def profile_of(library: Path) -> str:
    """libhakmem.so is that of the profile default, libhakmem-X.so that of X."""
    name = library.name.removeprefix("lib").removesuffix(".so")
    return name.removeprefix("hakmem-") if name != "hakmem" else "default"


def libraries(folder: Path = Path(".")) -> dict[str, Path]:
    """Profile -> absolute path of its library: the default first, then by name."""
    found = {profile_of(path): path.absolute() for path in folder.glob("libhakmem*.so")}
    return dict(sorted(found.items(), key=lambda item: (item[0] != "default", item[0])))
