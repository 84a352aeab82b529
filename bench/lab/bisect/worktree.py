"""Commits of the workspace, checked out and built aside: in a worktree in a temporary folder, with
an output base of Bazel's beside it.  Both are gone when the work ends, also by Ctrl-C."""

import hashlib
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bazel import inner
from bench.lab.bisect.revisions import git
from bench.lab.bisect.sought import Broken

_SETTINGS = "user.bazelrc"  # of a user, not in the repository


@dataclass(frozen=True)
class Built:
    """The library of a variant at one commit."""

    library: Path
    layouts: tuple[Path, ...]  # further links of it; none: that commit cannot make them

    @property
    def digest(self) -> str:
        """The same for equal files."""
        return hashlib.sha256(self.library.read_bytes()).hexdigest()


class Worktree:
    """One worktree, in which one commit after the other is checked out and built."""

    def __init__(self, workspace: Path, scratch: Path, variant: str):
        self.tree, self._scratch = scratch / "tree", scratch
        self._base, self._kept = scratch / "bazel", scratch / "libraries"
        self._workspace, self._variant = workspace, variant
        self._built: dict[str, Built] = {}

    def build(self, commit: str, log: Path) -> Built:
        """The library at the commit, once.  Raises Broken if it cannot be built; what Bazel says is
        in the log."""
        if commit not in self._built:
            git(self.tree, "checkout", "--quiet", "--force", "--detach", commit)
            library, layouts = f"//:lib{self._variant}.so", f"//:layouts/{self._variant}"
            status = self._bazel(log, "build", library, layouts)
            if status:  # commits that know of no layouts
                status = self._bazel(log, "build", library)
                layouts = ""
            if status:
                raise Broken(f"{library} cannot be built: {_why(log)}")
            self._built[commit] = self._keep(commit, bool(layouts))
        return self._built[commit]

    def _keep(self, commit: str, layouts: bool) -> Built:
        """Copies of the files, as the next commit's take their place."""
        made = Path(self._printed("info", "bazel-bin"))
        to = self._kept / commit
        to.mkdir(parents=True, exist_ok=True)
        files = sorted((made / "layouts" / self._variant).glob("*.so")) if layouts else []
        library = shutil.copy(made / f"lib{self._variant}.so", to)
        return Built(Path(library), tuple(Path(shutil.copy(file, to)) for file in files))

    def _command(self, *words: str) -> list[str]:
        """Of today's bazelw, which commits from before it do not have."""
        return inner.command(self._workspace, *words, base=self._base)

    def _bazel(self, log: Path, *words: str) -> int:
        with open(log, "w", encoding="utf-8") as file:
            return subprocess.run(
                self._command(*words, "--symlink_prefix=/"), cwd=self.tree,
                stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=False).returncode

    def _printed(self, *words: str) -> str:
        return subprocess.run(self._command(*words), cwd=self.tree, capture_output=True, text=True,
                              check=True).stdout.strip()

    def begin(self, commit: str) -> None:
        """Checks out the first commit."""
        git(self._workspace, "worktree", "prune")
        git(self._workspace, "worktree", "add", "--quiet", "--detach", str(self.tree), commit)
        if (self._workspace / _SETTINGS).exists():
            shutil.copy(self._workspace / _SETTINGS, self.tree)

    def end(self) -> None:
        """Ends Bazel's server and takes both folders away.  Another Ctrl-C does not stop that."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            if self._base.exists():
                (self.tree / "WORKSPACE").touch()  # Bazel ends its server in a workspace only
                subprocess.run(self._command("clean", "--expunge"), cwd=self.tree, check=False,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               start_new_session=True)
            shutil.rmtree(self._scratch)
            git(self._workspace, "worktree", "prune")
        finally:
            signal.signal(signal.SIGINT, before)


@contextmanager
def worktree(workspace: Path, commit: str, variant: str) -> Iterator[Worktree]:
    """A worktree of the workspace with this commit, for the library of this variant."""
    made = Worktree(workspace, Path(tempfile.mkdtemp(prefix="hakmem-bisect-")), variant)
    try:
        made.begin(commit)
        yield made
    finally:
        made.end()


def _why(log: Path) -> str:
    """The first error of a compiler, or of Bazel."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = [line for word in (": error: ", "ERROR") for line in lines if word in line]
    return f"{(errors or lines[-1:] or ['Bazel does not say why'])[0]}; see {log}"
