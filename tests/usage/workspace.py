"""Bazel within a test, in a folder of its own."""

import os
import shutil
import subprocess
from pathlib import Path

CHECKOUT = Path("WORKSPACE").resolve().parent


class Bazel:
    """Bazel for the workspace in `folder`; what it makes lies in `base`."""

    def __init__(self, folder: Path, base: Path):
        self.folder, self.base = folder, base

    def run(self, *args: str) -> subprocess.CompletedProcess[str]:
        """Ended already; its output is one text."""
        command = [shutil.which(os.environ.get("BAZEL", "bazel"), path="/usr/bin:/bin"),
                   f"--output_user_root={self.base}/root", f"--output_base={self.base}/output",
                   *args]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.base)}
        return subprocess.run(command, cwd=self.folder, env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=1200, check=False)

    def build(self, *args: str) -> None:
        done = self.run("build", *args)
        assert done.returncode == 0, done.stdout
