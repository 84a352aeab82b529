"""Shared by the generator's tests: the shipped profiles, and a folder for profiles of their own."""

import shutil
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).absolute().parents[2]))

from gen.classes import build_model  # noqa: E402
from gen.model import Model  # noqa: E402
from gen.profiles import ROOT, load_profile  # noqa: E402

PROFILES = ROOT / "profiles"


class Workspace:
    """A current directory with profiles/default.yaml; `profiles/NAME.yaml` are written to it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "profiles").mkdir()
        shutil.copyfile(PROFILES / "default.yaml", root / "profiles" / "default.yaml")

    def write(self, name: str, text: str | bytes) -> Path:
        path = Path("profiles") / f"{name}.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def model(self, text: str, name: str = "mine") -> Model:
        path = self.write(name, "summary: Mine\n" + text)
        return build_model(load_profile(path, Path("profiles")))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.chdir(tmp_path)
    return Workspace(tmp_path)


def shipped_model(name: str, debug: bool = False) -> Model:
    return build_model(load_profile(PROFILES / f"{name}.yaml", PROFILES), debug)


@pytest.fixture
def shipped():
    """Name -> model of a shipped profile."""
    return shipped_model
