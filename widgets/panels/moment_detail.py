"""Descriptions of what a process was doing at a moment."""

from __future__ import annotations

from bisect import bisect_right

from rockproc.observer.model import Process, State, StateInterval

from ..bases.panel import fact
from ..bases.view import View
from ..formatting import quantities
from ..formatting.cells import Cells

_WORDS = {
    State.RUNNING: "runs",
    State.WAITING: "waits",
    State.STOPPED: "stopped",
    State.ZOMBIE: "zombie, not joined yet",
    State.CREATED: "not started",
}


def in_a_line(process: Process, at: float, view: View) -> str:
    """Return what a process was doing, for how long, and how long in all: `worker-1 waits get tasks  1.2s of 2.0s`."""
    span = _span(process, at, view)
    if span is None:
        gone = process.ended is not None and process.ended <= at
        return f"{process.name} {'had ended' if gone else 'was not there yet'}"
    whole = f" of {quantities.span(span.end - span.begin)}" if span.end is not None and span.end <= view.now else ""
    return f"{process.name} {_what(span)}  {quantities.span(at - span.begin)}{whole}"


def detail(process: Process, moment: float | None, view: View) -> list[Cells]:
    """Return lines about a moment; without one, about the present."""
    lines: list[Cells] = []
    if moment is not None:
        lines.append(fact("moment", f"{moment:.6f}  {in_a_line(process, moment, view)}"))
    span = _span(process, view.now if moment is None else moment, view)
    if span is not None:
        ended = span.end is not None and span.end <= view.now
        until = f"until {span.end:.6f}" if ended else "on"
        lines.append(fact("stretch", f"{_what(span)}  from {span.begin:.6f} {until}"))
    return lines


def _what(span: StateInterval) -> str:
    return f"{_WORDS.get(span.state, '')} {span.text}".rstrip()


def _span(process: Process, at: float, view: View) -> StateInterval | None:
    """Return the interval of a process that contains a moment."""
    spans = view.intervals(process.key)
    kept = spans.since(0)[1] if spans is not None else []
    index = bisect_right(kept, at, key=lambda span: span.begin) - 1
    if index < 0:
        return None
    span = kept[index]
    return span if span.end is None or at <= span.end or span.end > view.now else None
