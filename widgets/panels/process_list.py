"""Selects and orders the processes of a view."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

import msgspec
from rockproc.observer.model import Process, State

from ..bases.view import View
from ..formatting.sanitize import sanitize, shorten
from ..formatting.sort_orders import SORT_ORDERS


class ProcessRow(msgspec.Struct, frozen=True):
    process: Process
    name: str
    """The label behind the branches of the tree."""
    label: str
    """The name of the process, safe to be drawn."""
    wanted: bool = True
    """False for a process that is shown only because one of its descendants is wanted."""


def process_rows(view: View, order: str, words: Sequence[str] = (), without: Collection[int] = ()) -> list[ProcessRow]:
    """Return the processes that match all words, and their ancestors, as a tree.

    Any of the `SORT_ORDERS` but the first one sorts the children of each process.
    """
    shown = [process for process in view.snapshot.processes if process.key not in without]
    wanted = {process.key for process in shown if matches(process, words)}
    if order != SORT_ORDERS[0]:
        shown = _sorted(shown, order, view)
    return _tree(shown, wanted, view)


def _sorted(shown: Sequence[Process], order: str, view: View) -> list[Process]:
    """Return the processes with parents before their children, and siblings in an order."""
    parents, key = _parents(shown, view), _KEYS[order]
    children: dict[int | None, list[Process]] = {}
    for process in shown:
        children.setdefault(parents.get(process.key), []).append(process)
    ordered: list[Process] = []
    front = sorted(children.get(None, []), key=lambda process: key(process, view), reverse=True)
    while front:
        process = front.pop()
        ordered.append(process)
        front += sorted(children.get(process.key, []), key=lambda child: key(child, view), reverse=True)
    return ordered


def matches(process: Process, words: Sequence[str]) -> bool:
    if not words:
        return True
    wait = " ".join(f"{wait.op} {wait.object}" for wait in process.waits if wait.op != "join")
    text = f"{process.name} {process.pid or ''} {process.state} {process.role} {process.target or ''} {wait}".lower()
    return all(word in text for word in words)


def ended(process: Process) -> bool:
    return process.state in (State.ZOMBIE, State.JOINED, State.GONE)


def in_state(process: Process, view: View) -> float:
    """Return for how many seconds a process has been in its present state."""
    since: float | None
    if ended(process):
        since = process.ended
    elif process.main_wait is not None:
        since = process.main_wait.since
    else:
        spans = view.intervals(process.key)
        last = spans.since(spans.total - 1)[1] if spans is not None else []
        since = last[0].begin if last and last[0].state is process.state else process.started or process.created
    return max(view.now - since, 0.0) if since is not None else 0.0


def _parts(name: str) -> list[str]:
    """Split a name at its numbers, so that worker-10 comes after worker-2."""
    return re.split(r"(\d+)", name.lower())


_KEYS: dict[str, Callable[[Process, View], tuple[float | str, ...]]] = {
    "cpu": lambda process, _: (-(process.cpu or 0.0) if process.state.alive else 1.0,),
    "memory": lambda process, _: (-(process.rss or 0) if process.state.alive else 1.0,),
    "name": lambda process, _: tuple(part.zfill(9) if part.isdigit() else part for part in _parts(process.name)),
    "time in state": lambda process, view: (-in_state(process, view),),
}


def _tree(shown: Sequence[Process], wanted: Collection[int], view: View) -> list[ProcessRow]:
    parents = _parents(shown, view)
    kept = set(wanted)
    for key in wanted:
        parent = parents.get(key)
        while parent is not None and parent not in kept:
            kept.add(parent)
            parent = parents.get(parent)
    processes = [process for process in shown if process.key in kept]
    depths: dict[int, int] = {}
    for process in processes:  # parents come first
        parent = parents.get(process.key)
        depths[process.key] = 0 if parent is None else depths.get(parent, -1) + 1
    names: dict[int, str] = {}
    open_depths: set[int] = set()
    for process in reversed(processes):
        depth = depths[process.key]
        branch = ""
        if depth:
            bars = "".join("│ " if level in open_depths else "  " for level in range(1, depth))
            branch = bars + ("├ " if depth in open_depths else "└ ")
        open_depths = {level for level in open_depths if level < depth} | ({depth} if depth else set())
        names[process.key] = branch
    return [
        ProcessRow(
            process, names[process.key] + (label := shorten(sanitize(process.name), 80)), label, process.key in wanted
        )
        for process in processes
    ]


def _parents(shown: Sequence[Process], view: View) -> dict[int, int]:
    """Return the nearest ancestor of each process that is shown."""
    keys = {process.key for process in shown}
    parents: dict[int, int] = {}
    for process in shown:
        seen = {process.key}
        parent = view.by_pid.get(process.parent) if process.parent is not None else None
        while parent is not None and parent.key not in seen:
            if parent.key in keys:
                parents[process.key] = parent.key
                break
            seen.add(parent.key)
            parent = view.by_pid.get(parent.parent) if parent.parent is not None else None
    return parents
