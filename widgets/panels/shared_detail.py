"""Lines with everything that is known about a shared value, segment or managed object."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rockproc.observer.model import ManagedObject, Manager, SharedValue
from rockproc.observer.model.keys import ProcessKey

from ..bases.panel import fact, made_at
from ..bases.view import View
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import sanitize

_MAX_LINES = 12
_BLOCKING_METHODS = ("acquire", "wait", "wait_for", "get", "put", "join")
"""The methods of managed objects that may block."""
_MIN_WAIT_SECONDS = 0.1
"""The smallest duration of a call that counts as waiting."""


def of_value(value: SharedValue, view: View, columns: int, *, written_out: bool) -> list[Cells]:
    lines = _segment(value, view) if value.segment is not None else _value(value, view)
    if value.history:
        lines.append(fact("history", quantities.bars(value.history, max(columns - 12, 8))))
    if not written_out:
        return lines
    text = sanitize(repr(value.value), 4_000)
    step = max(columns - 12, 20)
    lines += [fact("value" if start == 0 else "", text[start : start + step]) for start in range(0, len(text), step)]
    return lines[:_MAX_LINES]


def _value(value: SharedValue, view: View) -> list[Cells]:
    site = made_at(value.site, value.library_site)
    lock = view.locks.get(value.lock) if value.lock is not None else None
    writes = (
        "not counted: it is raw"
        if value.writes is None
        else f"{value.writes} {'write' if value.writes == 1 else 'writes'}, "
        f"{value.reads} {'read' if value.reads == 1 else 'reads'}"
    )
    if value.unseen:
        writes += "; and some that are not counted, by get_obj() or in a field of an item"
    lines = [
        fact("object", f"{value.kind} {value.name}: {value.type}, {value.size} bytes, made at {site}"),
        fact("accesses", writes),
        fact("lock", lock.name if lock else "its own, never used" if value.lock else "none"),
    ]
    if value.writer:
        where = f" at {value.written_site}" if value.written_site else ""
        ago = f", {quantities.since(view.now - value.written)} ago" if value.written is not None else ""
        lines.insert(2, fact("written", f"last by {view.who(value.writer)[0]}{where}{ago}"))
    return lines


def _segment(value: SharedValue, view: View) -> list[Cells]:
    def names(keys: Sequence[ProcessKey]) -> str:
        return ", ".join(view.who(key)[0] for key in keys)

    closed = [key for key in value.opened_by if key not in value.open_by]
    site = made_at(value.site, value.library_site)
    made = f"made by {names([value.owner])} at {site}" if value.owner is not None else "made elsewhere"
    lines = [
        fact("object", f"{value.kind} {value.name}: {value.segment}, {value.size} bytes, {made}"),
        fact("open in", names(value.open_by) or "no process"),
        fact("closed by", names(closed) or "none yet"),
        fact("unlinked", _unlinked(value, names)),
    ]
    if value.guess:
        known = f"{value.guess}: a guess, since only the program knows the meaning of its bytes"
        lines.append(fact("read as", known if value.guess != "bytes" else "bytes"))
    return lines


def _unlinked(value: SharedValue, names: Callable[[Sequence[ProcessKey]], str]) -> str:
    if value.unlinked is None:
        return "not yet: it stays until a process calls unlink()"
    at = f"at {value.unlinked:.2f} s"
    return f"{at}, by {names([value.unlinked_by])}" if value.unlinked_by is not None else f"{at}, not by the program"


def of_managed(managed: ManagedObject, view: View) -> list[Cells]:
    manager = _manager(managed, view)
    where = f"{manager.name}, a {manager.cls} with pid {manager.pid}" if manager is not None else "another program"
    where += ", which has ended, and all that was in it" if over(managed, view) else ""
    return [
        fact("object", f"{managed.type} {managed.name}, made at {managed.site or '?'}"),
        fact("lives in", where),
        fact("calls", "?" if managed.uncounted else f"{managed.calls}, of which {managed.failed} raised"),
        fact("last", f"{managed.last} by {view.who(managed.caller)[0]}" if managed.last else "none"),
        *(fact("waits", f"{name}  {length}") for name, length in waiting(managed, view)),
        fact(
            ("held" if over(managed, view) else "holds")
            + ("" if managed.value_calls >= managed.calls - managed.failed else " …"),
            managed.value or "?",
        ),
    ]


def _manager(managed: ManagedObject, view: View) -> Manager | None:
    return next((manager for manager in view.snapshot.managers if manager.key == managed.manager), None)


def over(managed: ManagedObject, view: View) -> bool:
    """Return True if the manager of an object has ended."""
    manager = _manager(managed, view)
    return manager is not None and not manager.alive


def gone(managed: ManagedObject, view: View) -> bool:
    """Return True if a signal has ended the manager, so that its objects are lost."""
    manager = _manager(managed, view)
    if manager is None or manager.alive:
        return False
    return any(process.pid == manager.pid and process.signal for process in view.snapshot.processes)


def waiting(managed: ManagedObject, view: View) -> list[tuple[str, str]]:
    """Return the processes that wait inside a call of an object, and for how long."""
    return [
        (process.name, quantities.since(view.now - wait.since))
        for process in view.snapshot.processes
        for wait in process.waits
        if wait.key == managed.key and wait.op in _BLOCKING_METHODS and view.now - wait.since > _MIN_WAIT_SECONDS
    ]
