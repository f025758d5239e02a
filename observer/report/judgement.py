"""The answer of `check` and `attach`: clean, a finding, a failure of the program, or unknown."""

from __future__ import annotations

import enum

import msgspec

from .numbered import numbered
from .reported import LASTING
from .schema import Finding, Report, Value
from .text import unobserved_lines

SEVERITIES = ("error", "warning", "info")
"""The severities, the most severe first."""
INTERNAL_ERROR = "internal-error"
"""The rule that finds an error of our own."""
ABOUT_OURSELVES = ("not-observed", INTERNAL_ERROR, "failed-tap")
"""Rules that find something about the observation, and not about the program."""


class Ending(enum.Enum):
    """The reason why a watched run ended."""

    BY_ITSELF = "by itself"
    TIME_LIMIT = "time limit"
    STUCK = "stuck"
    """The run was ended because the main process could never finish."""
    SIGNAL = "signal"
    """A signal has ended the run."""
    GOES_ON = "goes on"
    """The program was only read from outside, and has not ended."""


class Answer(enum.IntEnum):
    """The answers of `check`; the values are its exit statuses."""

    CLEAN = 0
    FINDING = 1
    FAILED = 3
    CANNOT_TELL = 4


class Judgement(msgspec.Struct, frozen=True):
    """The answer, and what it rests on."""

    answer: Answer
    findings: tuple[Finding, ...]
    """The findings that are the reason for the answer FINDING."""
    reasons: tuple[str, ...]
    """The reasons why the program failed, or why the answer is not known."""
    basis: str
    """The basis of the answer: `5 of 5 processes observed, 1,204 operations, exit 0`."""
    tolerated: tuple[Finding, ...] = ()
    """Errors and warnings that hold without being a reason for another answer."""
    hints: int = 0
    """The number of findings that hold and are neither errors nor warnings."""
    can_be_stricter: bool = False
    """True if `--fail-on warning` would have given the answer FINDING."""

    @property
    def summary(self) -> str:
        """The answer in one line."""
        if self.answer is Answer.CLEAN:
            return f"{self._passed}: {self.basis}"
        if self.answer is Answer.FINDING:
            count = len(self.findings)
            return f"{count} finding{'' if count == 1 else 's'}: {self.basis}"
        word = "failed" if self.answer is Answer.FAILED else "cannot tell"
        return f"{word}: {'; '.join(self.reasons)}: {self.basis}"

    @property
    def _passed(self) -> str:
        count = len(self.tolerated)
        if not count:
            return f"clean with {numbered(self.hints, 'hint')}" if self.hints else "clean"
        word = "warning" if all(finding.severity == "warning" for finding in self.tolerated) else "finding"
        stricter = " (--fail-on warning makes it fail)" if self.can_be_stricter else ""
        return f"passed with {numbered(count, word)}{stricter}"


def judge(
    report: Report, ending: Ending, *, fail_on: str = "error", allow_unobserved: bool = False, recorded: bool = False
) -> Judgement:
    """Return the judgement of a run.

    Args:
        report: the report of the run, made before anything of it was ended by us.
        ending: how the run came to its end.
        fail_on: the least severity of a finding that counts: `error`, `warning` or `info`.
        allow_unobserved: accept processes that are not observed, and interpreters that were not tested.
        recorded: count findings that no longer hold: when a recording ends, so does everything that was found.
    """
    counting = [
        finding
        for finding in report.findings
        if finding.rule not in ABOUT_OURSELVES
        and (finding.active or recorded)
        and (finding.verdict != "suspected" or ending in (Ending.TIME_LIMIT, Ending.GOES_ON))
    ]
    limit = SEVERITIES.index(fail_on)
    findings = tuple(finding for finding in counting if SEVERITIES.index(finding.severity) <= limit)
    basis = _basis(report, ending)
    if findings:
        return Judgement(Answer.FINDING, findings, (), basis)
    failures = _failures(report, ending)
    if failures:
        return Judgement(Answer.FAILED, (), failures, basis)
    doubts = _doubts(report, ending, allow_unobserved=allow_unobserved)
    holding = [
        finding
        for finding in report.findings
        if (finding.active or finding.rule in LASTING) and finding.rule not in ABOUT_OURSELVES
    ]
    tolerated = tuple(finding for finding in holding if finding.severity != "info")
    answer = Answer.CANNOT_TELL if doubts else Answer.CLEAN
    can_be_stricter = ending is Ending.BY_ITSELF and any(finding.severity == "warning" for finding in counting)
    return Judgement(answer, (), doubts, basis, tolerated, len(holding) - len(tolerated), can_be_stricter)


