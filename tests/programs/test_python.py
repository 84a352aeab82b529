"""CPython's own tests, every block of the interpreter from malloc."""

import re

from tests.programs.common import need, output

MODULES = """
    test_array test_bytes test_collections test_copy test_csv test_deque test_dict test_functools
    test_gc test_generators test_heapq test_json test_memoryview test_pickle test_queue test_re
    test_set test_sqlite3 test_string test_struct test_thread test_unicode test_weakref test_zlib
""".split()


def test_modules(library, tmp_path):
    python = need("python3.11", "libpython3.11-testsuite")
    text = output([python, "-m", "test", "-q", *MODULES], library, tmp_path,
                  PYTHONMALLOC="malloc")
    assert re.search(r"^(Tests result|Result): SUCCESS$", text, re.MULTILINE), text
    assert f"Total test files: run={len(MODULES)}/{len(MODULES)}" in text, text
