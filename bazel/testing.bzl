"""Tests in Python and in shell."""

load("@rules_python//python:defs.bzl", "py_test")

def pytest_test(name, srcs, args = [], data = [], deps = [], size = "small", **kwargs):
    """A py_test whose sources are run by pytest.

    Imports, and the paths of data files, start at the root of the repository.

    Args:
      name: of the test.
      srcs: test_*.py files, and a conftest.py if there is one.
      args: further arguments for pytest.
      data: files the tests read or run.
      deps: py_library targets.
      size: as of any test.
      **kwargs: everything else of py_test.
    """
    py_test(
        name = name,
        srcs = srcs + ["//bazel:pytest_runner.py"],
        args = args + ["$(rootpaths %s)" % src for src in srcs],
        data = data + srcs,
        main = "//bazel:pytest_runner.py",
        python_version = "PY3",
        size = size,
        deps = deps,
        **kwargs
    )
