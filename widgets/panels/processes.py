"""The processes of a run as a tree: what each is, and what it does now."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

from rockproc.observer.model import Phase, Process, RunState, State

from ..bases.rows import Row, column
from ..bases.view import View, state_glyph
from ..bases.visible_rows_panel import VisibleRowsPanel
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import sanitize
from ..formatting.sort_orders import SORT_ORDERS
from .process_detail import cpu_scale, end, process_detail
from .process_list import ProcessRow, ended, process_rows

_WITH_FIGURES = 58
"""Cells of a line from which on it has figures, and from which on it shows how they were."""
_WITH_CHARTS = 92
_CHART = 8


class Processes(VisibleRowsPanel):
    HELP = "Every process, from the making of its handle to its end. The keys that signal act on the chosen one."
    BINDING_GROUP_TITLE = "Processes"
    EMPTY = "The program is being started…"
    NAME = "processes"
    TITLE = "Processes"
    NUMBER = 1
    NOTHING = "no process yet"
    searchable = True

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.keeps_cursor = True
        self.order = SORT_ORDERS[0]
        self.dismissed: set[int] = set()
        """Ended ones that are not to be shown any more."""
        self._before: Hashable = None
        """What was chosen when the filter was opened, or by a person since."""
        self._left_on: Hashable = None
        """Where the filter has put the cursor."""
        self._listed_of: tuple[object, ...] = ()
        self._listed: tuple[list[ProcessRow], list[Row]] = [], []

    @property
    def process(self) -> Process | None:
        """The one under the cursor."""
        selected = self.selected
        return self.view.processes.get(selected.key) if selected and isinstance(selected.key, int) else None

    def reset(self) -> None:
        self.dismissed.clear()
        super().reset()

    # Which are shown

    def sort(self, order: str) -> None:
        """One of `SORT_ORDERS`."""
        self.order = order
        self.show(self.view)

    def dismiss(self, keys: Iterable[int]) -> int:
        """Shows those of them that have ended no more; returns how many they are."""
        gone = {process.key for key in keys if (process := self.view.processes.get(key)) and ended(process)}
        gone -= self.dismissed
        self.dismissed |= gone
        self.show(self.view)
        return len(gone)

    def restore(self) -> int:
        """Shows again what was dismissed."""
        count = len(self.dismissed)
        self.dismissed.clear()
        self.show(self.view)
        return count

    def watch_cursor(self, old: int, new: int) -> None:
        super().watch_cursor(old, new)
        self._update_headline(self.view)

    def open_prompt(self) -> None:
        if self.selected is not None:
            self._before = self._left_on = self.selected.key
        super().open_prompt()

    def prompted(self) -> None:
        """The chosen one is chosen again whenever it is shown, unless a person has chosen another since."""
        if self.selected is not None and self.selected.key != self._left_on:
            self._before = self.selected.key
        self.show(self.view)
        self.select(self._before)
        self._left_on = self.selected.key if self.selected else None

    def accept(self) -> None:
        """The one that was found is chosen from now on."""
        if self.selected is not None:
            self._before = self.selected.key
        super().accept()

    def prompt_note(self) -> str:
        found = sum(row.selectable for row in self._rows)
        return f"{found} of {len(self.view.snapshot.processes)}" + ("" if self.typing else " · esc shows all")

    def has_content(self, view: View) -> bool:
        return bool(view.snapshot.processes)

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return max(len(view.snapshot.processes) - len(self.dismissed), 1)

    def empty(self) -> str:
        if self.prompt:
            return f"No process matches “{sanitize(self.prompt)}”. esc clears the filter."
        if self.dismissed:
            return f"All {len(self.dismissed)} have ended and were dismissed. H shows them."
        return self.EMPTY

    # What is drawn

    def _listing(self, view: View) -> tuple[list[ProcessRow], list[Row]]:
        """Who is listed, and a row of each without its texts: of hundreds, made anew only for what may change it."""
        now = view.now if self.order == SORT_ORDERS[-1] else None
        of = view.snapshot.processes, now, self.order, self.prompt, frozenset(self.dismissed)
        if of != self._listed_of:
            shown = process_rows(view, self.order, self.prompt.lower().split(), self.dismissed)
            self._listed = shown, [Row(each.process.key, (), each.wanted) for each in shown]
            self._listed_of = of
        return self._listed

    def rows(self, view: View) -> list[Row]:
        shown, blank = self._listing(view)
        self._update_headline(view)
        columns = self.columns
        widest = max((len(each.name) for each in shown), default=0)
        name_width = max(min(widest, columns // 3), 8)
        visible_rows, chosen = self.visible_rows, self.selected.key if self.selected else None
        rows = [
            Row(row.key, self._cells(each, view, name_width, columns), each.wanted)
            if index in visible_rows or row.key == chosen
            else row
            for index, (each, row) in enumerate(zip(shown, blank, strict=True))
        ]
        self.refresh_foot()
        return rows

    def _update_headline(self, view: View) -> None:
        count = len(view.snapshot.processes) + view.snapshot.forgotten.processes
        alive = sum(process.state.alive for process in view.snapshot.processes)
        heading = f"{self.title}  {alive} alive of {count}" if count else self.title
        if self.order != SORT_ORDERS[0]:
            heading += f" · by {self.order}"
        heading += view.dropped_note("processes")
        hidden = len(self.dismissed)
        if hidden:
            heading += f" · {hidden} hidden, {view.key('show_hidden')} shows"
        process = self.process
        pid = f" {process.pid}" if process and process.pid is not None else ""
        self.headline(heading, f"▸ {process.name}{pid}" if process else "")

    def _cells(self, each: ProcessRow, view: View, name_width: int, columns: int) -> Cells:
        process = each.process
        if not each.wanted:
            return _ancestor(each, name_width)
        glyph, role = state_glyph(process)
        done = process.state in (State.JOINED, State.GONE)
        cells: list[tuple[str, str]] = [
            column(each.name, name_width, "dim" if done else view.roles[process.key]),
            (" ", ""),
            column("" if process.pid is None else str(process.pid), 7, "dim", ">"),
            (f" {glyph} ", role),
        ]
        left = columns - name_width - 11
        if columns >= _WITH_FIGURES:
            cells += _figures(process, columns >= _WITH_CHARTS)
            left -= 12 + 2 * (_CHART + 1) * (columns >= _WITH_CHARTS)
        if process.state.alive and view.is_orphan(process):
            cells.append(("orphan  ", "warn"))
            left -= len("orphan  ")
        cells += _doing(process, view, left)
        return tuple(cells)

    def detail(self) -> list[Cells]:
        return process_detail(self.process, self.view) if self.process else []


def _ancestor(each: ProcessRow, name_width: int) -> Cells:
    """One that the filter would leave out, shown for its descendants."""
    pid = "" if each.process.pid is None else str(each.process.pid)
    return (column(each.name, name_width, "dim"), (" ", ""), column(pid, 7, "dim", ">"))


def _figures(process: Process, charts: bool) -> list[tuple[str, str]]:
    """CPU and memory, and how they were; nothing of one that is not alive."""
    alive = process.state.alive
    cpu = "" if process.cpu is None or not alive else f"{process.cpu:.0f}%"
    cells = [column(cpu, 4, "number", ">"), column(quantities.size(process.rss) if alive else "", 6, "dim", ">")]
    if charts:
        used = quantities.bars(process.cpu_history, _CHART, cpu_scale(process)) if alive else ""
        held = quantities.bars(process.rss_history, _CHART) if alive else ""
        cells.insert(1, column(f" {used}", _CHART + 1, "number"))
        cells.append(column(f" {held}", _CHART + 1, "dim"))
    return [*cells, ("  ", "")]


def _doing(process: Process, view: View, cells: int) -> list[tuple[str, str]]:
    state = process.state
    if state is State.CREATED:
        return [column("handle only, not started", cells, "dim")]
    if state is State.ZOMBIE:
        how = f"{end(process)} " if end(process) else ""
        bad = bool(process.signal or process.exitcode)
        return [(how, "bad" if bad else ""), column("zombie, not joined yet", cells - len(how), "bad")]
    if not state.alive:
        how = end(process) or "ended"
        unknown = process.exitcode is None and process.signal is None
        by_parent = state is State.JOINED and process.role != "main"
        rest = " joined" if by_parent else " exit status went elsewhere" if unknown else ""
        bad = bool(process.signal or process.exitcode)
        return [(how, "bad" if bad else "dim"), column(rest, cells - len(how), "dim")]
    waiting = process.main_wait
    prefix = "stopped in " if state is State.STOPPED and waiting else "stopped" if state is State.STOPPED else ""
    task = process.task
    if waiting is not None:
        length = quantities.since(view.now - waiting.since)
        idle = process.pool is not None and task is None and waiting.op == "get"
        what = "idle, waits for a task" if idle else f"{waiting.op} {waiting.object}"
        text = sanitize(f"{prefix}{what}{f' in {task.task}' if task is not None else ''}")
        return [column(text, cells - 7, "stop" if prefix else "wait"), column(length, 7, "dim", ">")]
    if prefix:
        return [column(prefix, cells, "stop")]
    if process.role in ("program", "forkserver", "resource tracker") and not process.probed:
        return [column(process.command or process.role, cells, "dim")]
    phase = f"{process.phase}  " if process.phase not in (Phase.NONE, Phase.RUN) else ""
    if task is not None:
        more = f" and {task.running - 1} more" if task.running > 1 else ""
        length = quantities.since(view.now - (task.since or view.now))
        return [column(sanitize(f"runs {task.task}{more}"), cells - 7), column(length, 7, "dim", ">")]
    line = f"last at {process.line}" if process.line else ""
    others = f"  +{len(process.waits)} threads wait" if process.waits else ""
    what = process.idle or "running"
    return [column(f"{what}  {phase}{line}{others}", cells, "dim" if view.snapshot.state is RunState.ENDED else "")]
