"""The processes of a run as a tree: each with its activity and, if there is room, its history."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import ClassVar

from rockproc.observer.model import HELPER_ROLES
from rockproc.observer.model.keys import ProcessKey
from textual.binding import BindingType

from ..bases.lane_chart import HELP as LANES_HELP
from ..bases.lane_chart import Line, cells_of, legend
from ..bases.lane_panel import LANE_BINDINGS, LanePanel
from ..bases.rows import Row, Rows
from ..bases.view import View
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize, width, wrap
from ..formatting.sort_orders import SORT_ORDERS
from ..formatting.time_window import Window, ruler
from . import process_rows
from .process_detail import process_detail, summary
from .process_list import ProcessRow, ended
from .process_list import process_rows as select

_MIN_COLUMNS_WITH_NUMBERS = 58
"""The smallest widths of a row that shows CPU and memory, and of one that shows their history as well."""
_MIN_COLUMNS_WITH_CHARTS = 92
_MIN_NAME_CELLS = 8
_ACTIVITY_CELLS = range(24, 44)
"""The number of cells of an activity beside a lane."""
_MIN_LANE_CELLS = 24
_MAX_ROWS_OF_PROCESS = 2 + process_rows.MAX_THREADS
"""The number of rows of a process without its description: its held locks, the process itself, and its threads."""
_MAX_DESCRIPTION_ROWS = 2
_RULER_ROWS = 1
_RULER = "ruler"


class _LaneRows:
    """The rows of processes with lanes, as far as they are drawn."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.heads: list[tuple[Hashable, Cells, bool]] = []
        """The key of each row, the text before its lane, and True if the filter has found it."""
        self.lines: list[Line] = []
        """The lane of each row, or an empty list."""
        self.lanes: dict[ProcessKey, int] = {}
        """The row of each process's lane."""

    def add(self, key: Hashable, head: Cells = (), line: Line | None = None, *, wanted: bool = False) -> None:
        self.heads.append((key, head, wanted))
        self.lines.append([] if line is None else line)

    def reaches(self, visible: range) -> bool:
        """Return whether one of the rows of the next process can be visible. The rows of a panel begin with a ruler."""
        first = len(self.lines) + _RULER_ROWS
        return first < visible.stop and first + _MAX_ROWS_OF_PROCESS > visible.start


