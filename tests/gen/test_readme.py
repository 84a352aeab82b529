"""What the README says of the profiles is what the profiles say; who adds one of their own need not
add a row."""

from gen.profiles import ROOT, load_profile
from tests.shipped import shipped

PROFILES = ROOT / "profiles"


def test_every_row_has_the_profiles_summary():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(shipped()) >= 9
    for name in shipped():
        summary = load_profile(PROFILES / f"{name}.yaml", PROFILES).summary
        assert f"| `{name}` | {summary} |\n" in readme


def test_two_profiles_find_the_class_without_a_page_map():
    lookups = {name: load_profile(PROFILES / f"{name}.yaml", PROFILES).keys["front"]["class_lookup"]
               for name in shipped()}
    assert {name: lookup for name, lookup in lookups.items() if lookup != "map"} == {
        "header-classidx-on": "header", "lookup-region": "region"}
