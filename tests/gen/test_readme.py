"""The README's table of profiles says what the profiles say."""

from gen.profiles import ROOT, known_profiles, load_profile

PROFILES = ROOT / "profiles"


def test_every_profile_is_in_the_readme_with_its_summary():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("\n## Profiles\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted(
        f"| `{name}` | {load_profile(PROFILES / f'{name}.yaml', PROFILES).summary} |"
        for name in known_profiles(PROFILES)
    )
