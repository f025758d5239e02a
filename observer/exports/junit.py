"""Answers of `check` as JUnit XML: a test case for each program."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from ..report.judgement import Answer
from ..report.text import finding_text
from .checked import Checked


def write(checked: Sequence[Checked]) -> str:
    """Return one XML document. A finding is a failure; a program that failed or could not be judged is an error."""
    answers = [program.judgement.answer for program in checked]
    suite = ElementTree.Element(
        "testsuite",
        name="rockproc-tui check",
        tests=str(len(checked)),
        failures=str(answers.count(Answer.FINDING)),
        errors=str(answers.count(Answer.FAILED) + answers.count(Answer.CANNOT_TELL)),
        time=f"{sum(program.report.duration_s or 0.0 for program in checked):.3f}",
    )
    for program in checked:
        suite.append(_case(program))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(checked: Checked) -> ElementTree.Element:
    judgement = checked.judgement
    time = f"{checked.report.duration_s or 0.0:.3f}"
    case = ElementTree.Element("testcase", classname="rockproc-tui", name=_xml_text(checked.script), time=time)
    summary = _xml_text(judgement.summary)
    if judgement.answer is Answer.FINDING:
        failure = ElementTree.SubElement(case, "failure", message=summary, type=judgement.findings[0].rule)
        failure.text = _xml_text(
            "\n".join(f"{finding_text(finding)}\n{finding.advice}" for finding in judgement.findings)
        )
    elif judgement.answer is not Answer.CLEAN:
        ElementTree.SubElement(case, "error", message=summary, type=judgement.answer.name.lower())
    else:
        ElementTree.SubElement(case, "system-out").text = summary
    return case


def _xml_text(text: str) -> str:
    """Return text that XML can hold: it has no control characters, not even as references."""
    return "".join(
        character if character.isprintable() or character == "\n" else f"\\x{ord(character):02x}" for character in text
    )
