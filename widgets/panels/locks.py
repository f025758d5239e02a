"""The panel of locks: the holder of each, and the processes that wait for it."""

from __future__ import annotations

import enum
from typing import ClassVar

from rockproc.observer.model import SIGNALLED, Lock, Process
from rockproc.observer.model.keys import LockKey
from textual.binding import Binding, BindingType

from ..bases.lane_chart import lock_role
from ..bases.panel import fact, made_at
from ..bases.rows import Row, column, length
from ..bases.view import View
from ..bases.visible_rows_panel import VisibleRowsPanel
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize, shorten, width
from . import wait_graph
from .lost_ends import lost_ends
from .process_rows import site_text
from .shared_values import SharedValues

_KINDS = ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event", "Barrier")
_GRAPH_HEADING_ROWS = 2
_MAX_SMALL_WAITS, _MAX_SMALL_PROCESSES = 8, 12
"""The numbers of waits and of processes up to which the graph of waits stands below the list."""
_GRAPH_KEPT_SECONDS = 4.0
"""The time for which the rows of the graph stay free after the last wait."""
_SHARED = ((f"{SharedValues.NUMBER}", "key"), (f" {SharedValues.TITLE}", "dim"))


class _Detail(enum.IntEnum):
    """The parts of a line, as far as there is room. Each step omits more of what the graph or the details show too."""

    ALL = enum.auto()
    NO_HOLDING_TIME = enum.auto()
    SHORT_STATE = enum.auto()
    NO_TIMES = enum.auto()


