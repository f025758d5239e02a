"""Exports findings as GitHub's workflow commands: each becomes an annotation at its line."""

from __future__ import annotations

from collections.abc import Sequence

from ..report.judgement import Answer
from ..report.schema import Finding
from .checked import Checked, below_working_directory

COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def write(checked: Sequence[Checked]) -> str:
    """Return a line for each finding, and one for each program that failed or could not be judged."""
    lines: list[str] = []
    for program in checked:
        lines += [_annotation(program, finding) for finding in program.report.findings]
        if program.judgement.answer in (Answer.FAILED, Answer.CANNOT_TELL):
            place = f"file={_property(below_working_directory(program.script))}"
            lines.append(f"::error {place},title=rockproc-tui::{_data(program.judgement.summary)}")
    return "".join(f"{line}\n" for line in lines)


def _annotation(checked: Checked, finding: Finding) -> str:
    place = f"file={_property(below_working_directory(finding.path or checked.script))}"
    if finding.path is not None and finding.line is not None:
        place += f",line={finding.line}"
    advice = f" {finding.advice}." if finding.advice else ""
    command = COMMANDS.get(finding.severity, "notice")
    return f"::{command} {place},title={_property(finding.rule)}::{_data(f'{finding.message}.{advice}')}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
