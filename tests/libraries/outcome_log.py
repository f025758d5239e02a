"""A plugin of pytest that writes each outcome to a file at once, so that also a pass that hangs leaves outcomes.

It is copied beside the tests of a library, and runs under their interpreter.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

LOG = Path(__file__).with_name("outcomes.jsonl")


def _write(test: str, phase: str, outcome: str) -> None:
    with LOG.open("a") as file:
        file.write(json.dumps([test, phase, outcome]) + "\n")


def pytest_runtest_logstart(nodeid: str) -> None:
    _write(nodeid, "start", "")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    expected = " as expected" if hasattr(report, "wasxfail") else ""
    _write(report.nodeid, report.when or "", report.outcome + expected)


def read(log: Path) -> dict[str, str]:
    """Return the outcome of each test that began."""
    phases: dict[str, list[tuple[str, str]]] = {}
    for line in log.read_text().splitlines() if log.exists() else ():
        test, phase, outcome = json.loads(line)
        phases.setdefault(test, []).append((phase, outcome))
    return {test: _outcome(seen) for test, seen in phases.items()}


def _outcome(seen: list[tuple[str, str]]) -> str:
    if sum(phase == "start" for phase, _ in seen) > 1:
        return "began twice"
    ends = sum(phase == "teardown" for phase, _ in seen)
    if ends != 1:
        return "ended twice" if ends else "no end"
    failed = next((f"failed in {phase}" for phase, outcome in seen if outcome == "failed"), "")
    return failed or next((outcome for _, outcome in seen if outcome not in ("", "passed")), "passed")
