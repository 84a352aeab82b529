"""A tree that hakmem is installed to."""

from pathlib import Path

import pytest

from bazel.install.install import install


@pytest.fixture(scope="session")
def tree(tmp_path_factory) -> Path:
    """With the profile low-rss, installed elsewhere and then moved."""
    folder = tmp_path_factory.mktemp("installed")
    root = install("/opt/hakmem", "low-rss", str(folder / "stage"))
    assert root == folder / "stage/opt/hakmem"
    return root.rename(folder / "moved")
