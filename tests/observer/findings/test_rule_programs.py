"""Each rule has a page, the smallest program that has its problem, and a repaired twin of which nothing is said."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
from rockproc.observer.findings.registry import explanations

DOCS = Path(__file__).parents[3] / "docs"
PAGES = runpy.run_path(str(DOCS / "rule_pages.py"))
WITH_PROGRAM = sorted(explanations().keys() - set(PAGES["WITHOUT_PROGRAM"]))
LIMIT_SECONDS = 25
BUSY_SECONDS = 300


def test_every_page_is_up_to_date() -> None:
    stale = [name for name, text in PAGES["pages"]() if (DOCS / "rules" / name).read_text() != text]
    assert not stale, "run: python docs/rule_pages.py"


def test_there_is_no_page_without_a_rule() -> None:
    known = {"index", *explanations()}
    assert {path.stem for path in (DOCS / "rules").glob("*.md")} == known
    assert {path.stem.removesuffix("_fixed") for path in (DOCS / "rules").glob("*.py")} == set(WITH_PROGRAM)


def found(program: Path, folder: Path, method: str) -> list[str]:
    """Return the rules that `check` reports for a program."""
    sarif = folder / "findings.sarif"
    command = [sys.executable, "-m", "rockproc.tui", "check", "--timeout", str(LIMIT_SECONDS), "--start-method", method]
    subprocess.run(
        [*command, "--sarif", str(sarif), str(program)], capture_output=True, timeout=BUSY_SECONDS, check=False
    )
    return [result["ruleId"] for result in json.loads(sarif.read_text())["runs"][0]["results"]]


@pytest.mark.slow
@pytest.mark.timeout(BUSY_SECONDS)
@pytest.mark.parametrize("rule", WITH_PROGRAM)
def test_the_program_of_a_rule_has_its_problem(rule: str, tmp_path: Path) -> None:
    assert rule in found(DOCS / "rules" / f"{rule}.py", tmp_path, "fork")


@pytest.mark.slow
@pytest.mark.timeout(BUSY_SECONDS)
@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("rule", WITH_PROGRAM)
def test_nothing_is_said_of_the_repaired_program(rule: str, method: str, tmp_path: Path) -> None:
    assert found(DOCS / "rules" / f"{rule}_fixed.py", tmp_path, method) == []
