"""A copy of the checkout in which Bazel tests mutants; nothing of it is left in the end."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

from bazel.ci.count_tests import read_events
from bench.lab.base import processes

_LEFT_OUT = shutil.ignore_patterns(".git", "bazel-*", "bench_results", "__pycache__")
_GRACE = 60.0  # seconds that Bazel has to end its tests when it is interrupted
_LONGEST = 7200.0  # seconds of one call of Bazel, which ends each test after a time of its own


class Scratch:
    """A copy of the checkout and a Bazel server of its own."""

    def __init__(self, folder: Path, cache: Path | None):
        self.root = folder / "checkout"
        self._events = folder / "events.json"
        self._bazel = [f"{self.root}/bazelw", f"--output_base={folder}/output",
                       "--max_idle_secs=600"]
        self._cache = cache or folder / "cache"

    def test(self, suites: Collection[str], log: Path) -> dict[str, bool | None]:
        """Whether each suite passed; None if it was not built.  Bazel's output goes to `log`."""
        self._events.unlink(missing_ok=True)
        # All suites that are named, whatever their tags; each up to its first failure.
        status, out, err = self._run(
            "test", f"--disk_cache={self._cache}", "--keep_going", "--test_tag_filters=",
            "--test_runner_fail_fast", "--color=no", "--curses=no",
            f"--build_event_json_file={self._events}", *sorted(suites))
        log.write_text(f"{err}{out}", encoding="utf-8")
        found = {one["id"]["testSummary"]["label"]: one["testSummary"]["overallStatus"]
                 for one in read_events(self._events) if "testSummary" in one}
        passed = {"PASSED": True, "FLAKY": True, "FAILED": False, "TIMEOUT": False}
        return {suite: passed.get(found.get(suite, "")) if status is not None else None
                for suite in suites}

    @contextlib.contextmanager
    def changed(self, file: str, content: str) -> Iterator[None]:
        """With this content in the file; with what it had before in the end."""
        path = self.root / file
        before = path.read_text(encoding="utf-8")
        path.write_text(content, encoding="utf-8")
        try:
            yield
        finally:
            path.write_text(before, encoding="utf-8")

    def end(self) -> None:
        """Ends the server."""
        self._run("shutdown")

    def _run(self, *words: str) -> tuple[int | None, str, str]:
        return processes.run([*self._bazel, *words], _LONGEST, dict(os.environ), self.root, _GRACE)


@contextlib.contextmanager
def scratch(root: Path, cache: Path | None) -> Iterator[Scratch]:
    """A copy of the checkout `root`.  What Bazel builds lies in `cache`, if there is one, which
    stays."""
    with tempfile.TemporaryDirectory(prefix="hakmem-mutants-") as name:
        folder = Path(name)
        made = Scratch(folder, cache)
        shutil.copytree(root, made.root, symlinks=True, ignore=_LEFT_OUT)
        try:
            yield made
        finally:
            made.end()
