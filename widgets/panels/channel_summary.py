"""A line for each channel: its present and earlier depth, its rate, and the processes that put and get."""

from __future__ import annotations

from collections import Counter
from itertools import chain

from rockproc.observer.model import Channel
from rockproc.observer.model.keys import ProcessKey

from ..bases.rows import column, length
from ..bases.view import View
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize, shorten, width
from . import channel_flow

_MAX_NAME_CELLS = 20
_CHART_CELLS, _SHORT_CHART_CELLS = 12, 8
"""The number of cells of a channel's history, and the number in a panel that otherwise has no room for names."""
_LONG_COLUMNS = 80
"""The width of a panel from which the history has all of its cells."""
_MAX_NAMES = 4


class ChannelUsers:
    """Counts which processes put to each channel and which get from it, as far as messages left a record."""

    def __init__(self) -> None:
        self._read = 0
        self.puts: dict[int, Counter[ProcessKey]] = {}
        self.gets: dict[int, Counter[ProcessKey]] = {}

    def read(self, view: View) -> None:
        first, events = view.snapshot.messages.since(self._read)
        self._read = first + len(events)
        for event in events:
            if event.by_hand:
                users = self.gets if event.op == "received" else self.puts
                users.setdefault(event.message.channel, Counter())[event.process] += 1


def in_order(channels: list[Channel]) -> list[Channel]:
    """Return those channels first that have messages in them or lost some, and then those that were used."""
    return sorted(
        channels,
        key=lambda channel: (not (channel.depth or channel.lost or channel.died), not channel.put, not channel.got),
    )


def lines(channels: list[Channel], view: View, users: ChannelUsers, name_width: int, columns: int) -> list[Cells]:
    """Return the lines of channels. Their rates give way together to processes that have no room otherwise."""
    found: list[list[tuple[Cells, list[Cells]]]] = []
    for has_rate in (True, False) if view.live else (False,):
        heads = [_head(channel, name_width, columns, has_rate=has_rate) for channel in channels]
        rooms = [columns - length(head) for head in heads]
        users_of = [_directions(channel, view, users, room) for channel, room in zip(channels, rooms, strict=True)]
        found.append(list(zip(heads, users_of, strict=True)))
    best = max(found, key=lambda variant: sum(bool(cells) for _, directions in variant for cells in directions))
    return [(*head, *chain.from_iterable(directions)) for head, directions in best]


def _head(channel: Channel, name_width: int, columns: int, *, has_rate: bool) -> Cells:
    """Return name, depth and its history, rate, and what is lost or not sent."""
    full = channel.maxsize is not None and 0 < channel.maxsize <= channel.depth
    limit = f"/{channel.maxsize}" if channel.maxsize is not None and channel.maxsize > 0 else ""
    depth = f"{channel.depth}{limit} in it"
    chart = _CHART_CELLS if columns >= _LONG_COLUMNS else _SHORT_CHART_CELLS
    cells: list[tuple[str, str]] = [
        column(shorten(sanitize(channel.name), name_width), name_width, "name"),
        (fit(depth, max(10, width(depth) + 1), ">"), "wait" if full else "" if channel.depth else "dim"),
        (f" {channel_flow.depths(channel, chart):<{chart}}", "accent"),
    ]
    if has_rate:
        cells.append((f" {quantities.count(channel.rate):>5}/s", "dim"))
    if lost := channel.lost + channel.died:
        cells.append((f"  ✗ {lost} lost", "bad"))
    if channel.buffered:
        cells.append((f"  {channel.buffered} not sent", "dim"))
    return tuple(cells)


def _directions(channel: Channel, view: View, users: ChannelUsers, room: int) -> list[Cells]:
    """Return who puts, and who gets; empty cells for a direction without users or without room."""
    found: list[Cells] = []
    uses = [use for use in _uses(channel, users) if use[2]]
    for index, use in enumerate(uses):
        others = sum(length(_users(*other, view, room, 1)) for other in uses[index + 1 :])
        cells = _users(*use, view, room - others) or _users(*use, view, room, 1)
        found.append(cells)
        room -= length(cells)
    return found


def _uses(channel: Channel, users: ChannelUsers) -> list[tuple[str, str, Counter[ProcessKey]]]:
    """Return arrow, verb and processes of each direction; one entry for a Pipe in which the same send and receive."""
    puts, gets = users.puts.get(channel.key, Counter()), users.gets.get(channel.key, Counter())
    is_pipe = channel.kind == "Pipe"
    if is_pipe and puts.keys() == gets.keys():
        return [("⇄ ", "", puts)]
    return [("▸ ", "sends" if is_pipe else "puts", puts), ("◂ ", "receives" if is_pipe else "gets", gets)]


def _users(arrow: str, verb: str, counts: Counter[ProcessKey], view: View, room: int, most: int = _MAX_NAMES) -> Cells:
    """Return the most active processes that put or get, in the order of the list, as far as there is room."""
    for number in range(min(most, len(counts)), 0, -1):
        cells = _named(arrow, verb, counts, view, number)
        if length(cells) <= room:
            return cells
    return ()


def _named(arrow: str, verb: str, counts: Counter[ProcessKey], view: View, number: int) -> Cells:
    """Return a number of processes, and how many others there are."""
    active = {key for key, _ in counts.most_common(number)}
    known = [key for key in view.processes if key in active]
    cells: list[tuple[str, str]] = [("  ", ""), (arrow, "dim")]
    for index, key in enumerate([*known, *active.difference(known)]):
        name, role = view.who(key)
        cells += [(", " if index else "", "dim"), (shorten(sanitize(name), _MAX_NAME_CELLS), role)]
    if len(counts) > number:
        cells.append((f" +{len(counts) - number}", "dim"))
    return (*cells, (f" {verb if len(counts) == 1 else verb[:-1]}" if verb else "", "dim"))
