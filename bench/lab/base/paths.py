"""Where things lie: what the build made, the user's workspace, the folder that a command is called
in.

Built files lie beside this code, in the tree that Bazel makes for each command.
"""

import os
from pathlib import Path

ROOT = Path(__file__).absolute().parents[3]
MANIFEST = ROOT / "bench_manifest.json"  # lists the variants that were built
PROFILES = ROOT / "profiles"
LAUNCHER = ROOT / "bench" / "harness" / "command"  # runs any command and measures it
KERNEL_COSTS = ROOT / "bench" / "harness" / "kernel_costs"  # times what allocators ask of it
REPLAYER = ROOT / "bench" / "replayer" / "replay_program"  # makes the calls of a plan
PREPARER = ROOT / "bench" / "replayer" / "replay_prepare"  # makes a plan of a trace


def workspace() -> Path:
    """The root of the user's workspace; the current folder if Bazel did not start the command."""
    return Path(os.environ.get("BUILD_WORKSPACE_DIRECTORY", "."))


def of_caller(text: str) -> Path:
    """A path as the user meant it: relative to where bazel run was called."""
    return Path(os.environ.get("BUILD_WORKING_DIRECTORY", ".")) / text
