"""Commands in Python, for `bazel run`."""

load("@rules_python//python:defs.bzl", "py_binary", "py_library")

def command(name, deps, srcs = None, **kwargs):
    """A command.

    Args:
      name: of the command, and of its file without .py.
      deps: py_library targets.
      srcs: the file, if it is called otherwise.
      **kwargs: everything else of py_binary, such as the files that it reads or runs as `data`.
    """
    srcs = srcs or [name + ".py"]
    py_binary(
        name = name,
        srcs = srcs,
        main = srcs[0],
        python_version = "PY3",
        deps = deps,
        **kwargs
    )

def command_room(name, deps, data = []):
    """A folder that is one command: its command.py.  `:lib` is all of it, for tests and other rooms.

    Args:
      name: of the command.
      deps: py_library targets.
      data: files that the folder's modules read or run.
    """
    py_library(
        name = "lib",
        srcs = native.glob(["*.py"]),
        data = data,
        deps = deps,
    )
    command(
        name = name,
        srcs = ["command.py"],
        deps = [":lib"],
    )
