"""Who holds what, and who waits for it."""

from __future__ import annotations

from typing import ClassVar

from rockproc.observer.model import SIGNALLED, Lock
from textual.binding import Binding, BindingType

from ..bases.panel import fact
from ..bases.rows import Row, column, length
from ..bases.view import View
from ..bases.visible_rows_panel import VisibleRowsPanel
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize
from . import wait_graph
from .shared_values import SharedValues

_KINDS = ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition", "Event", "Barrier")
_SHARED = ((f"{SharedValues.NUMBER}", "key"), (f" {SharedValues.TITLE}", "dim"))


class Locks(VisibleRowsPanel):
    HELP = (
        "Locks, semaphores, conditions, events and barriers: their holder and since when, and who waits, in order.\n"
        "`w`, or enlarged: the graph of who waits for what and who holds that, with the cycle of a deadlock in it."
    )
    BINDING_GROUP_TITLE = "Locks"
    EMPTY = "No Lock, Event or other synchronisation object yet."
    NAME = "locks"
    TITLE = "Locks"
    NUMBER = 5
    NOTHING = "no locks"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "graph", "who waits", tooltip="The graph of who waits for what, or the list of locks"),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.graph = False
        """Whether who waits for whom takes the place of the list."""

    def has_content(self, view: View) -> bool:
        return bool(view.snapshot.locks)

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return len(view.snapshot.locks)

    def empty(self) -> str:
        return self.EMPTY if self.view.live else "This program made no Lock, Event, Condition, Semaphore or Barrier."

    def rows(self, view: View) -> list[Row]:
        locks = view.snapshot.locks
        waiting = sum(len(lock.waiters) for lock in locks)
        self.headline((f"{self.title}  {waiting} wait" if waiting else self.title) + view.dropped_note("locks"))
        graph = wait_graph.graph(view) if self.graph or self.enlarged else []
        if self.graph and not self.enlarged:
            return graph or [
                Row("nobody", (("Nobody waits. ", "dim"), ("w", "key"), (" lists the locks", "dim")), False)
            ]
        columns = self.columns
        name_width = max(min(max((len(lock.name) for lock in locks), default=0), columns // 3), 3)
        visible_rows, chosen = self.visible_rows, self.selected.key if self.selected else None
        rows = [
            Row(
                lock.key, _cells(lock, view, columns, name_width) if index in visible_rows or lock.key == chosen else ()
            )
            for index, lock in enumerate(locks)
        ]
        if managed := [each for each in view.snapshot.managed if each.type in _KINDS]:
            rows.append(Row("managed", ((f"{len(managed)} of managers, in ", "dim"), *_SHARED), False))
        if graph:
            rows += [Row("gap", (("", ""),), False), Row("graph", (("WHO WAITS FOR WHAT", "heading"),), False), *graph]
        return rows

    def action_graph(self) -> None:
        self.graph = not self.graph
        self.resized()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return not self.enlarged if action == "graph" else super().check_action(action, parameters)

    def detail(self) -> list[Cells]:
        lock = self.view.locks.get(self.selected.key) if self.selected and isinstance(self.selected.key, int) else None
        if lock is None:
            return wait_graph.detail(self.selected.key, self.view) if self.selected else []
        return [
            fact("object", f"{lock.kind} {lock.name}, made at {lock.site or '?'}"),
            counted(lock),
            *(fact("held by", wait_graph.hold(hold, self.view)) for hold in lock.holders),
            *(fact("waits", wait_graph.hold(hold, self.view)) for hold in lock.waiters),
        ]


def counted(lock: Lock) -> Cells:
    """Of what is waited for as such, the waits are counted by themselves."""
    if lock.kind in SIGNALLED:
        times = f"{lock.acquired} time{'' if lock.acquired == 1 else 's'}"
        waits = f"{lock.contended} wait{'' if lock.contended == 1 else 's'}"
        return fact(SIGNALLED[lock.kind], f"{times}; {waits}{_in_vain(lock)}")
    return fact("taken", f"{lock.acquired} times, {lock.contended} of them after a wait{_in_vain(lock)}")


def _in_vain(lock: Lock) -> str:
    return f"; {lock.timed_out} timed out" if lock.timed_out else ""


def _cells(lock: Lock, view: View, columns: int, name_width: int) -> Cells:
    cells: list[tuple[str, str]] = [column(lock.name, name_width, "name"), (" ", "")]
    used = name_width + 1
    waiting: list[tuple[str, str]] = []
    for index, waiter in enumerate(lock.waiters):
        who, who_role = view.who(waiter.process)
        waiting += [("  ◂ " if index == 0 else " ", "bad"), (sanitize(who, 40), who_role)]
    held = _held(lock, view, columns - used - length(tuple(waiting))) if lock.holders else (_state(lock),)
    parts = [*held, *waiting]
    for text, part_role in parts:
        shown = fit(text, min(len(text), max(columns - used, 0)))
        cells.append((shown, part_role))
        used += len(shown)
    if not lock.holders and not lock.waiters and used + 12 < columns:
        count = f"{quantities.count(lock.acquired)}×"
        cells.append((fit(count, columns - used, ">"), "dim"))
    return tuple(cells)


def _held(lock: Lock, view: View, columns: int) -> Cells:
    """Who has it, and for how long the first of them; by name as far as there is room."""
    since = (f" {quantities.since(view.now - lock.holders[0].since)}", "dim")
    parts: Cells = (("● ", "wait" if lock.waiters else "good"),)
    for index, holder in enumerate(lock.holders):
        who, role = view.who(holder.process)
        longer = (*parts, (" " if index else "", ""), (sanitize(who, 40), role))
        if index and length((*longer, since)) > columns:
            return (*parts, (f" +{len(lock.holders) - index}", "dim"), since)
        parts = longer
    return (*parts, since)


def _state(lock: Lock) -> tuple[str, str]:
    if lock.kind == "Event":
        return ("● set", "good") if lock.value else ("○ not set", "dim")
    if lock.kind == "Barrier":
        return f"○ {len(lock.waiters)} of {lock.value or '?'} there", "dim"
    if lock.kind in ("Semaphore", "BoundedSemaphore"):
        return f"○ {lock.value if lock.value is not None else '?'} free", "dim"
    return "○ free", "dim"
