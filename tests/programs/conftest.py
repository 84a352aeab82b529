"""Every test that takes a `library` runs once for each profile."""

import pytest

from tests.programs.common import LIBRARIES


@pytest.fixture(params=list(LIBRARIES))
def library(request):
    """The path of a profile's shared library."""
    return LIBRARIES[request.param]