class Processes(LanePanel, inherit_bindings=False):
    HELP = (
        "Every process, from the creation of its handle to its end. Signal keys act on the selected process.\n"
        f"{LANES_HELP}"
    )
    BINDING_GROUP_TITLE = "Processes"
    EMPTY = "The program is being started…"
    NAME = "processes"
    TITLE = "Processes"
    NUMBER = 1
    NOTHING = "no process yet"
    BINDINGS: ClassVar[list[BindingType]] = [*Rows.ARROWS, *Rows.VI, *LANE_BINDINGS]
    searchable = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.keeps_cursor = True
        self.lanes = False
        """True where the screen has room for a lane in each row."""
        self.describes_all = False
        """True to describe each process in a line below its row, and not only the selected one."""
        self.order = SORT_ORDERS[0]
        self.hidden_by_user: set[int] = set()
        """Keys of the ended processes that the user has hidden."""
        self.shows_helpers = False
        """True to show the forkserver and the resource tracker, which multiprocessing starts for itself."""
        self._selected_before_filter: Hashable = None
        """The row that was selected when the filter was opened, or that the user has selected since."""
        self._selected_by_filter: Hashable = None
        """The row on which the filter has put the cursor."""
        self._listed_of: tuple[object, ...] = ()
        self._listed: list[ProcessRow] = []
        self._lane_begin = 0
        self._lines: list[Line] = []
        """The lanes that are drawn."""
        self._formatted_for: Hashable = None
        """The row that was selected when the rows were formatted: the description is below it."""
        self._other_rows = 0
        """The rows that were drawn last besides those of processes: the ruler, locks, threads and descriptions."""

    def has_content(self, view: View) -> bool:
        return bool(view.snapshot.processes)

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        count = max(len(view.snapshot.processes) - len(self._hidden(view)), 1)
        if not self.lanes:
            return count + self._other_rows
        least = _RULER_ROWS + (count if self.describes_all else 1)
        return count + max(self._other_rows, least)

    @property
    def _selected_key(self) -> Hashable:
        return self.selected.key if self.selected is not None else None

    @property
    def lane_begin(self) -> int:
        return self._lane_begin

    @property
    def has_lanes(self) -> bool:
        return self.lanes and self._lane_begin > 0

    def reset(self) -> None:
        """Forget the order, the filter and what is hidden: they belong to the run that was shown."""
        self.order = SORT_ORDERS[0]
        self.hidden_by_user.clear()
        self.shows_helpers = False
        super().reset()

    # The selection of processes

    def sort(self, order: str) -> None:
        """Sort by one of `SORT_ORDERS`."""
        self.order = order
        self.show(self.view)

    def hide_ended(self, keys: Iterable[ProcessKey]) -> int:
        """Hide those of the processes that have ended, and return their number."""
        gone = {process.key for key in keys if (process := self.view.processes.get(key)) and ended(process)}
        gone -= self.hidden_by_user
        self.hidden_by_user |= gone
        self.show(self.view)
        return len(gone)

    def restore(self) -> int:
        """Show all hidden processes, and return their number."""
        count = len(self._hidden(self.view))
        self.hidden_by_user.clear()
        self.shows_helpers = True
        self.show(self.view)
        return count

    def _hidden(self, view: View) -> set[int]:
        """Return the keys of the processes that are not listed, whatever the filter is."""
        helpers = {process.key for process in view.snapshot.processes if process.role in HELPER_ROLES}
        return self.hidden_by_user if self.shows_helpers else self.hidden_by_user | helpers

    def watch_cursor(self, old: int, new: int) -> None:
        super().watch_cursor(old, new)
        if not self.lanes:
            self._update_headline(self.view)
        elif self._selected_key != self._formatted_for:
            self.resized()

    def open_prompt(self) -> None:
        if self.selected is not None:
            self._selected_before_filter = self._selected_by_filter = self.selected.key
        super().open_prompt()

    def prompted(self) -> None:
        """Select the earlier row again whenever it matches, unless the user has selected another one since."""
        if self.selected is not None and self.selected.key != self._selected_by_filter:
            self._selected_before_filter = self.selected.key
        self.show(self.view)
        self.select(self._selected_before_filter)
        self._selected_by_filter = self.selected.key if self.selected else None

    def accept(self) -> None:
        """Keep the selection that the filter has made."""
        if self.selected is not None:
            self._selected_before_filter = self.selected.key
        super().accept()

    def prompt_note(self) -> str:
        found = sum(row.wanted for row in self._listed)
        return f"{found} of {len(self.view.snapshot.processes)}" + ("" if self.typing else " · esc shows all")

    def empty(self) -> str:
        if self.prompt:
            return f"No process matches “{sanitize(self.prompt)}”. esc clears the filter."
        if self.hidden_by_user:
            return f"Every process has ended and is hidden. {self.view.key('show_hidden')} shows all."
        return self.EMPTY if self.view.started else f"The program is not started. {self.view.key('pause')} starts it."

    # Drawing

    def _select(self, view: View) -> list[ProcessRow]:
        """Return the processes to show. The list is kept while nothing changes that could alter it."""
        now = view.now if self.order == SORT_ORDERS[-1] else None
        hidden = self._hidden(view)
        of = view.snapshot.processes, now, self.order, self.prompt, frozenset(hidden)
        if of != self._listed_of:
            self._listed = select(view, self.order, self.prompt.lower().split(), hidden)
            self._listed_of = of
        return self._listed

    def rows(self, view: View) -> list[Row]:
        shown = self._select(view)
        widest = max((width(row.name) for row in shown), default=0)
        name_width = max(min(widest, self.columns // 3), _MIN_NAME_CELLS)
        activity = self.columns - name_width - process_rows.HEAD_CELLS
        self._lane_begin, self._lines, self._other_rows = 0, [], 0
        self._formatted_for = self._selected_key
        if self.lanes and shown and activity >= _ACTIVITY_CELLS.start + 1 + _MIN_LANE_CELLS:
            activity = min(max(activity * 2 // 5, _ACTIVITY_CELLS.start), _ACTIVITY_CELLS.stop)
            self._lane_begin = name_width + process_rows.HEAD_CELLS + activity + 1
            rows = self._with_lanes(view, shown, name_width, activity)
        else:
            rows = self._without_lanes(view, shown, name_width, activity)
        self._update_headline(view)
        self.refresh_foot()
        return rows

    def _without_lanes(self, view: View, shown: list[ProcessRow], name_width: int, activity: int) -> list[Row]:
        numbers, charts = self.columns >= _MIN_COLUMNS_WITH_NUMBERS, self.columns >= _MIN_COLUMNS_WITH_CHARTS
        visible, chosen = self.visible_rows, self._selected_key
        rows: list[Row] = []
        for row in shown:
            process, cells = row.process, ()
            if len(rows) in visible or process.key == chosen:
                cells = process_rows.cells(row, view, name_width, activity, numbers=numbers, charts=charts)
            rows.append(Row(process.key, cells, row.wanted))
            for thread in process_rows.threads(process, ()):
                trunk = _trunk(row, below=True)
                cells = process_rows.thread_cells(thread, None, process, trunk, view, self.columns)
                rows.append(Row((process.key, "thread", thread.thread), cells, False))
        self._other_rows = len(rows) - len(shown)
        return rows

    def _with_lanes(self, view: View, shown: list[ProcessRow], name_width: int, activity: int) -> list[Row]:
        self.chart.read(view, [row.process for row in shown])
        drawn, visible = _LaneRows(self.window), self.visible_rows
        chosen = self._selected_key
        for row in shown:
            if row.process.key == chosen or self.describes_all or drawn.reaches(visible):
                self._draw(drawn, row, view, name_width, activity)
            else:
                self._leave_blank(drawn, row, view)
        if self.chart.message is not None or self.chart.moment is not None:
            self.draw_arrows(drawn.lines, drawn.lanes, spaced=False)
        self._lines = drawn.lines
        self._other_rows = _RULER_ROWS + len(drawn.heads) - len(shown)
        return [self._ruler(view, drawn.window, name_width, activity), *self._joined(drawn, view)]

    def _is_described(self, row: ProcessRow) -> bool:
        """Return whether lines below a process describe it."""
        return self.describes_all or (self.selected is not None and row.process.key == self.selected.key)

    def _leave_blank(self, drawn: _LaneRows, row: ProcessRow, view: View) -> None:
        """Add the rows of a process that is not visible, without their content.

        Which rows there are must not depend on what is visible: a row that came or went by scrolling would move the
        cursor, which scrolls.
        """
        key = row.process.key
        if self.chart.has_holds(row.process, view, drawn.window):
            drawn.add((key, "holds"))
        drawn.add(key, wanted=row.wanted)
        for thread in process_rows.threads(row.process, self.chart.threads(row.process)):
            drawn.add((key, "thread", thread.thread))

    def _draw(self, drawn: _LaneRows, row: ProcessRow, view: View, name_width: int, activity: int) -> None:
        """Add the rows of a process: its held locks, its lane, its threads, and its description."""
        process, window = row.process, drawn.window
        if holds := self.chart.holds(process, view, window):
            held = f"{fit(_trunk(row), name_width)} {process_rows.held(process, view)}"
            drawn.add((process.key, "holds"), ((fit(held, self._lane_begin), "dim"),), holds)
        cells = process_rows.cells(row, view, name_width, activity, numbers=False, charts=False)
        drawn.lanes[process.key] = len(drawn.lines)
        drawn.add(process.key, (*cells, (" ", "")), self.chart.line(process, view, window), wanted=row.wanted)
        with_lanes = self.chart.threads(process)
        for thread in process_rows.threads(process, with_lanes):
            has_lane = thread.thread in with_lanes
            room = self._lane_begin - 1 if has_lane else self.columns
            last = self.chart.thread_cpu.get((process.key, thread.number or 0)) if view.moment is None else None
            cells = process_rows.thread_cells(thread, last, process, _trunk(row, below=True), view, room)
            lane = self.chart.thread_line(process, thread.thread, view, window) if has_lane else None
            drawn.add((process.key, "thread", thread.thread), (*cells, (" ", "")), lane)
        for number, text in enumerate(self._description(row, view) if self._is_described(row) else ()):
            drawn.add((process.key, "summary", number), ((text, "dim"),))

    def _ruler(self, view: View, window: Window, name_width: int, activity: int) -> Row:
        cursor, marks = self.chart.cursor_at(view), self.chart.ruler_marks(view)
        heading = process_rows.heading(name_width, activity)
        return Row(_RULER, (*heading, *ruler(window, view.now, cursor, marks)), False)

    def _joined(self, drawn: _LaneRows, view: View) -> Iterator[Row]:
        """Yield the rows of heads and lanes, with the cursor where a lane shows a chosen moment."""
        for (key, head, wanted), line in zip(drawn.heads, drawn.lines, strict=True):
            lane = cells_of(self.chart.with_cursor(line, view, drawn.window)) if line else ()
            yield Row(key, (*head, *lane), wanted)

    def _description(self, row: ProcessRow, view: View) -> list[str]:
        """Return the lines that describe a process, below its row."""
        begin = f"{_trunk(row, below=True)}  "
        room = max(self.columns - width(begin), _MIN_LANE_CELLS)
        found = wrap(summary(row.process, view, room), room)
        return [fit(begin + line, self.columns) for line in found[:_MAX_DESCRIPTION_ROWS]]

    def _update_headline(self, view: View) -> None:
        count = len(view.snapshot.processes) + view.snapshot.forgotten.processes
        alive = sum(process.state.alive for process in view.snapshot.processes)
        heading = f"{self.title}  {alive} alive of {count}" if count else self.title
        if self.order != SORT_ORDERS[0]:
            heading += f" · by {self.order}"
        heading += view.dropped_note("processes")
        hidden = len(self._hidden(view))
        if hidden:
            heading += f" · {hidden} hidden, {view.key('show_hidden')} shows"
        process = self.process
        pid = f" {process.pid}" if process and process.pid is not None else ""
        heading += f"  ▸ {process.name}{pid}" if process else ""
        self.headline(heading, legend(self._lines, self.columns - width(heading) - 4).strip())

    def detail(self) -> list[Cells]:
        return process_detail(self.process, self.view) if self.process else []


def _trunk(row: ProcessRow, *, below: bool = False) -> str:
    """Return the branches of the tree for a line above a process, or below it."""
    branch = row.name[: len(row.name) - len(row.label)]
    return branch.replace("└", " " if below else "│").replace("├", "│")
