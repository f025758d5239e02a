"""Each rule has a page with the smallest program that has its problem, and a corrected one without findings."""

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


def test_every_rule_has_a_page_and_its_programs_are_on_it() -> None:
    pages = dict(PAGES["pages"]())
    assert pages.keys() == {"index.md", *(f"{name}.md" for name in explanations())}
    for path in (DOCS / "rules").glob("*.py"):
        assert path.read_text() in pages[f"{path.stem.removesuffix('_fixed')}.md"]


@pytest.mark.parametrize("rule", WITH_PROGRAM)
def test_every_rule_has_a_program_and_a_repaired_twin(rule: str) -> None:
    assert (DOCS / "rules" / f"{rule}.py").exists()
    assert (DOCS / "rules" / f"{rule}_fixed.py").exists()


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
def test_the_repaired_program_has_no_finding(rule: str, method: str, tmp_path: Path) -> None:
    assert found(DOCS / "rules" / f"{rule}_fixed.py", tmp_path, method) == []
