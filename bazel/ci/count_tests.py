"""Counts the test cases of a Bazel run and prints those that failed, then "N passed, N failed".

Reads the file that --build_event_json_file names and the test.xml files it leads to.  A target that
failed without a failed case, because it crashed, timed out or did not build, counts as one failure;
so does a Bazel that failed without any of these.  A target that this configuration does not build is
none.  Exit status: 0 if nothing failed, 1 otherwise.

    count_tests.py --bazel-status=0 events.json
"""

import argparse
import json
import sys
import urllib.parse
import xml.etree.ElementTree as xml
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Count:
    """The number of cases that passed, and the names of those that failed."""

    passed: int = 0
    failed: list[str] = field(default_factory=list)

    def add(self, other: "Count") -> None:
        self.passed += other.passed
        self.failed += other.failed


def read_events(path: Path) -> Iterator[dict]:
    """The build events; a last line that was cut short is left out."""
    if not path.exists():
        return
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except json.JSONDecodeError:
            return


def count_cases(label: str, report: Path) -> Count:
    """The cases in one test.xml; none if there is no such file or it is no XML."""
    count = Count()
    try:
        cases = list(xml.parse(report).iter("testcase"))
    except (OSError, xml.ParseError):
        return count
    for case in cases:
        if case.get("status") == "notrun" or case.find("skipped") is not None:
            continue
        if case.find("failure") is not None or case.find("error") is not None:
            count.failed.append(f"{label}: {case.get('classname', '')}.{case.get('name')}")
        else:
            count.passed += 1
    return count


def report_of(outputs: list[dict]) -> Path:
    """The path of test.xml among a test's output files."""
    for output in outputs:
        if output.get("name") == "test.xml":
            return Path(urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path))
    return Path("no test.xml")


def count_run(events: Iterator[dict], bazel_status: int) -> Count:
    """All cases of one Bazel run, which ended with the given exit status."""
    total = Count()
    for event in events:
        if "testResult" in event:
            label = event["id"]["testResult"]["label"]
            result = event["testResult"]
            count = count_cases(label, report_of(result.get("testActionOutput", [])))
            status = result.get("status", "NO_STATUS")
            if status != "PASSED" and not count.failed:
                count.failed.append(f"{label}: {status}")
            elif status == "PASSED" and not count.passed:
                count.passed = 1
            total.add(count)
        elif "completed" in event and not event["completed"].get("success"):
            total.failed.append(f"{event['id']['targetCompleted']['label']}: does not build")
        elif "aborted" in event and "targetCompleted" in event["id"]:
            if event["aborted"].get("reason") == "SKIPPED":
                continue  # not of this configuration
            total.failed.append(f"{event['id']['targetCompleted']['label']}: not built")
    if bazel_status != 0 and not total.failed:
        total.failed.append(f"bazel ended with exit status {bazel_status}")
    return total


def main(args: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--bazel-status", type=int, required=True, help="exit status of bazel")
    parser.add_argument("events", type=Path, help="file written by --build_event_json_file")
    options = parser.parse_args(args)
    total = count_run(read_events(options.events), options.bazel_status)
    for name in total.failed:
        print(f"FAILED {name}")
    print(f"{total.passed} passed, {len(total.failed)} failed")
    return 1 if total.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
