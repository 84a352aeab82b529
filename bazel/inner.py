"""Bazel for a program that `bazel run` has started."""

import os
from pathlib import Path


def workspace() -> Path | None:
    """The checkout that `bazel run` was called in; None if it was not."""
    folder = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    return Path(folder) if folder else None


def command(folder: Path, *words: str, base: Path | None = None) -> list[str]:
    """The command to execute in the checkout for `bazel WORDS`: with this output base, or with that
    of the Bazel that started this, which says so by nothing but where its files are."""
    mine, found, _ = str(Path(__file__).absolute()).partition("/execroot/")
    output = str(base) if base else mine if found else None
    return [f"{folder}/bazelw", *([f"--output_base={output}"] if output else []), *words]
