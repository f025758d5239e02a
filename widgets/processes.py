"""The processes of a run as a tree: what each is, and what it does now."""

from __future__ import annotations

from typing import ClassVar

from ..observer.world import Phase, Process, RunState, State
from . import figures
from .panel import Panel, fact
from .plain import plain
from .rows import Cells, Row, Rows, column
from .view import View, state_glyph


class Processes(Panel, inherit_bindings=False):
    """`k` kills here, so the vi keys are left to the other panels."""

    HELP = "Every process, from the making of its handle to its end. The keys that signal act on the chosen one."
    BINDING_GROUP_TITLE = "Processes"
    BINDINGS = Rows.ARROWS
    EMPTY = "The program is being started…"
    NUMBER: ClassVar[int] = 1
    TITLE = "Processes"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.keeps_cursor = True

    @property
    def process(self) -> Process | None:
        """The one under the cursor."""
        selected = self.selected
        return self.view.processes.get(selected.key) if selected and isinstance(selected.key, int) else None

    def rows(self, view: View) -> list[Row]:
        count = len(view.snapshot.processes)
        alive = sum(process.state.alive for process in view.snapshot.processes)
        heading = f"{self.title}  {alive} alive of {count}" if count else self.title
        process = self.process
        pid = f" {process.pid}" if process and process.pid is not None else ""
        self.headline(heading, f"▸ {process.name}{pid}" if process else "")
        names = _tree(view)
        columns = self.columns
        widest = max((len(name) for name in names.values()), default=0)
        name_width = max(min(widest, columns // 3), 8)
        figures_shown = columns >= 58
        return [
            Row(process.key, self._cells(process, names[process.key], view, name_width, columns, figures_shown))
            for process in view.snapshot.processes
        ]

    def _cells(
        self, process: Process, name: str, view: View, name_width: int, columns: int, figures_shown: bool
    ) -> Cells:
        glyph, role = state_glyph(process)
        ended = process.state in (State.JOINED, State.GONE)
        cells: list[tuple[str, str]] = [
            column(name, name_width, "dim" if ended else view.roles[process.key]),
            (" ", ""),
            column("" if process.pid is None else str(process.pid), 7, "dim", ">"),
            (f" {glyph} ", role),
        ]
        left = columns - name_width - 11
        if figures_shown:
            cpu = "" if process.cpu is None or not process.state.alive else f"{process.cpu:.0f}%"
            rss = figures.size(process.rss) if process.state.alive else ""
            cells += [column(cpu, 4, "number", ">"), column(rss, 6, "dim", ">"), ("  ", "")]
            left -= 12
        cells += _doing(process, view, left)
        return tuple(cells)

    def detail(self) -> list[Cells]:
        process = self.process
        if process is None:
            return []
        view = self.view
        target = process.cls if process.cls not in (None, "Process") else process.target
        lines = [
            fact("process", f"{process.name}  ({process.role}{', daemon' if process.daemon else ''})"),
            fact("runs", f"{target or process.command or '—'}{process.args or ''}"),
            fact("started", f"by {process.start_method or '—'}, handle made at {process.site or '—'}"),
            fact("times", _times(process)),
            fact("ended", _end(process) if not process.state.alive else "not yet"),
        ]
        lines += [
            fact("inside" if index == 0 else "", f"{each.op} {each.object}  {each.site or ''}  since {each.since:.3f}")
            for index, each in enumerate(process.doing)
        ]
        held = [lock.name for lock in view.snapshot.locks if any(hold.process == process.key for hold in lock.holders)]
        if held:
            lines.append(fact("holds", ", ".join(held)))
        if process.operations > process.records or process.dropped:
            lost = f", {process.dropped} records lost" if process.dropped else ""
            lines.append(fact("records", f"{process.records} of {process.operations} operations, all counted{lost}"))
        return lines


def _times(process: Process) -> str:
    moments = (
        ("made", process.created), ("started", process.started), ("ended", process.ended), ("joined", process.joined)
    )  # fmt: skip
    return "  ".join(f"{name} {moment:.3f}" for name, moment in moments if moment is not None)


def _end(process: Process) -> str:
    if process.signal:
        return process.signal
    return "" if process.exitcode is None else f"exit {process.exitcode}"


def _doing(process: Process, view: View, cells: int) -> list[tuple[str, str]]:
    state = process.state
    if state is State.CREATED:
        return [column("handle only, not started", cells, "dim")]
    if state is State.ZOMBIE:
        end = _end(process)
        bad = bool(process.signal or process.exitcode)
        return [
            (f"{end} " if end else "", "bad" if bad else ""),
            column("zombie, not joined yet", cells - len(end) - 1, "bad"),
        ]
    if not state.alive:
        end = _end(process) or "ended"
        how = "joined" if state is State.JOINED else "exit status went elsewhere"
        bad = bool(process.signal or process.exitcode)
        return [column(end, len(end), "bad" if bad else "dim"), column(f" {how}", cells - len(end), "dim")]
    waiting = process.waiting
    prefix = "stopped in " if state is State.STOPPED and waiting else "stopped" if state is State.STOPPED else ""
    if waiting is not None:
        length = figures.since(view.now - waiting.since)
        text = plain(f"{prefix}{waiting.op} {waiting.object}")
        return [column(text, cells - 7, "stop" if prefix else "wait"), column(length, 7, "dim", ">")]
    if prefix:
        return [column(prefix, cells, "stop")]
    if process.role in ("program", "forkserver", "resource tracker") and not process.probed:
        return [column(process.command or process.role, cells, "dim")]
    phase = f"{process.phase}  " if process.phase not in (Phase.NONE, Phase.RUN) else ""
    line = f"at {process.line}" if process.line else ""
    others = f"  +{len(process.doing)} threads wait" if process.doing else ""
    return [column(f"running  {phase}{line}{others}", cells, "dim" if view.snapshot.state is RunState.ENDED else "")]


def _tree(view: View) -> dict[int, str]:
    """Each process's name behind its branch of the tree."""
    snapshot = view.snapshot
    depths = {process.key: 0 for process in snapshot.processes}
    for process in snapshot.processes:  # parents come first
        parent = view.by_pid.get(process.parent) if process.parent is not None else None
        if parent is not None and parent.key != process.key:
            depths[process.key] = depths[parent.key] + 1
    names: dict[int, str] = {}
    open_depths: set[int] = set()
    for process in reversed(snapshot.processes):
        depth = depths[process.key]
        branch = ""
        if depth:
            bars = "".join("│ " if level in open_depths else "  " for level in range(1, depth))
            branch = bars + ("├ " if depth in open_depths else "└ ")
        open_depths = {level for level in open_depths if level < depth} | ({depth} if depth else set())
        names[process.key] = branch + plain(process.name, 80)
    return names
