"""`check` must draw the right conclusion from a report."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace as _replace
from rockproc.observer.findings.registry import rule_named
from rockproc.observer.model import Finding, Process, SharedValue, Snapshot, UnobservedReason
from rockproc.observer.model.keys import ProcessKey, ValueKey
from rockproc.observer.report.data import report
from rockproc.observer.report.judgement import Answer, Ending, judge
from rockproc.observer.report.reported import LASTING
from rockproc.observer.report.schema import Report

from tests.observer.report.test_schema import Reported, main, snapshot


def made(*processes: Process, findings: tuple[Finding, ...] = (), code: int | None = 0) -> Report:
    seen: Snapshot = _replace(snapshot(main(), *processes), findings=findings)
    reported = Reported(seen)
    made = report(reported)
    made.exit.code = code
    return made


def finding(
    severity: str = "error", verdict: str = "certain", rule: str = "deadlock", *, active: bool = True
) -> Finding:
    return msgspec.convert(
        {"rule": rule, "severity": severity, "verdict": verdict, "message": "m", "at": 1.0, "active": active}, Finding
    )


SUSPECTED, DISSOLVED = finding(verdict="suspected"), finding(verdict="suspected", active=False)
CHILD = Process(ProcessKey(3), "child", pid=12)
INSPECTED = Process(ProcessKey(3), "child", pid=12, inspected=True)
PROGRAM = Process(ProcessKey(3), "ls", pid=12, role="program", unobserved=UnobservedReason.OTHER_PROGRAM)


@pytest.mark.parametrize(
    ("reported_run", "ending", "answer"),
    [
        (made(), Ending.BY_ITSELF, Answer.CLEAN),
        (made(code=3), Ending.BY_ITSELF, Answer.FAILED),
        (made(findings=(finding(),), code=3), Ending.BY_ITSELF, Answer.FINDING),
        (made(findings=(finding("warning"),)), Ending.BY_ITSELF, Answer.CLEAN),
        (made(findings=(SUSPECTED,)), Ending.BY_ITSELF, Answer.CLEAN),
        (made(findings=(SUSPECTED,), code=None), Ending.TIME_LIMIT, Answer.FINDING),
        (
            made(findings=(DISSOLVED,), code=None),
            Ending.TIME_LIMIT,
            Answer.CANNOT_TELL,
        ),
        (made(code=None), Ending.TIME_LIMIT, Answer.CANNOT_TELL),
        (made(code=None), Ending.BY_ITSELF, Answer.CANNOT_TELL),
        (made(CHILD), Ending.BY_ITSELF, Answer.CANNOT_TELL),
        (made(PROGRAM), Ending.BY_ITSELF, Answer.CLEAN),
        (made(findings=(finding("error", rule="not-observed"),)), Ending.BY_ITSELF, Answer.CLEAN),
        (made(findings=(finding("warning", rule="internal-error"),)), Ending.BY_ITSELF, Answer.CANNOT_TELL),
        (made(INSPECTED, code=None), Ending.GOES_ON, Answer.CLEAN),
        (made(INSPECTED, findings=(SUSPECTED,), code=None), Ending.GOES_ON, Answer.FINDING),
        (made(INSPECTED, findings=(DISSOLVED,), code=None), Ending.GOES_ON, Answer.CLEAN),
    ],
)
def test_the_answer_follows_from_the_report(reported_run: Report, ending: Ending, answer: Answer) -> None:
    assert judge(reported_run, ending).answer is answer


def test_a_program_that_could_not_be_read_is_never_clean() -> None:
    reported_run = made(INSPECTED, code=None)
    assert judge(reported_run, Ending.GOES_ON).summary == "clean: 1 of 2 processes read from outside"
    reported_run.faults = ["child (12): It ended while it was read."]
    assert judge(reported_run, Ending.GOES_ON).summary == (
        "cannot tell: not read: child (12): It ended while it was read.: 1 of 2 processes read from outside"
    )


def test_a_warning_at_the_time_limit_is_not_called_no_finding() -> None:
    alone = judge(made(code=None), Ending.TIME_LIMIT)
    assert "without a finding" in alone.reasons[0]
    with_warning = judge(made(findings=(finding("warning"),), code=None), Ending.TIME_LIMIT)
    assert "no error held when the time limit was reached" in with_warning.reasons[0]


def test_fail_on_sets_the_lowest_severity_that_counts() -> None:
    reported_run = made(findings=(finding("warning"), finding("info", rule="other")))
    assert judge(reported_run, Ending.BY_ITSELF).answer is Answer.CLEAN
    assert len(judge(reported_run, Ending.BY_ITSELF, fail_on="warning").findings) == 1
    assert len(judge(reported_run, Ending.BY_ITSELF, fail_on="info").findings) == 2


def test_the_basis_says_how_many_operations_have_no_record() -> None:
    reported_run = made()
    reported_run.coverage.operations = 24_004
    reported_run.records.sampled = 21_310
    assert judge(reported_run, Ending.BY_ITSELF).summary == (
        "clean: 1 of 1 processes observed, 24,004 operations (21,310 counted without a record), exit 0"
    )


def test_the_basis_says_that_subinterpreters_are_not_observed() -> None:
    reported_run = made()
    reported_run.coverage.operations, reported_run.records.sampled = 1, 0
    reported_run.coverage.subinterpreters = 2
    assert judge(reported_run, Ending.BY_ITSELF).summary == (
        "clean: 1 of 1 processes observed, 1 operation, without the code in 2 subinterpreters, exit 0"
    )


def test_a_clean_run_says_that_there_is_a_hint() -> None:
    reported_run = made(findings=(finding("info"), finding("info", rule="other")))
    assert judge(reported_run, Ending.BY_ITSELF).summary.startswith("clean with 2 hints: ")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (finding("warning"), "passed with 1 warning (--fail-on warning makes it fail): "),
        (finding("warning", "suspected"), "passed with 1 warning: "),
    ],
)
def test_a_tolerated_warning_says_how_to_make_it_count(found: Finding, text: str) -> None:
    reported_run = made(findings=(found,))
    assert judge(reported_run, Ending.BY_ITSELF).summary.startswith(text)
    stricter = judge(reported_run, Ending.BY_ITSELF, fail_on="warning").answer is Answer.FINDING
    assert stricter is ("--fail-on" in text)


@pytest.mark.parametrize(("rule", "answer"), [("busy-polling", "clean with 1 hint: "), ("lock-order", "clean: ")])
def test_a_hint_about_costs_stays_when_it_is_over(rule: str, answer: str) -> None:
    reported_run = made(findings=(finding("info", rule=rule, active=False),))
    assert judge(reported_run, Ending.BY_ITSELF).summary.startswith(answer)


def test_one_operation_is_not_called_operations() -> None:
    reported_run = made()
    reported_run.coverage.operations = 1
    reported_run.records.sampled = 0
    assert judge(reported_run, Ending.BY_ITSELF).summary == "clean: 1 of 1 processes observed, 1 operation, exit 0"


def test_unobserved_processes_can_be_accepted() -> None:
    assert judge(made(CHILD), Ending.BY_ITSELF, allow_unobserved=True).summary == (
        "clean: 1 of 2 processes observed, 0 operations, exit 0"
    )
    reported_run = made()
    reported_run.coverage.untested_pythons = ["3.16.0"]
    assert judge(reported_run, Ending.BY_ITSELF).reasons == ("untested Python 3.16.0",)
    assert judge(reported_run, Ending.BY_ITSELF, allow_unobserved=True).answer is Answer.CLEAN


@pytest.mark.parametrize("kind", ["RawValue", "SharedMemory", "ShareableList"])
def test_clean_says_that_raw_values_are_not_observed(kind: str) -> None:
    values = tuple(SharedValue(ValueKey(7 + n), kind, name, "int") for n, name in enumerate(("v", "w")))
    reported_run = report(Reported(snapshot(main(), values=values)))
    assert f"without the reads and writes of v and 1 more ({kind})" in judge(reported_run, Ending.BY_ITSELF).summary


@pytest.mark.parametrize(("reads", "is_said"), [(None, True), (0, False)])
def test_clean_says_that_values_without_a_lock_are_not_observed(reads: int | None, is_said: bool) -> None:
    value = SharedValue(ValueKey(7), "Value", "v", "int", reads=reads)
    summary = judge(report(Reported(snapshot(main(), values=(value,)))), Ending.BY_ITSELF).summary
    assert ("without the reads and writes of v (Value without a lock)" in summary) is is_said


def test_hints_that_stay_have_a_text_in_the_past_tense() -> None:
    assert [rule for rule in LASTING if not getattr(rule_named(rule), "past", "")] == []
