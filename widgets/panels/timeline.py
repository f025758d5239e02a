"""A lane for each process: when it ran, waited, was stopped, began and ended, and what it sent."""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar

from rockproc.observer.model import Process
from rockproc.observer.model.keys import ProcessKey
from textual.binding import Binding, BindingType

from ..bases.lane_chart import HELP, Line, cells_of, legend
from ..bases.lane_panel import LANE_BINDINGS, LanePanel
from ..bases.panel import fact
from ..bases.rows import Row, Rows, column
from ..bases.view import View
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import sanitize, shorten
from ..formatting.time_window import Window, precise, ruler
from . import moment_detail
from .process_rows import MAX_THREADS, thread_name

_RULER = "ruler"
_MIN_NAME_CELLS = 6
_MIN_SECONDS_BETWEEN_IDLE_DRAWS = 1.5
"""Seconds between two drawings while nothing happens: lanes then grow every other second."""


class Timeline(LanePanel, inherit_bindings=False):
    HELP = (
        f"{HELP}\nThe arrow keys put a cursor on a moment. Enlarged, the messages of the selected process and the "
        "message that is selected in Messages have arrows between the lanes."
    )
    BINDING_GROUP_TITLE = "Timeline"
    EMPTY = "No process yet. Each gets a lane here as soon as it starts."
    NAME = "timeline"
    TITLE = "Timeline"
    NUMBER = 2
    BINDINGS: ClassVar[list[BindingType]] = [
        *Rows.ARROWS[:4],
        *Rows.VI,
        *LANE_BINDINGS,
        Binding("home", "begin", "begin", show=False, tooltip="Move the time cursor to the beginning of the run"),
        Binding("end", "follow", "now", tooltip="Follow what happens now"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._name_width = _MIN_NAME_CELLS

    def has_content(self, view: View) -> bool:
        return bool(view.snapshot.processes)

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return sum(1 + len(self.chart.threads(process)[:MAX_THREADS]) for process in view.snapshot.processes) + 1

    @property
    def lane_begin(self) -> int:
        return self._name_width + 1

    def show(self, view: View) -> None:
        before, version = self.view, view.snapshot.version
        present = before.moment is None and view.moment is None
        same = present and version is not None and version == before.snapshot.version
        if not (same and 0 < view.now - before.now < _MIN_SECONDS_BETWEEN_IDLE_DRAWS):
            super().show(view)

    def rows(self, view: View) -> list[Row]:
        processes = [
            process for process in view.snapshot.processes if process.started is not None or process.pid is not None
        ]
        if not processes:
            self.headline(self.title)
            return []
        self.chart.read(view, processes)
        entries = self._entries(processes)
        widest = max(len(_entry_name(*entry)) for entry in entries)
        self._name_width = max(min(widest, self.columns // 5), _MIN_NAME_CELLS)
        window = self.window
        spaced = 2 * len(entries) <= self.scrollable_content_region.height
        visible_rows = range(len(entries)) if spaced else self.visible_rows
        lines: list[Line] = []
        for index, entry in enumerate(entries):
            lines.append(self._line(*entry, view, window) if index in visible_rows else [])
            if spaced and index + 1 < len(entries):
                following, thread = entries[index + 1]
                holds = self.chart.holds(following, view, window) if thread is None else []
                lines.append(holds or [(" ", "")] * window.columns)
        step = 2 if spaced else 1
        self._update_headline(window, lines)
        lanes = {process.key: step * index for index, (process, thread) in enumerate(entries) if thread is None}
        self.draw_arrows(lines, lanes, spaced=spaced)
        cursor, marks = self.chart.cursor_at(view), self.chart.ruler_marks(view)
        margin = (" " * self.lane_begin, "")
        rows = [Row(_RULER, (margin, *ruler(window, view.now, cursor, marks)), False)]
        for index, line in enumerate(lines):
            process, thread = entries[index // step]
            if index // step not in visible_rows:
                rows.append(_unformatted_row(process.key, thread))
                continue
            is_lane = index % step == 0
            name = _entry_name(process, thread) if is_lane else ""
            own = is_lane and thread is None
            role = view.roles[process.key] if own else "dim"
            key = process.key if own else ("between", process.key, index)
            lane = cells_of(self.chart.with_cursor(line, view, window))
            cells = (column(shorten(sanitize(name), self._name_width), self._name_width, role), (" ", ""), *lane)
            rows.append(Row(key, cells, own))
        return rows

    def _entries(self, processes: list[Process]) -> list[tuple[Process, int | None]]:
        """Return each process and, below it, its threads that have lanes."""
        return [
            (process, thread) for process in processes for thread in (None, *self.chart.threads(process)[:MAX_THREADS])
        ]

    def _line(self, process: Process, thread: int | None, view: View, window: Window) -> Line:
        if thread is None:
            return self.chart.line(process, view, window)
        return self.chart.thread_line(process, thread, view, window)

    def _update_headline(self, window: Window, lines: list[Line]) -> None:
        """Set the title. It has whole seconds only, since another title repaints the whole panel."""
        process, moment = self.process, self.chart.cursor_at(self.view)
        if moment is not None:
            then = moment_detail.in_a_line(process, moment, self.view) if process is not None else ""
            title, subtitle = f"{precise(moment, window.cell)}  {then}", "end follows now"
        else:
            now = self.view.now
            shown = min(now, window.end) - window.begin
            length = f"{int(shown)}s" if 1 <= shown < 60 else quantities.span(shown)
            part = "" if window.begin <= 0 and window.end > now else "last " if window.end > now else "part of "
            title, subtitle = (
                f"{part}{length}{legend(lines, self.columns - 30)}",
                "" if window.end > now else "end follows now",
            )
        self.headline(f"{self.title}  {title}", subtitle)

    def watch_cursor(self, old: int, new: int) -> None:
        super().watch_cursor(old, new)
        self.resized()

    def detail(self) -> list[Cells]:
        process = self.process
        if process is None:
            return []
        marks = self.chart.marks.get(process.key)
        moment = self.chart.cursor_at(self.view)
        near = marks.between(0.0, self.view.now if moment is None else moment) if marks is not None else []
        return [
            *moment_detail.detail(process, moment, self.view),
            *(fact(f"{mark.at:.3f}", f"{mark.kind} {sanitize(mark.text)}") for mark in near[-6:]),
        ]


def _entry_name(process: Process, thread: int | None) -> str:
    return process.name if thread is None else f" {thread_name(thread)}"


@lru_cache(maxsize=1024)
def _unformatted_row(process: ProcessKey, thread: int | None) -> Row:
    return Row(process, ()) if thread is None else Row(("thread", process, thread), (), False)
