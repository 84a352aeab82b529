"""count_tests on build events and test.xml files made here."""

import json
from pathlib import Path

import pytest

from bazel.ci import count_tests

REPORT = """<testsuites><testsuite>
<testcase classname="A" name="good" status="run"/>
<testcase classname="A" name="bad" status="run"><failure/></testcase>
<testcase classname="A" name="off" status="notrun"/>
<testcase classname="A" name="skipped" status="run"><skipped/></testcase>
</testsuite></testsuites>"""


def result_event(label: str, status: str, report: Path | None) -> dict:
    outputs = [{"name": "test.log", "uri": "file:///nowhere"}]
    if report:
        outputs.append({"name": "test.xml", "uri": report.as_uri()})
    return {
        "id": {"testResult": {"label": label}},
        "testResult": {"status": status, "testActionOutput": outputs},
    }


def completed(label: str, success: bool) -> dict:
    return {"id": {"targetCompleted": {"label": label}}, "completed": {"success": success}}


def run(
    folder: Path, capsys: pytest.CaptureFixture[str], events: list[dict], status: int
) -> tuple[int, list[str]]:
    path = folder / "events.json"
    path.write_text("".join(json.dumps(event) + "\n" for event in events) + '{"cut sho')
    code = count_tests.main([f"--bazel-status={status}", str(path)])
    return code, capsys.readouterr().out.splitlines()


def test_cases_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "a b.xml"
    report.write_text(REPORT)
    events = [result_event("//a:t", "FAILED", report), completed("//a:t", True)]
    assert run(tmp_path, capsys, events, 3) == (1, ["FAILED //a:t: A.bad", "1 passed, 1 failed"])


def test_target_without_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = [result_event("//a:slow", "TIMEOUT", None), result_event("//a:t", "PASSED", None)]
    assert run(tmp_path, capsys, events, 3) == (
        1,
        ["FAILED //a:slow: TIMEOUT", "1 passed, 1 failed"],
    )


def test_targets_that_crash(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = [result_event("//a:t", "FAILED", None), result_event("//a:u", "FAILED", None)]
    assert run(tmp_path, capsys, events, 3) == (
        1,
        ["FAILED //a:t: FAILED", "FAILED //a:u: FAILED", "0 passed, 2 failed"],
    )


def test_broken_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = [completed("//a:t", False)]
    assert run(tmp_path, capsys, events, 1) == (
        1,
        ["FAILED //a:t: does not build", "0 passed, 1 failed"],
    )


def aborted(label: str, reason: str) -> dict:
    return {"id": {"targetCompleted": {"label": label}}, "aborted": {"reason": reason}}


def test_not_of_this_configuration(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    events = [aborted("//a:t", "SKIPPED")]
    assert run(tmp_path, capsys, events, 0) == (0, ["0 passed, 0 failed"])
    assert run(tmp_path, capsys, events, 1)[0] == 1
    assert run(tmp_path, capsys, events + [aborted("//a:u", "ANALYSIS_FAILURE")], 1) == (
        1,
        ["FAILED //a:u: not built", "0 passed, 1 failed"],
    )


def test_bazel_that_says_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, capsys, [], 37) == (
        1,
        ["FAILED bazel ended with exit status 37", "0 passed, 1 failed"],
    )


def test_green(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, capsys, [result_event("//a:t", "PASSED", None)], 0) == (
        0,
        ["1 passed, 0 failed"],
    )
