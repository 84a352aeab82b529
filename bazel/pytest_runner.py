"""Runs pytest on the files of a pytest_test; the report goes where Bazel looks for it."""

import os
import sys

import pytest


def main(args: list[str]) -> int:
    options = ["-q", "-p", "no:cacheprovider", "--color=no", "--rootdir=."]
    report = os.environ.get("XML_OUTPUT_FILE")
    if report:
        options.append(f"--junitxml={report}")
    only = os.environ.get("TESTBRIDGE_TEST_ONLY")
    if only:
        options.append(f"-k={only}")
    if os.environ.get("TESTBRIDGE_TEST_RUNNER_FAIL_FAST") == "1":
        options.append("-x")
    return pytest.main(options + [arg for arg in args if not arg.endswith("conftest.py")])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
