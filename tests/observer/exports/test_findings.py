"""Findings are exported for other tools: as SARIF, GitHub annotations, and JUnit XML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from rockproc.observer.exports import EXPORTS, github, junit, sarif
from rockproc.observer.exports.checked import Checked
from rockproc.observer.recording.replay import Replay
from rockproc.observer.report.data import report
from rockproc.observer.report.judgement import Ending, judge

GOLDEN = Path(__file__).parents[1] / "recording/golden"
HOSTILE = "100%, a:b\n<&>\x1b[31m\x00"


@pytest.fixture
def checked() -> list[Checked]:
    """A run with a deadlock and a warning, and one that failed."""
    made = [report(Replay(GOLDEN / f"{name}.rockproc")) for name in ("everything", "short")]
    made[0].findings[0].message = HOSTILE
    for finding in made[0].findings:  # as they were while the program stood still
        finding.active = True
    return [Checked(item, judge(item, Ending.BY_ITSELF)) for item in made]


def test_findings_are_exported_as_sarif(checked: list[Checked]) -> None:
    document: dict[str, Any] = json.loads(sarif.write(checked, version="1.0", explanations={"deadlock": "why"}))
    (run,) = document["runs"]
    assert document["version"] == "2.1.0"
    rules = run["tool"]["driver"]["rules"]
    assert {"id": "deadlock", "fullDescription": {"text": "why"}} in rules
    levels = {result["ruleId"]: result["level"] for result in run["results"]}
    assert levels == {"deadlock": "error", "unpicklable": "warning"}
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "file:///tmp/golden/everything.py"
        assert place["region"]["startLine"] > 1
    assert HOSTILE in run["results"][0]["message"]["text"]
    assert [invocation["exitCode"] for invocation in run["invocations"]] == [1, 3]


def test_sarif_has_paths_below_the_working_directory(
    checked: list[Checked], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    checked[0].report.findings[0].path = str(tmp_path / "a folder/x.py")
    result = json.loads(sarif.write(checked))["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "a%20folder/x.py"


def test_findings_are_exported_as_github_annotations(checked: list[Checked]) -> None:
    lines = github.write(checked).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("::warning file=/tmp/golden/everything.py,line=13,title=unpicklable::100%25, a:b%0A<&>")
    assert lines[1].startswith("::error file=/tmp/golden/everything.py,line=")
    assert lines[2].startswith("::error file=short.py,title=rockproc-tui::failed: the program ended with exit status 3")


def test_findings_are_exported_as_junit_xml(checked: list[Checked]) -> None:
    suite = ElementTree.fromstring(junit.write(checked)).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "1")
    failed, broken = suite.findall("testcase")
    failure, error = failed.find("failure"), broken.find("error")
    assert failure is not None
    assert error is not None
    assert failure.get("type") == "deadlock"
    assert "Take the locks in the same order everywhere" in (failure.text or "")
    assert (error.get("message") or "").startswith("failed: ")
    for program in checked:
        program.report.scenario.path = HOSTILE
    ElementTree.fromstring(junit.write(checked))


@pytest.mark.parametrize("kind", ["sarif", "junit", "github"])
def test_findings_of_a_recording_are_exported(kind: str) -> None:
    assert "deadlock" in "".join(EXPORTS[kind](Replay(GOLDEN / "everything.rockproc")))
