"""The README's table of profiles says what the profiles say; who adds one of their own need not add a
row."""

from gen.profiles import ROOT, load_profile
from tests.shipped import shipped

PROFILES = ROOT / "profiles"


def test_every_row_has_the_profiles_summary():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(shipped()) >= 9
    for name in shipped():
        summary = load_profile(PROFILES / f"{name}.yaml", PROFILES).summary
        assert f"| `{name}` | {summary} |\n" in readme
