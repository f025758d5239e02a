"""The events of the run so far: starts, long waits, signals, findings and ends, in the order of their times."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rockproc.observer.model import State, TimelineMark

from ..bases.rows import Row, column
from ..bases.searchable_panel import SearchablePanel
from ..bases.view import SEVERITY_GLYPHS, STATE_GLYPHS, View
from ..formatting.cells import Cells
from ..formatting.latest import Latest
from ..formatting.sanitize import sanitize, shorten, width, wrap
from .process_detail import minus
from .process_rows import site_text

_MAX_EVENTS = 200
"""The number of events that are shown: the newest ones."""
_MIN_INTERVALS = 4
"""The newest intervals of each process that are read, however many processes there are."""
_MIN_WAIT_SECONDS = 0.1
"""The shortest wait that is shown."""
_MIN_START_SECONDS = 0.05
"""The least time from the start of a process to its run() for which the latter is an event of its own."""
_TIME_CELLS = 9
_MAX_NAME_CELLS = 16
_MIN_TEXT_CELLS = 20
_ORDER = {"created": 0, "started": 1, "run": 2, "ended": 4, "joined": 5}
"""The order of marks with the same time."""
_OTHER_ORDER = 3


class _Event(NamedTuple):
    at: float
    order: int
    """The place among events of the same time."""
    who: str
    role: str
    """The role of the colour of `who`."""
    glyph: tuple[str, str]
    text: str


class History(SearchablePanel):
    HELP = (
        "What has happened so far, in order: handles, starts, waits of 0.1 s or more, signals, what you did, findings, "
        "ends.\nMessages and changes of values are in their own panels."
    )
    BINDING_GROUP_TITLE = "History"
    EMPTY = "Nothing has happened yet."
    NAME = "history"
    TITLE = "History"
    DRAWER = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._latest = Latest[list[Row]]()
        self._begin = 0.0
        """The moment from which on nothing is missing."""
        self._version: int | None = None
        self._changed = 0.0
        """The moment at which that version of the snapshot was first seen."""

    def reset(self) -> None:
        self._latest.forget()
        super().reset()

    def has_content(self, view: View) -> bool:
        return view.snapshot.marks.total > 0

    def preferred_rows(self, view: View, columns: int) -> int:
        return len(self._formatted(view, columns))

    def show(self, view: View) -> None:
        super().show(view)
        if not self.has_focus and self.count():
            self.cursor = self.count() - 1
            self.scroll_to(y=max(self.count() - self.list_height, 0), animate=False, force=True)

    def rows(self, view: View) -> list[Row]:
        rows = self._formatted(view, self.columns)
        older = f"  from {self._begin:.1f} s on" if self._begin else "  at seconds"
        self.headline(f"{self.title}{older}")
        return rows

    def copied(self) -> str:
        return "\n".join(f"{event.at:.3f} {event.who} {event.text}" for event in self._events(self.view))

    def _formatted(self, view: View, columns: int) -> list[Row]:
        version = view.snapshot.version
        if version != self._version:
            self._version, self._changed = version, view.now
        lasts = view.now - self._changed >= _MIN_WAIT_SECONDS  # what began with this version is long enough to be shown
        what = view if version is None or view.moment is not None else self
        return self._latest.of(what, (version, lasts, columns), lambda: self._described(view, columns))

    def _described(self, view: View, columns: int) -> list[Row]:
        events = self._events(view)
        name = min(max((width(event.who) for event in events), default=0), _MAX_NAME_CELLS)
        room = max(columns - _TIME_CELLS - name - 5, _MIN_TEXT_CELLS)
        rows: list[Row] = []
        for number, event in enumerate(events):
            for index, line in enumerate(wrap(event.text, room) or [""]):
                head: Cells = (
                    (f"{event.at:8.3f} ", "dim"),
                    column(shorten(event.who, name), name, event.role),
                    ("  ", ""),
                    event.glyph,
                    (" ", ""),
                )
                if index:
                    head = ((" " * (_TIME_CELLS + name + 4), ""),)
                rows.append(Row((number, index), (*head, (line, "")), index == 0))
        return rows

    def _events(self, view: View) -> list[_Event]:
        found = [*_marks(view), *_findings(view)]
        count = max(_MAX_EVENTS // max(len(view.snapshot.processes), 1), _MIN_INTERVALS)
        self._begin = 0.0
        for process in view.snapshot.processes:
            spans = view.intervals(process.key)
            if spans is None:
                continue
            first, intervals = spans.since(spans.total - count)
            if first > 0 and intervals:
                self._begin = max(self._begin, intervals[0].begin)
            who, role = view.who(process.key)
            for interval in intervals:
                text, seconds = sanitize(interval.text, 80), (interval.end or view.now) - interval.begin
                stopped = interval.state is State.STOPPED
                waits = interval.state is State.WAITING and " " in text
                if interval.begin > view.now or not (stopped or (waits and seconds >= _MIN_WAIT_SECONDS)):
                    continue
                ended = interval.end is not None and interval.end <= view.now
                for_long = f"{seconds:.1f} s" if ended else "until now"
                text = f"is frozen, {for_long}" if stopped else f"waits: {text}, {for_long}"
                found.append(
                    _Event(interval.begin, _OTHER_ORDER, sanitize(who), role, STATE_GLYPHS[interval.state], text)
                )
        found.sort(key=lambda event: event[:2])
        found = [event for event in found if event.at >= self._begin]
        if len(found) > _MAX_EVENTS:
            found = found[-_MAX_EVENTS:]
            self._begin = found[0].at
        return found


def _marks(view: View) -> Iterator[_Event]:
    """Yield what happened to the processes, and what the user did."""
    marks = view.snapshot.marks
    started: dict[int, float] = {}
    for mark in marks.since(marks.total - 2 * _MAX_EVENTS)[1]:
        if mark.kind == "started":
            started[mark.process] = mark.at
        soon = mark.kind == "run" and mark.at - started.get(mark.process, 0.0) < _MIN_START_SECONDS
        if mark.at <= view.now and not soon:
            who, role = view.who(mark.process)
            glyph, text = _described_mark(mark, view)
            yield _Event(mark.at, _ORDER.get(mark.kind, _OTHER_ORDER), sanitize(who), role, glyph, text)


def _described_mark(mark: TimelineMark, view: View) -> tuple[tuple[str, str], str]:
    """Return the glyph of a mark and what has happened."""
    process, text = view.processes.get(mark.process), sanitize(mark.text, 200)
    if mark.kind == "created":
        site = f", at {site_text(process.site, view)}" if process is not None and process.site is not None else ""
        return STATE_GLYPHS[State.CREATED], f"handle made{site}"
    if mark.kind == "started":
        how = f" by {process.start_method}" if process is not None and process.start_method else ""
        pid = f", pid {process.pid}" if process is not None and process.pid is not None else ""
        return STATE_GLYPHS[State.RUNNING], f"started{how}{pid}"
    if mark.kind == "run":
        return STATE_GLYPHS[State.RUNNING], "run() begins"
    if mark.kind == "ended":
        failed = process is not None and bool(process.exitcode)
        exitcode = process.exitcode if process is not None and process.signal else None
        code = f", exitcode {minus(exitcode)}" if exitcode is not None else ""
        glyph = ("✖", "bad") if failed else STATE_GLYPHS[State.JOINED]
        return glyph, f"ended: {text}{code}" if text else "ended"
    if mark.kind == "joined":
        return STATE_GLYPHS[State.JOINED], "joined: its exit code was collected"
    if mark.kind == "signal":
        return ("↯", "warn"), f"gets {text}"
    return ("▼", "accent") if mark.kind == "user" else ("·", "dim"), text


def _findings(view: View) -> Iterator[_Event]:
    for finding in view.snapshot.findings:
        glyph = SEVERITY_GLYPHS[finding.severity]
        if finding.at <= view.now:
            text = f"finding: {finding.rule.replace('-', ' ')}"
            yield _Event(finding.at, _OTHER_ORDER, "", "", glyph, text)
