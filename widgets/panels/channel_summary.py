"""A line for each channel: how much is in it now and was before, its rate, and who puts and who gets."""

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
_CHART_CELLS = 12
_MAX_NAMES = 3


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
    cells: list[tuple[str, str]] = [
        column(shorten(sanitize(channel.name), name_width), name_width, "name"),
        (fit(depth, max(10, width(depth) + 1), ">"), "wait" if full else "" if channel.depth else "dim"),
        (f" {channel_flow.depths(channel, _CHART_CELLS):<{_CHART_CELLS}}", "accent"),
    ]
    if view.live:
        cells.append((f" {quantities.count(channel.rate):>5}/s", "dim"))
    if lost := channel.lost + channel.died:
        cells.append((f"  ✗ {lost} lost", "bad"))
    if channel.buffered:
        cells.append((f"  {channel.buffered} not sent", "dim"))
    for arrow, verb, counts in (("▸ ", "puts", users.puts), ("◂ ", "gets", users.gets)):
        cells += _users(arrow, verb, counts.get(channel.key, Counter()), view, columns - length(tuple(cells)))
    return tuple(cells)


def _users(arrow: str, verb: str, counts: Counter[ProcessKey], view: View, room: int) -> list[tuple[str, str]]:
    """Return the processes that put or get, most active first, as far as there is room."""
    shown: list[tuple[str, str]] = []
    names = counts.most_common(_MAX_NAMES)
    for index, (key, _) in enumerate(names):
        name, role = view.who(key)
        text = shorten(sanitize(name), _MAX_NAME_CELLS)
        rest = len(counts) - index - 1
        more = f" +{rest}" if rest else ""
        if length((*shown, (text, role), (more, "dim"))) + 4 + len(verb) > room:
            if shown:
                shown.append((f" +{len(counts) - index}", "dim"))
            break
        shown.append((" " + text if index else text, role))
    else:
        if len(counts) > len(names):
            shown.append((f" +{len(counts) - len(names)}", "dim"))
    if not shown:
        return []
    return [("  ", ""), (arrow, "dim"), *shown, (f" {verb if len(counts) == 1 else verb[:-1]}", "dim")]
