"""The profiles that hakmem ships, apart from those that somebody has added."""

import re
from pathlib import Path


def shipped() -> list[str]:
    """The profiles that the README lists; a checkout may have others, which are somebody's own."""
    part = Path("README.md").read_text(encoding="utf-8").split("\n## Profiles\n")[1]
    return re.findall(r"^\| `([a-z0-9-]+)` \|", part.split("\n## ")[0], re.MULTILINE)