class Locks(VisibleRowsPanel):
    HELP = (
        "Locks, semaphores, conditions, events and barriers: their holder and since when, and who waits, in order.\n"
        "`w`, or enlarged: the wait-for graph, with the cycle of a deadlock in it."
    )
    BINDING_GROUP_TITLE = "Locks"
    EMPTY = "No Lock, Event or other synchronisation object yet."
    NAME = "locks"
    TITLE = "Locks"
    NUMBER = 5
    NOTHING = "no locks"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "graph", "who waits", tooltip="Show the wait-for graph, or the list of locks"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.graph = False
        """True if the graph of waits is shown instead of the list."""
        self._graph_rows = 0
        """The most rows that the graph below the list has needed: the panels below must not move at each wait."""
        self._waited_at = 0.0
        """The time in seconds since launch of the last view that had a wait."""

    def reset(self) -> None:
        self._graph_rows = 0
        super().reset()

    def has_content(self, view: View) -> bool:
        managed = any(managed.type in _KINDS for managed in view.snapshot.managed)
        return bool(view.snapshot.locks) or managed or any(lost_ends(view, 0))

    def preferred_rows(self, view: View, columns: int) -> int:
        managed = any(managed.type in _KINDS for managed in view.snapshot.managed)
        if self.graph:
            return len(wait_graph.graph(view))
        if graph := _small_graph(view):
            self._graph_rows = max(self._graph_rows, len(graph) + _GRAPH_HEADING_ROWS)
            self._waited_at = view.now
        elif not view.live or not 0 <= view.now - self._waited_at < _GRAPH_KEPT_SECONDS:
            self._graph_rows = 0
        lost = sum(1 for _ in lost_ends(view, columns))
        return len(view.snapshot.locks) + lost + managed + self._graph_rows

    def empty(self) -> str:
        return self.EMPTY if self.view.live else "This program made no Lock, Event, Condition, Semaphore or Barrier."

    def rows(self, view: View) -> list[Row]:
        locks = view.snapshot.locks
        waiting = sum(len(lock.waiters) for lock in locks)
        note = f"  {waiting} {'waits' if waiting == 1 else 'wait'}" if waiting else ""
        signs = "● holds   ◂ waits, in order" if locks else ""
        self.headline(self.title + note + view.dropped_note("locks"), explains=signs)
        graph = wait_graph.graph(view, self.columns) if self.graph or self.enlarged else []
        if self.graph and not self.enlarged:
            return graph or [
                Row("nobody", (("No process waits. ", "dim"), ("w", "key"), (" lists the locks", "dim")), False)
            ]
        columns = self.columns
        name_width = max(min(max((width(lock.name) for lock in locks), default=0), columns // 3), 3)
        visible_rows, chosen = self.visible_rows, self.selected.key if self.selected else None
        rows = [
            Row(
                lock.key, _cells(lock, view, columns, name_width) if index in visible_rows or lock.key == chosen else ()
            )
            for index, lock in enumerate(locks)
        ]
        rows += [Row(("end", key), cells, False) for key, cells in lost_ends(view, columns)]
        if managed := [managed for managed in view.snapshot.managed if managed.type in _KINDS]:
            rows.append(Row("managed", ((f"{len(managed)} of managers, in ", "dim"), *_SHARED), False))
        if (
            not graph
            and self.list_height >= len(rows) + len(small := _small_graph(view, columns)) + _GRAPH_HEADING_ROWS
        ):
            graph = small
        if graph:
            rows += [Row("gap", (("", ""),), False), Row("graph", (("WHO WAITS FOR WHAT", "heading"),), False), *graph]
        return rows

    def action_graph(self) -> None:
        self.graph = not self.graph
        self.resized()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.enlarged if action == "graph" else super().check_action(action, parameters)

    @property
    def selected_object(self) -> int | None:
        return self.selected.key if self.selected and isinstance(self.selected.key, int) else None

    def detail(self) -> list[Cells]:
        lock = (
            self.view.locks.get(LockKey(self.selected.key))
            if self.selected and isinstance(self.selected.key, int)
            else None
        )
        if lock is None:
            return wait_graph.detail(self.selected.key, self.view) if self.selected else []
        return [
            fact("object", f"{lock.kind} {lock.name}, made at {made_at(lock.site, lock.library_site)}"),
            counted(lock),
            *(fact("held by", wait_graph.hold(hold, self.view)) for hold in lock.holders),
            *(fact("waits", wait_graph.hold(hold, self.view)) for hold in lock.waiters),
        ]


def _small_graph(view: View, columns: int | None = None) -> list[Row]:
    """Return the graph of waits while a thread waits for a lock, if it is small enough to be read beside the list."""
    waiting = sum(len(lock.waiters) for lock in view.snapshot.locks)
    if not waiting or waiting > _MAX_SMALL_WAITS or len(view.snapshot.processes) > _MAX_SMALL_PROCESSES:
        return []
    return wait_graph.graph(view, columns)


def counted(lock: Lock) -> Cells:
    """Return how often a lock was acquired and awaited. For Events, Conditions and Barriers, waits are separate."""
    timed_out = f"; {lock.timed_out} timed out" if lock.timed_out else ""
    if lock.kind in SIGNALLED:
        times, waits = quantities.with_noun(lock.acquired, "time"), quantities.with_noun(lock.contended, "wait")
        return fact(SIGNALLED[lock.kind], f"{times}; {waits}{timed_out}")
    return fact(
        "taken", f"{quantities.with_noun(lock.acquired, 'time')}, {lock.contended} of them after a wait{timed_out}"
    )


def _cells(lock: Lock, view: View, columns: int, name_width: int) -> Cells:
    """Return name, holders or state, waiters, and at the right the line that matters."""
    name = shorten(sanitize(lock.name), name_width)
    head: Cells = (column(name, name_width, lock_role(lock.key, view)), (" ", ""))
    site = lock.holders[0].site if lock.holders else lock.site
    where = f"  {site_text(site, view)}" if site is not None else ""
    room = max(columns - length(head) - width(where), 0)
    body: Cells = ()
    for detail in _Detail:
        body = _body(lock, view, room, detail)
        if length(body) <= room:
            break
    body = _fitted(body, room)
    count = f"{quantities.count(lock.acquired)}×" if not lock.holders and not lock.waiters else ""
    gap = room - length(body)
    return (*head, *body, (f"{count:>{gap}}" if len(count) <= gap else " " * gap, "dim"), (where, "dim"))


def _body(lock: Lock, view: View, room: int, detail: _Detail) -> Cells:
    """Return holders or state, and waiters."""
    held = _held(lock, view, room, detail) if lock.holders else (_state(lock, detail),)
    rest = room - min(length(held), room // 2) if lock.holders else room - length(held)
    waiting = _waiting(lock, view, rest, detail)
    state = _held(lock, view, room - length(waiting), detail) if lock.holders else held
    return (*state, *waiting)


def _fitted(cells: Cells, room: int) -> Cells:
    """Return the cells, cut at a number of columns."""
    found: list[tuple[str, str]] = []
    for text, role in cells:
        shown = fit(text, min(width(text), room))
        found.append((shown, role))
        room -= width(shown)
    return tuple(found)


def _held(lock: Lock, view: View, room: int, detail: _Detail) -> Cells:
    """Return the holders of a lock, as far as there is room, and since when. An ended holder is marked as dead."""
    lasts = f" {quantities.since(view.now - lock.holders[0].since)}"
    since = (lasts if detail < _Detail.NO_HOLDING_TIME else "", "dim")
    dead = [view.processes.get(hold.process) for hold in lock.holders]
    first = dead[0]
    is_dead = first is not None and not first.state.alive
    parts: Cells = (("✖ " if is_dead else "● ", "dead" if is_dead else "wait" if lock.waiters else "run"),)
    for index, (holder, process) in enumerate(zip(lock.holders, dead, strict=True)):
        who, role = view.who(holder.process)
        ended = process is not None and not process.state.alive
        how = f" {_how_ended(process)}" if process is not None and detail < _Detail.SHORT_STATE else ""
        note = (how if ended else "", "dead")
        longer = (*parts, (" " if index else "", ""), (shorten(sanitize(who), 40), "dead" if ended else role), note)
        rest = len(lock.holders) - index - 1
        if index and length((*longer, (f" +{rest}" if rest else "", ""), since)) > room:
            return (*parts, (f" +{rest + 1}", "dim"), since)
        parts = longer
    return (*parts, since)


def _how_ended(process: Process) -> str:
    if process.signal:
        return f"ended by {process.signal}"
    return "has ended" if process.exitcode is None else f"has ended, exit {process.exitcode}"


def _waiting(lock: Lock, view: View, room: int, detail: _Detail) -> Cells:
    """Return who waits, in the order in which they began, and how long the first has waited."""
    parts: Cells = ()
    for index, waiter in enumerate(lock.waiters):
        who, role = view.who(waiter.process)
        has_time = index == 0 and detail < _Detail.NO_TIMES
        since = (f" {quantities.since(view.now - waiter.since)}" if has_time else "", "dim")
        longer = (*parts, ("  ◂ " if index == 0 else " ", "bad"), (shorten(sanitize(who), 40), role), since)
        if index and length(longer) + 4 > room:
            return (*parts, (f" +{len(lock.waiters) - index}", "dim"))
        parts = longer
    return parts


def _state(lock: Lock, detail: _Detail) -> tuple[str, str]:
    """Return the state of a lock without a holder. It says so if a thread waits nevertheless."""
    awaited = bool(lock.waiters)
    yet = ", yet awaited" if detail < _Detail.SHORT_STATE else ""
    if lock.kind == "Event":
        return ("● set", "run") if lock.value else ("○ not set", "wait" if awaited else "dim")
    if lock.kind == "Barrier":
        return f"○ {len(lock.waiters)} of {lock.value or '?'} there", "wait" if awaited else "dim"
    if lock.kind == "Condition":
        notify = ", notify() awaited" if detail < _Detail.SHORT_STATE else ""
        return (f"○ free{notify}", "wait") if awaited else ("○ free", "dim")
    if lock.kind in ("Semaphore", "BoundedSemaphore"):
        free = lock.value if lock.value is not None else "?"
        return (f"○ {free} free{yet}", "warn") if awaited and lock.value else (f"○ {free} free", "dim")
    return (f"○ free{yet}", "warn") if awaited else ("○ free", "dim")
