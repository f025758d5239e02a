"""The content of a channel and the history of its depth and rate."""

from __future__ import annotations

from rockproc.observer.decoding.preview import preview
from rockproc.observer.model import Channel, Message

from ..bases.panel import fact
from ..bases.view import View
from ..formatting import quantities
from ..formatting.cells import Cells

_MAX_LISTED_MESSAGES = 8
"""The maximum number of messages of a channel that are listed."""
_CHART_CELLS = 20


def depths(channel: Channel, cells: int) -> str:
    return quantities.bars(channel.depths, cells, (0, max(channel.depths[-cells:], default=0)))


def rates(channel: Channel, cells: int) -> str:
    return quantities.bars(channel.rates, cells, (0.0, max(channel.rates[-cells:], default=0.0)))


def history(channel: Channel) -> list[Cells]:
    """Return a line with the history of depth and rate."""
    if not channel.depths:
        return []
    depth = (
        f"depth {depths(channel, _CHART_CELLS)} {channel.depth} (seen at most {max(channel.depth, *channel.depths)})"
    )
    return [fact("flow", f"{depth}  rate {rates(channel, _CHART_CELLS)} {quantities.count(channel.rate)}/s")]


def content(view: View, channel: Channel) -> list[Cells]:
    """Return a line for each message in a channel, the next one first."""
    found = pending(view, channel)
    if not found:
        return [fact("in it", "nothing" if not channel.depth else f"{channel.depth}, none of them seen")]
    lines: list[Cells] = []
    for index, message in enumerate(found[:_MAX_LISTED_MESSAGES]):
        left = message.left
        age = quantities.since(view.now - left) if left is not None else "?"
        place = ", not in the pipe yet" if message.sent is None else ""
        content = preview(message.content, message.size).split("\n", 1)[0] or "?"
        lines.append(
            fact("in it" if index == 0 else "", f"{content}  by {view.who(message.sender)[0]}, {age} ago{place}")
        )
    rest = channel.depth - len(found[:_MAX_LISTED_MESSAGES])
    return [*lines, fact("", f"and {rest} more")] if rest > 0 else lines


def pending(view: View, channel: Channel) -> list[Message]:
    """Return the messages in a channel that left a record, oldest first."""
    found: list[Message] = []
    seen: set[int] = set()
    left = channel.depth
    _, events = view.snapshot.messages.since(0)
    for event in reversed(events) if left else ():
        message = event.message
        if message.channel != channel.key or event.at > view.now or event.op == "received" or id(message) in seen:
            continue
        seen.add(id(message))
        if message.given_up(view.now):
            continue
        if message.received is None or message.received > view.now:
            found.append(message)
            if len(found) == left:
                break
    return found[::-1]
