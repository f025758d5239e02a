"""Findings as SARIF 2.1.0, which code scanning services and editors read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..report.schema import Finding
from .checked import Checked, below_working_directory

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
INFORMATION = "https://pypi.org/project/rockproc-tui/"
LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def write(checked: Sequence[Checked], *, version: str = "", explanations: Mapping[str, str] | None = None) -> str:
    """Return one SARIF document.

    Args:
        checked: the programs that were checked.
        version: that of rockproc-tui.
        explanations: what each rule finds, by its name.
    """
    findings = [(program, finding) for program in checked for finding in program.report.findings]
    names = sorted({finding.rule for _, finding in findings})
    driver: dict[str, Any] = {
        "name": "rockproc-tui",
        "informationUri": INFORMATION,
        "rules": [_rule(name, (explanations or {}).get(name, "")) for name in names],
    }
    if version:
        driver["version"] = version
    results = [_result(program, finding, names.index(finding.rule)) for program, finding in findings]
    run = {"tool": {"driver": driver}, "results": results, "invocations": [_invocation(program) for program in checked]}
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(name: str, explanation: str) -> dict[str, Any]:
    return {"id": name, **({"fullDescription": {"text": explanation}} if explanation else {})}


def _result(checked: Checked, finding: Finding, index: int) -> dict[str, Any]:
    advice = f" {finding.advice}." if finding.advice else ""
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": LEVELS.get(finding.severity, "note"),
        "message": {"text": f"{finding.message}.{advice}"},
        "properties": {"verdict": finding.verdict, "active": finding.active},
    }
    path, line = finding.path or checked.script, finding.line
    location: dict[str, Any] = {"artifactLocation": {"uri": _uri(path)}}
    if line is not None and finding.path is not None:
        location["region"] = {"startLine": line}
    result["locations"] = [{"physicalLocation": location}]
    return result


def _invocation(checked: Checked) -> dict[str, Any]:
    scenario = checked.report.scenario
    return {
        "commandLine": " ".join([scenario.python, scenario.path, *scenario.args]),
        "executionSuccessful": checked.judgement.answer in (0, 1),
        "exitCode": int(checked.judgement.answer),
        "properties": {"summary": checked.judgement.summary},
    }


def _uri(path: str) -> str:
    """Return a path as a URI: relative to the working directory where it lies below it, as code scanning wants it."""
    shown = below_working_directory(path)
    return Path(shown).as_uri() if Path(shown).is_absolute() else quote(shown)