_RAW = ("RawValue", "RawArray", "SharedMemory", "ShareableList")
"""Kinds of shared memory without a lock, whose updates are not observed."""


def _is_raw(value: Value) -> bool:
    """Return whether its reads and writes are not observed: also those of `Value("i", 0, lock=False)` are not."""
    return value.kind in _RAW or (value.kind in ("Value", "Array") and value.reads is None)


def _basis(report: Report, ending: Ending) -> str:
    coverage = report.coverage
    if ending is Ending.GOES_ON:
        return f"{coverage.inspected} of {coverage.processes} processes read from outside"
    parts = [
        f"{coverage.observed} of {coverage.processes} processes observed",
        numbered(coverage.operations, "operation"),
    ]
    only_counted = min(report.records.sampled, coverage.operations)
    if only_counted:  # rules that need the order of operations have seen the others only
        parts[-1] += f" ({only_counted:,} counted without a record)"
    if coverage.inspected:
        parts.insert(1, f"{coverage.inspected} inspected from outside")
    raw = [value for value in report.values if _is_raw(value) and not value.internal]
    if raw:
        more = f" and {len(raw) - 1} more" if len(raw) > 1 else ""
        what = raw[0].kind if raw[0].kind in _RAW else f"{raw[0].kind} without a lock"
        parts.append(f"without the reads and writes of {raw[0].name}{more} ({what})")
    if coverage.subinterpreters:
        parts.append(f"without the code in {numbered(coverage.subinterpreters, 'subinterpreter')}")
    if report.exit.signal is not None:
        parts.append(f"ended by {report.exit.signal}")
    elif report.exit.code is not None:
        parts.append(f"exit {report.exit.code}")
    elif ending is Ending.TIME_LIMIT:
        parts.append("ended at the time limit")
    elif ending is Ending.STUCK:
        parts.append("stopped because it could not go on")
    return ", ".join(parts)


def _failures(report: Report, ending: Ending) -> tuple[str, ...]:
    if ending is not Ending.BY_ITSELF:
        return ()
    if report.exit.signal is not None:
        return (f"the program was ended by {report.exit.signal}",)
    if report.exit.code:
        return (f"the program ended with exit status {report.exit.code}",)
    return ()


def _doubts(report: Report, ending: Ending, *, allow_unobserved: bool) -> tuple[str, ...]:
    coverage = report.coverage
    doubts: list[str] = []
    if ending is Ending.GOES_ON:
        return (*(f"not read: {fault}" for fault in report.faults), *_own_errors(report))
    if ending is Ending.TIME_LIMIT:
        others = [finding for finding in report.findings if finding.rule not in ABOUT_OURSELVES]
        held = "no error held when the time limit was reached" if others else ""
        doubts.append(held or "the time limit was reached without a finding")
    elif ending is Ending.SIGNAL:
        doubts.append("the run was ended by a signal")
    elif report.exit.code is None and report.exit.signal is None:
        doubts.append("how the program ended is not known")
    hiding = [unobserved for unobserved in coverage.unobserved if unobserved.hides]
    if not allow_unobserved:
        if hiding:
            doubts += unobserved_lines(hiding, follow=report.scenario.follow)
        elif not coverage.observed:
            doubts.append("no process was observed")
        if coverage.failed_taps:
            doubts.append(f"not observed: {', '.join(coverage.failed_taps)}")
        if coverage.untested_pythons:
            doubts.append(f"untested Python {', '.join(coverage.untested_pythons)}")
    doubts += _own_errors(report)
    if report.records.dropped:
        doubts.append(f"{report.records.dropped} records found no room")
    return tuple(doubts)


def _own_errors(report: Report) -> list[str]:
    return [f"internal error: {finding.message}" for finding in report.findings if finding.rule == INTERNAL_ERROR]
