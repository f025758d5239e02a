"""The wait-for graph: a line for each edge, with the edges of a proven cycle joined by a bracket.

The verdict comes from the finding; this file only draws it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from itertools import chain

from rockproc.observer.findings.wait_graph import WaitEdge, waits
from rockproc.observer.model import Finding, Hold, Verdict
from rockproc.observer.model.keys import ChannelKey, LockKey, ProcessKey

from ..bases.lane_chart import lock_role
from ..bases.panel import fact
from ..bases.rows import Row, column, length
from ..bases.view import View
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import sanitize, shorten

_MAX_NAME_CELLS = 24
"""The maximum number of cells of a name."""
_WOKEN_TOGETHER = ("Event", "Barrier")
"""The kinds of objects whose waiters all continue at the same time: their order means nothing."""


class _Detail(enum.IntEnum):
    """The parts that the lines have room for. Each step omits more of what the list of locks shows too."""

    ALL = enum.auto()
    WAITING_TIMES = enum.auto()
    NO_TIMES = enum.auto()
    NO_ORDER = enum.auto()


def graph(view: View, columns: int | None = None) -> list[Row]:
    """Return the rows.

    Args:
        view: the view.
        columns: the width. If it is too small, times are omitted and holders are only counted. None is any width.
    """
    edges = list(_edges(view))
    rows: list[Row] = []
    for detail in _Detail:
        rows = _rows(edges, view, columns, detail)
        if columns is None or all(length(row.cells) <= columns for row in rows):
            break
    return rows


def _rows(edges: list[WaitEdge], view: View, columns: int | None, detail: _Detail) -> list[Row]:
    cycles = [finding for finding in view.snapshot.findings if finding.active and finding.rule == "deadlock"]
    widths = _widths(edges, view, detail)
    rows: list[Row] = []
    for finding in cycles:
        inside = list(_round(edges, finding))
        lasts = quantities.since(view.now - finding.at)
        proved = finding.verdict is not Verdict.SUSPECTED
        consequence = "none of these can go on" if proved else "perhaps none of these can go on"
        text = f"✖ deadlock, {finding.verdict}, for {lasts}"
        if columns is None or len(text) + len(consequence) + 2 <= columns:
            text = f"{text}: {consequence}"
        rows.append(Row(("cycle", finding.objects), ((text, "bad"),), False))
        for index, edge in enumerate(inside):
            bracket = "┏▶ " if index == 0 else "┗━ " if index == len(inside) - 1 else "┃  "
            bracket = "↻  " if len(inside) == 1 else bracket
            rows.append(_row(edge, view, widths, (bracket, "bad"), columns, detail))
        edges = [edge for edge in edges if edge not in inside]
    if cycles and edges:
        rows.append(Row("apart", (("", ""),), False))
    return [*rows, *(_row(edge, view, widths, ("   ", ""), columns, detail) for edge in _after_their_holders(edges))]


def detail(key: object, view: View) -> list[Cells]:
    """Return lines about the edge whose row has a key."""
    edge = next(
        (edge for edge in _edges(view) if _key(edge) == key),
        None,
    )
    if edge is None:
        return []
    since = quantities.since(view.now - edge.wait.since)
    lines = [fact("waits", f"{view.who(edge.process)[0]} to {_what(edge)}, {since}, at {edge.wait.site or '?'}")]
    if edge.wait.op != "join":
        lines += [fact("held by", hold(holder, view)) for holder in edge.holders]
    if edge.lock is not None:
        lines += [fact(f"waiter {index}", hold(waiter, view)) for index, waiter in enumerate(edge.lock.waiters, 1)]
    return lines


def _edges(view: View) -> Iterator[WaitEdge]:
    return waits(view.snapshot.processes, view.snapshot.locks, view.snapshot.managed)


def hold(hold: Hold, view: View) -> str:
    return f"{view.who(hold.process)[0]}  {quantities.since(view.now - hold.since)}  at {hold.site or '?'}"


def _round(edges: list[WaitEdge], finding: Finding) -> Iterator[WaitEdge]:
    """Yield the edges of a cycle in its order, beginning with the wait that has lasted longest."""
    inside = [edge for edge in edges if edge.process in finding.processes and edge.wait.key in finding.objects]
    edge = min(inside, key=lambda candidate: candidate.wait.since, default=None)
    while edge is not None and edge in inside:
        inside.remove(edge)
        yield edge
        holders = {holder.process for holder in edge.holders}
        edge = next((candidate for candidate in inside if candidate.process in holders), None)


def _after_their_holders(edges: list[WaitEdge]) -> list[WaitEdge]:
    """Return the edges so that each comes after those of its holders, otherwise by beginning."""
    ordered: list[WaitEdge] = []
    left = sorted(edges, key=lambda candidate: candidate.wait.since)
    while left:
        waiting = {edge.process for edge in left}
        free = [edge for edge in left if not waiting.intersection(holder.process for holder in edge.holders)] or left[
            :1
        ]
        ordered += free
        left = [edge for edge in left if edge not in free]
    return ordered


def _widths(edges: list[WaitEdge], view: View, detail: _Detail) -> tuple[int, int, int, int]:
    """Return the widths of the columns: process, operation, object, and how long it is held."""
    return (
        max((min(len(view.who(edge.process)[0]), _MAX_NAME_CELLS) for edge in edges), default=0),
        max((len(_does(edge, view, detail)) for edge in edges), default=0),
        max((min(len(edge.wait.object), _MAX_NAME_CELLS) for edge in edges if _held(edge, view, detail)), default=0),
        max((len(_held(edge, view, detail)) for edge in edges), default=0),
    )


def _row(
    edge: WaitEdge,
    view: View,
    widths: tuple[int, int, int, int],
    bracket: tuple[str, str],
    columns: int | None,
    detail: _Detail,
) -> Row:
    name, role = view.who(edge.process)
    who, does_width, what, held_width = widths
    does, held = _does(edge, view, detail), _held(edge, view, detail)
    is_process = edge.wait.key in view.processes and edge.wait.op == "join"
    object_role = view.who(ProcessKey(edge.wait.key))[1] if is_process else lock_role(LockKey(edge.wait.key), view)
    cells: list[tuple[str, str]] = [
        bracket,
        column(shorten(sanitize(name), _MAX_NAME_CELLS), min(who, _MAX_NAME_CELLS), role),
        (f" ─{does:─<{does_width}}▸ ", "wait"),
    ]
    holders = () if is_process else edge.holders
    if not holders:
        cells += [(shorten(sanitize(edge.wait.object), _MAX_NAME_CELLS), object_role), (_why(edge, view), "dim")]
        return Row(_key(edge), tuple(cells))
    cells += [
        column(shorten(sanitize(edge.wait.object), _MAX_NAME_CELLS), min(what, _MAX_NAME_CELLS), object_role),
        (f" ─{held:─<{held_width}}▸ ", "dim"),
    ]
    named = [_holder(hold, view, comma=bool(index)) for index, hold in enumerate(holders)]
    room = None if columns is None else columns - length(tuple(cells))
    if room is not None and len(named) > 1 and sum(length(name) for name in named) > room:
        named = [named[0], ((f" +{len(named) - 1}", "dim"),)]
    return Row(_key(edge), (*cells, *chain.from_iterable(named)))


def _holder(hold: Hold, view: View, *, comma: bool) -> Cells:
    holder, role = view.who(hold.process)
    process = view.processes.get(hold.process)
    ended = process is not None and not process.state.alive
    name = (shorten(sanitize(holder), _MAX_NAME_CELLS), "dead" if ended else role)
    return ((", " if comma else "", ""), name, (" ✖" if ended else "", "dead"))


def _key(edge: WaitEdge) -> tuple[str, int, int, int]:
    return "wait", *edge.thread, edge.wait.key


def _does(edge: WaitEdge, view: View, detail: _Detail) -> str:
    in_order = edge.lock is not None and edge.lock.kind not in _WOKEN_TOGETHER and len(edge.lock.waiters) > 1
    place = f", {_ordinal(edge.place + 1)}" if in_order and detail < _Detail.NO_ORDER else ""
    lasts = f" {quantities.since(view.now - edge.wait.since)}" if detail < _Detail.NO_TIMES else ""
    return f"{sanitize(edge.wait.op, 20)}{lasts}{place}"


def _ordinal(number: int) -> str:
    """Return 1st, 2nd, 3rd, 4th, 11th, 21st."""
    is_teen = number % 100 in (11, 12, 13)
    return f"{number}{'th' if is_teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _held(edge: WaitEdge, view: View, detail: _Detail) -> str:
    if not edge.holders or edge.wait.op == "join":
        return ""
    if detail > _Detail.ALL:
        return "held by" if detail < _Detail.NO_ORDER else "by"
    return f"held {quantities.since(view.now - min(holder.since for holder in edge.holders))} by"


def _what(edge: WaitEdge) -> str:
    return f"{edge.wait.op} {edge.wait.object}"


def _why(edge: WaitEdge, view: View) -> str:
    """Return the state of an object without a holder."""
    channel = view.channels.get(ChannelKey(edge.wait.key))
    if channel is not None:
        return f"  {channel.kind}, " + (f"{channel.depth} in it" if channel.depth else "empty")
    if edge.lock is not None:
        if edge.lock.kind == "Barrier":
            return f"  Barrier, {len(edge.lock.waiters)} of {edge.lock.value or '?'} there"
        return f"  {edge.lock.kind}" + (", not set" if edge.lock.kind == "Event" and not edge.lock.value else "")
    process = view.processes.get(ProcessKey(edge.wait.key))
    return f"  {process.state}" if process is not None and edge.wait.op == "join" else ""
