"""A cc_binary with malloc = "//:hakmem" has the profile that --//:profile selects."""

import subprocess

import pytest

from tests.usage.conftest import output


@pytest.mark.parametrize("profile", ["default", "low-rss"])
def test_the_selected_profile_is_part_of_the_program(profile):
    program = f"tests/usage/bazel-{profile}"
    assert output([program]) == profile
    needed = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True)
    assert "hakmem" not in needed.stdout
