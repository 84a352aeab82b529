"""CPython's own tests, every block of the interpreter from malloc."""

from tests.programs.common import need, output

MODULES = """
    test_array test_bytes test_collections test_copy test_csv test_deque test_dict test_functools
    test_gc test_generators test_heapq test_json test_memoryview test_pickle test_re
    test_set test_string test_struct test_thread test_unicode test_zlib
""".split()


def test_modules(library, tmp_path):
    python = need("python3.11", "libpython3.11-testsuite")
    text = output([python, "-m", "test", *MODULES], library, tmp_path,
                  PYTHONMALLOC="malloc")
    assert f"All {len(MODULES)} tests OK." in text, text
