"""__libc_malloc and its relatives, which some programs call, give blocks of the same heap."""

from tests.compiled import output
from tests.field.conftest import compiled


def test_mixed_with_malloc_and_free(folder, any_library):
    program = compiled(folder / "libc_names", "libc_names.c")
    assert output([program], any_library) == "mixed"
