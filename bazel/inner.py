"""Bazel for a program that `bazel run` has started."""

import os
from pathlib import Path


def workspace() -> Path | None:
    """The checkout that `bazel run` was called in; None if it was not."""
    folder = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    return Path(folder) if folder else None


def command(folder: Path, *words: str) -> list[str]:
    """The command to execute in the workspace for `bazel WORDS` with the output base of the Bazel
    that started this, which says so by nothing but where its files are."""
    base, found, _ = str(Path(__file__).absolute()).partition("/execroot/")
    return [f"{folder}/bazelw", *([f"--output_base={base}"] if found else []), *words]
