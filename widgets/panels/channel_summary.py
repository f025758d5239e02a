"""A line for each channel: how much is in it now and was before, its rate, who puts and who gets."""

from __future__ import annotations

from collections import Counter

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
"""Cells of the history of a channel, and those in a panel that would have no room for the names otherwise."""
_LONG_COLUMNS = 80
"""The width of a panel from which the history has all of its cells."""
_MAX_NAMES = 3
_FRAME_CELLS = 5
"""The cells around the names: a gap, the arrow, and the space before the verb."""


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


def line(channel: Channel, view: View, users: ChannelUsers, name_width: int, columns: int) -> Cells:
    full = channel.maxsize is not None and 0 < channel.maxsize <= channel.depth
    limit = f"/{channel.maxsize}" if channel.maxsize is not None and channel.maxsize > 0 else ""
    depth = f"{channel.depth}{limit} in it"
    chart = _CHART_CELLS if columns >= _LONG_COLUMNS else _SHORT_CHART_CELLS
    cells: list[tuple[str, str]] = [
        column(shorten(sanitize(channel.name), name_width), name_width, "name"),
        (fit(depth, max(10, width(depth) + 1), ">"), "wait" if full else "" if channel.depth else "dim"),
        (f" {channel_flow.depths(channel, chart):<{chart}}", "accent"),
    ]
    if view.live:
        cells.append((f" {quantities.count(channel.rate):>5}/s", "dim"))
    if lost := channel.lost + channel.died:
        cells.append((f"  ✗ {lost} lost", "bad"))
    if channel.buffered:
        cells.append((f"  {channel.buffered} not sent", "dim"))
    for arrow, verb, counts in _uses(channel, users):
        cells += _users(arrow, verb, counts, view, columns - length(tuple(cells)))
    return tuple(cells)


def _uses(channel: Channel, users: ChannelUsers) -> list[tuple[str, str, Counter[ProcessKey]]]:
    """Return arrow, verb and processes of each direction; one entry for a Pipe in which the same send and receive."""
    puts, gets = users.puts.get(channel.key, Counter()), users.gets.get(channel.key, Counter())
    is_pipe = channel.kind == "Pipe"
    if is_pipe and puts.keys() == gets.keys():
        return [("⇄ ", "", puts)]
    return [("▸ ", "sends" if is_pipe else "puts", puts), ("◂ ", "receives" if is_pipe else "gets", gets)]


def _users(arrow: str, verb: str, counts: Counter[ProcessKey], view: View, room: int) -> list[tuple[str, str]]:
    """Return the processes that put or get, most active first, as far as there is room."""
    shown: list[tuple[str, str]] = []
    names = counts.most_common(_MAX_NAMES)
    for index, (key, _) in enumerate(names):
        name, role = view.who(key)
        text = shorten(sanitize(name), _MAX_NAME_CELLS)
        rest = len(counts) - index - 1
        more = f" +{rest}" if rest else ""
        separator = ((", ", "dim"),) if index else ()
        if length((*shown, *separator, (text, role), (more, "dim"))) + _FRAME_CELLS + len(verb) > room:
            if shown:
                shown.append((f" +{len(counts) - index}", "dim"))
            break
        shown += [*separator, (text, role)]
    else:
        if len(counts) > len(names):
            shown.append((f" +{len(counts) - len(names)}", "dim"))
    if not shown:
        return []
    does = f" {verb if len(counts) == 1 else verb[:-1]}" if verb else ""
    return [("  ", ""), (arrow, "dim"), *shown, (does, "dim")]
