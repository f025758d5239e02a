"""The report for a person, in a few lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from typing import cast

from ..decoding.shortening import shorten
from ..model import SIGNALLED
from .numbered import numbered
from .reported import LASTING, is_reported
from .schema import Finding, Pool, Process, Report, UnobservedProcess, Value

COLLECTIONS = {"channels": "queues and pipes", "values": "shared values", "managed": "objects in managers"}
MARKS = {"error": "✗", "warning": "!"}
MAX_CELL = 60
MAX_COLUMN = 32
FOLD_FROM = 4
"""The smallest number of rows that differ only in numbers and are shown as one row."""
UNKNOWN = "?"


def report_text(report: Report) -> str:
    """Return the report as text: findings first, then what was there."""
    out = [_heading(report)]
    _findings(out, report)
    _unobserved(out, report)
    _table(out, "processes", _fold(report.processes))
    _table(out, "at the end these waited", waiting(report))
    _messages(out, report)
    _table(
        out,
        "shared",
        [[value.name, value.kind, value.type, _short(value.value), _use(value)] for value in report.values],
    )
    _locks(out, report)
    _pools(out, report)
    _managers(out, report)
    forgotten = [f"{count} {COLLECTIONS.get(name, name)}" for name, count in report.forgotten.items() if count]
    if forgotten:
        out.append(f"   the oldest ended objects are not listed: {', '.join(forgotten)}")
    records = report.records
    if records.sampled or records.dropped:
        out.append(
            f"   {numbered(records.written, 'record')}; {numbered(records.sampled, 'operation')} counted without one"
            + (f"; {numbered(records.dropped, 'record')} found no room" if records.dropped else "")
        )
    return "\n".join(printable(line).rstrip() for line in out) + "\n"


def waiting(report: Report) -> list[list[str]]:
    """Return a row for each wait of each thread: process, what it waits for, line of source, time-out."""
    rows: list[list[str]] = []
    for process in report.processes:
        for wait in process.waits:
            name = process.name if wait.main else f"{process.name}, thread {wait.thread}"
            timed = "with a time-out" if wait.timed else ""
            rows.append([name, f"{wait.op} {wait.object}".strip(), wait.site or "", timed])
    return rows


def rule_name(finding: Finding) -> str:
    """Return the rule by which it was found, and whether it is only suspected."""
    return finding.rule + (", suspected" if finding.verdict == "suspected" else "")


def finding_text(finding: Finding) -> str:
    """Return a finding in one line."""
    over = "" if finding.active or finding.rule in LASTING else " (this was so earlier in the run)"
    return f"{rule_name(finding)}: {finding.message}{site_suffix(finding.site, finding.message)}{over}"


def site_suffix(site: str | None, message: str) -> str:
    """Return ` (app.py:7)`; empty where there is no site, or where the message names it already."""
    return "" if site is None or re.search(rf"{re.escape(site)}(?!\d)", message) else f" ({site})"


def with_advice(findings: Sequence[Finding]) -> list[tuple[Finding, str]]:
    """Pair each finding with the advice to print below it; empty where the same advice is printed elsewhere.

    Findings in a row that share an advice have it below the last one. An advice that came before is not repeated.
    """
    said: set[str] = set()
    pairs: list[tuple[Finding, str]] = []
    for finding, after in zip_longest(findings, findings[1:]):
        shared = after is not None and after.advice == finding.advice
        pairs.append((finding, "" if shared or finding.advice in said else finding.advice))
        said.add(pairs[-1][1])
    return pairs


def unobserved_lines(processes: list[UnobservedProcess], *, follow: bool = False) -> list[str]:
    """Return a line about processes that are not observed, and one about those that were inspected from outside.

    Args:
        processes: all of both kinds.
        follow: as for `unobserved_text`.
    """
    groups = {
        "not observed": [process for process in processes if not process.inspected],
        "inspected from outside": [process for process in processes if process.inspected],
    }
    return [f"{what}: {unobserved_text(some, follow=follow)}" for what, some in groups.items() if some]


def unobserved_text(processes: list[UnobservedProcess], *, follow: bool = False) -> str:
    """Return processes with the reasons why they are not observed, those of one reason together.

    Args:
        processes: those that are not observed.
        follow: Pythons that are started by `subprocess` were to be observed.
    """
    by_reason: dict[str, list[UnobservedProcess]] = {}
    for process in processes:
        by_reason.setdefault(process.reason, []).append(process)
    parts: list[str] = []
    for reason, some in by_reason.items():
        names = ", ".join(process.name for process in some[:FOLD_FROM])
        more = f" and {len(some) - FOLD_FROM} more" if len(some) > FOLD_FROM else ""
        shares = sorted({name for process in some for name in process.shares})
        with_what = f", sharing {', '.join(shares)}" if shares else ""
        hint = "started by subprocess; use --follow" if reason == "subprocess" and not follow else reason
        parts.append(f"{names}{more} ({hint}{with_what})")
    return "; ".join(parts)


def printable(text: str) -> str:
    """Return text of which nothing reaches a terminal as anything but text."""
    return "".join(character if character.isprintable() else f"\\x{ord(character):02x}" for character in text)


def _heading(report: Report) -> str:
    code, signal = report.exit.code, report.exit.signal
    ending = f"ended by {signal}" if signal else f"exit {code}" if code is not None else "did not end by itself"
    method = report.scenario.start_method
    return f"── {report.scenario.path}{f' · {method}' if method else ''} · {ending} · {report.duration_s or 0.0:.2f} s"


def _findings(out: list[str], report: Report) -> None:
    findings = [finding for finding in report.findings if is_reported(finding)]
    if findings:
        out.append("   findings")
    for finding, advice in with_advice(findings):
        out.append(f"     {MARKS.get(finding.severity, '·')} {finding_text(finding)}")
        if advice:
            out.append(f"       {advice}.")


def _unobserved(out: list[str], report: Report) -> None:
    coverage = report.coverage
    if coverage.unobserved:
        lines = unobserved_lines(coverage.unobserved, follow=report.scenario.follow)
        out.extend(f"   {line}" for line in lines)
    if any(unobserved.hides for unobserved in coverage.unobserved):
        out.append("     counts do not include their operations; a count that may be incomplete is shown as ?")
    if coverage.subinterpreters:
        out.append(f"   not observed: code that runs in {numbered(coverage.subinterpreters, 'subinterpreter')}")


def _fold(processes: list[Process]) -> list[list[str]]:
    """Return a row for each process; ended workers that differ only in pid, number and times share one."""
    alike = Counter(key for process in processes if (key := _likeness(process)) is not None)
    rows: list[list[str]] = []
    folded: set[tuple[object, ...]] = set()
    for process in processes:
        key = _likeness(process)
        if key is None or alike[key] < FOLD_FROM:
            rows.append(_process_row(process))
        elif key not in folded:
            folded.add(key)
            members = [process for process in processes if _likeness(process) == key]
            rows.append(_folded_row(process, members))
    return rows


def _likeness(process: Process) -> tuple[object, ...] | None:
    """Return what processes that may share a row have in common; None for one that has a row of its own."""
    if process.ended_s is None or process.role == "main":
        return None
    stem = process.name.partition("#")[0].rstrip("0123456789")
    return (
        stem,
        process.cls,
        process.role,
        process.target,
        process.state,
        process.signal,
        process.exitcode,
        process.site,
    )


def _process_row(process: Process) -> list[str]:
    return [
        process.name,
        str(process.pid or "not started"),
        process.cls or process.role,
        process.target or "",
        process.state,
        _ending(process),
        _span(process.started_s, process.ended_s),
        process.site or "",
        _observation(process),
    ]


def _observation(process: Process) -> str:
    if process.observed or process.pid is None or process.role == "resource tracker":
        return ""
    return "inspected from outside" if process.inspected else "not observed"


def _folded_row(process: Process, members: list[Process]) -> list[str]:
    stem = process.name.rstrip("0123456789").rstrip("-#: ")
    started = min((member.started_s for member in members if member.started_s is not None), default=None)
    ended = max((member.ended_s for member in members if member.ended_s is not None), default=None)
    row = _process_row(process)
    return [f"{len(members)} × {stem}", "", *row[2:6], _span(started, ended), *row[7:]]


def _ending(process: Process) -> str:
    return process.signal or ("" if process.exitcode is None else f"exit {process.exitcode}")


def _messages(out: list[str], report: Report) -> None:
    rows: list[list[str]] = []
    for channel in report.channels:
        if not channel.internal:
            lost = f", lost {channel.lost}" if channel.lost else ""
            last = "… " + shorten(channel.last[-1], MAX_CELL) if channel.last else ""
            size = _size(channel.bytes) if channel.bytes is not None else UNKNOWN
            rows.append([
                channel.name,
                channel.kind,
                f"put {_count(channel.put)}",
                f"got {_count(channel.got)}",
                f"left {_count(channel.depth)}{lost}",
                size,
                last,
            ])  # fmt: skip
    _table(out, "messages", rows)
    internal = sum(channel.internal for channel in report.channels)
    if internal:
        what = "channel" if internal == 1 else "channels"
        out.append(f"   {internal} {what} of pools, executors and managers not listed; --json has them")


def _locks(out: list[str], report: Report) -> None:
    _table(
        out,
        "locks",
        [
            [
                lock.name,
                lock.kind,
                f"{SIGNALLED.get(lock.kind, 'taken')} {_count(lock.acquired)}",
                f"waited {lock.contended}" if lock.contended else "",
                f"timed out {lock.timed_out}" if lock.timed_out else "",
                f"held by {', '.join(map(str, lock.holders))}" if lock.holders else "",
                f"awaited by {', '.join(map(str, lock.waiters))}" if lock.waiters else "",
            ]
            for lock in report.locks
        ],
    )


def _pools(out: list[str], report: Report) -> None:
    _table(
        out,
        "pools",
        [
            [
                pool.name,
                pool.kind,
                f"{pool.workers} workers"
                + (f", {pool.workers_employed} in all" if pool.workers_employed > pool.workers else ""),
                f"tasks {_count(pool.submitted)}",
                f"done {_count(pool.done)}",
                f"failed {pool.failed}" if pool.failed else "",
                f"lost {pool.lost}" if pool.lost else "",
                f"cancelled {pool.cancelled}" if pool.cancelled else "",
                f"unfinished {pool.unfinished}" if pool.unfinished else "",
                _unfinished(pool),
                pool.ended or "",
                f"… {shorten(pool.error, MAX_CELL)}" if pool.error else "",
            ]
            for pool in report.pools
        ],
    )


def _managers(out: list[str], report: Report) -> None:
    for manager in report.managers:
        ending = "" if manager.alive else ", which has ended, and all that was in it"
        rows = [
            [managed.name, managed.type, managed.value or "", f"called {managed.calls}"] for managed in manager.objects
        ]
        _table(out, f"in {manager.name} ({manager.cls} {manager.pid}{ending})", rows)


def _unfinished(pool: Pool) -> str:
    words = [f"{count} {word}" for word, count in (("running", pool.running), ("waiting", pool.waiting)) if count]
    if pool.ended in ("terminated", "broken") and pool.waiting:
        words[-1] = f"{pool.waiting} never begun"
    return ", ".join(words)


def _use(value: Value) -> str:
    if isinstance(value.open_by, list):
        by = value.unlinked_by
        users = ", ".join(map(str, value.open_by))
        name = f"unlinked by {by}" if by else "never unlinked" if value.unlinked_s is None else "unlinked for it"
        return f"open in {users}  {name}" if users else name
    unseen = "  and unseen ones" if value.unseen else ""
    return "" if value.reads is None else f"{value.reads} reads  {value.writes} writes{unseen}"


def _table(out: list[str], title: str, rows: list[list[str]]) -> None:
    if not rows:
        return
    out.append(f"   {title}")
    rows = [[shorten(printable(cell), MAX_CELL) for cell in row] for row in rows]
    widths = [min(max(len(row[index]) for row in rows), MAX_COLUMN) for index in range(len(rows[0]))]
    for row in rows:
        out.append("     " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip())


def _count(number: int | None) -> str:
    return UNKNOWN if number is None else str(number)


def _span(start: float | None, end: float | None) -> str:
    if start is None:
        return ""
    return f"{start:.2f} – {end:.2f} s" if end is not None else f"{start:.2f} s –"


def _size(count: int) -> str:
    size = float(count)
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _short(value: object) -> str:
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        value = fields["first"] if set(fields) == {"first", "length"} else fields
    return shorten(repr(value), MAX_CELL)
