"""What crosses the Queues and Pipes, an event a line."""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar

from rockproc.observer.decoding.preview import preview
from rockproc.observer.model import Channel, Message, MessageEvent
from rockproc.observer.recording import jumps
from rockproc.observer.recording.jumps import Wanted
from textual.binding import Binding, BindingType

from ..bases.panel import fact
from ..bases.rows import Rows, column
from ..bases.stream_panel import StreamPanel
from ..bases.view import EMPTY_VIEW, View
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize
from . import channel_flow

_PREFERRED_ROWS = 12
_CHART = 12
"""Cells of a history in the title."""
_WHOSE = 3
"""Processes that are named together."""


class Messages(StreamPanel[MessageEvent]):
    HELP = "Every message of every Queue and Pipe: who put it where, who got it, and how long it was on its way."
    BINDING_GROUP_TITLE = "Messages"
    BINDINGS: ClassVar[list[BindingType]] = [
        *Rows.VI,
        Binding(
            "c,right",
            "channel(1)",
            "channel",
            key_display="c",
            tooltip="Show the next channel alone; after the last, all",
        ),
        Binding("left", "channel(-1)", "channel before", show=False, tooltip="Show the channel before"),
    ]
    EMPTY = "No message yet. What is put into a Queue or sent through a Pipe appears here."
    NAME = "messages"
    TITLE = "Messages"
    NUMBER = 3
    NOTHING = "no messages"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.channel: int | None = None
        self._marks: set[Hashable] = set()

    def reset(self) -> None:
        self.channel = None
        self._marks.clear()
        super().reset()

    def has_content(self, view: View) -> bool:
        return view.snapshot.messages.total > 0 or any(not channel.internal for channel in view.snapshot.channels)

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        return min(view.snapshot.messages.total, _PREFERRED_ROWS)

    def jump_target(self) -> Wanted:
        channel = self.view.channels.get(self.channel) if self.channel is not None else None
        return jumps.a_message(channel.key if channel else None, channel.name if channel else "")

    def show(self, view: View) -> None:
        self.take(view, view.snapshot.messages)
        self._headline()

    def wanted(self, item: MessageEvent) -> bool:
        message = item.message
        if self.channel is not None and message.channel != self.channel:
            return False
        # A Queue's own thread sends what was put: one line for the hand that put it is enough here.
        return item.by_hand

    def _channels(self) -> list[Channel]:
        return [channel for channel in self.view.snapshot.channels if not channel.internal]

    def _headline(self) -> None:
        channels = self._channels()
        if self.channel is None:
            rate = sum(channel.rate for channel in channels)
            speed = f"  {quantities.count(rate)}/s" if self.view.live else ""
            title = f"{_all(len(channels))}{speed}" if channels else ""
            title += self.view.dropped_note("channels")
        elif channel := self.view.channels.get(self.channel):
            buffered = f" ({channel.buffered} not sent)" if channel.buffered else ""
            full = f"/{channel.maxsize}" if channel.maxsize and channel.maxsize > 0 else ""
            depths, rates = channel_flow.depths(channel, _CHART), channel_flow.rates(channel, _CHART)
            title = f"{channel.name}  depth {channel.depth}{full}{buffered} {depths}"
            title += f"  {quantities.count(channel.rate)}/s {rates}".rstrip() if self.view.live else ""
            title += f"  ✗ {channel.lost + channel.died} lost" if channel.lost or channel.died else ""
            if channel.sampled:
                ratio = (channel.put + channel.got) / max(channel.records, 1)
                title += f"  1 of {ratio:.0f} shown" if ratio >= 1.5 else "  not all shown"
        else:
            title = ""
        self.headline(self.title + (f"  {title}" if title else ""), self.new_items_note)

    def action_channel(self, step: int) -> None:
        keys = [None, *(channel.key for channel in self._channels())]
        place = keys.index(self.channel) if self.channel in keys else 0
        self.choose(keys[(place + step) % len(keys)])

    def choose(self, channel: int | None) -> None:
        """Shows one channel, or all."""
        self.channel, self._seen = channel, 0
        self.clear()
        if self.view is not EMPTY_VIEW:
            self.show(self.view)

    @property
    def chosen(self) -> Message | None:
        """The one on which a person has put the cursor."""
        return None if self.follow or self.item is None else self.item.message

    def mark(self) -> None:
        """Marks the chosen message, or no longer."""
        if self.item is not None:
            self._marks ^= {_identity(self.item)}
            self.refresh_line(self.cursor)

    def next_mark(self) -> bool:
        """Goes to the next message that is marked, from the last one to the first; False when there is none."""
        count = self.count()
        for step in range(1, count + 1):
            index = (self.cursor + step) % count
            if _identity(self._items[index]) in self._marks:
                self.go_to(index)
                return True
        return False

    def text(self, item: MessageEvent) -> str:
        channel = self.view.channels.get(item.message.channel)
        way = f"{self.view.who(item.process)[0]} {channel.name if channel else ''}"
        content = preview(item.message.content, item.message.size)
        return f"{sanitize(way)} {sanitize(content)} {sanitize(self._lost(item.message))}".rstrip()

    def _lost(self, message: Message) -> str:
        """Why it will never arrive."""
        return f"✗ lost: {message.lost_because}" if message.given_up(self.view.now) else ""

    def empty(self) -> str:
        if self.channel is not None and (channel := self.view.channels.get(self.channel)):
            return f"No message through {sanitize(channel.name)} yet."
        if self.view.snapshot.channels:
            return "No message yet: the channels are there, nothing was put or sent."
        if not self.view.live:
            return "This program sent no message through a Queue or Pipe."
        return self.EMPTY

    def cells(self, item: MessageEvent) -> Cells:
        message, columns = item.message, self.columns
        channel = self.view.channels.get(message.channel)
        name = channel.name if channel else "?"
        who, role = self.view.who(item.process)
        flow_width = max(min(columns // 3, 34), 14)
        half = (flow_width - 3) // 2
        if item.op == "received":
            way = (column(name, half, "name", ">"), (" ▸ ", "dim"), column(who, flow_width - 3 - half, role))
        else:
            way = (column(who, half, role, ">"), (" ▸ ", "dim"), column(name, flow_width - 3 - half, "name"))
        took = quantities.span(message.latency) if item.op == "received" and message.latency is not None else ""
        tail = 6 if columns >= 50 else 0
        lost = sanitize(self._lost(message), 400)
        content = lost or sanitize(preview(message.content, message.size).split("\n", 1)[0], 400) or "—"
        rest = columns - 10 - flow_width - tail - 7
        return (
            (f"{item.at:8.3f}", "dim"),
            ("◆ ", "key") if _identity(item) in self._marks else ("  ", ""),
            *way,
            ("  ", ""),
            (fit(content, rest - 2), "bad" if lost else "" if item.op != "received" else "string"),
            (fit(quantities.size(message.size), tail, ">"), "dim"),
            (fit(took, 7, ">"), "number"),
        )

    def detail(self) -> list[Cells]:
        item = self.item
        if item is None:
            return []
        message = item.message
        channel = self.view.channels.get(message.channel)
        sender, receiver = self.view.who(message.sender)[0], self.view.who(message.receiver)[0]
        lines = [fact("channel", f"{channel.kind} {channel.name}  {channel.site or ''}" if channel else "?")]
        if channel is not None and channel.address:
            lines.append(fact("address", channel.address))
        if message.put is not None:
            lines.append(fact("put", f"{message.put:.6f} by {sender} at {message.put_site or '?'}"))
        if message.sent is not None:
            where = f" by {sender} at {message.put_site or '?'}" if message.put is None else " into the pipe"
            lines.append(fact("sent", f"{message.sent:.6f}{where}"))
        lost = message.given_up(self.view.now)
        if lost:
            lines.append(fact("lost", f"{message.lost:.6f}: {message.lost_because}"))
        if channel is not None and channel.lost_because:
            lines.append(fact("" if lost else "lost", f"{channel.lost} of this channel; {channel.lost_because}"))
        if channel is not None and channel.died:
            with_whom = ", ".join(self.view.who(key)[0] for key in channel.died_with[:_WHOSE])
            lines.append(fact("ended", f"{channel.died} of this channel with who had put them: {with_whom}"))
        if message.received is not None:
            took = f", after {quantities.span(message.latency)}" if message.latency is not None else ""
            where = f"by {receiver} at {message.got_site or '?'}"
            lines.append(fact("received", f"{message.received:.6f} {where}{took}"))
        else:
            lines.append(fact("received", "never" if lost else "not yet"))
        lines.append(fact("size", f"{message.size} bytes" if message.size is not None else "?"))
        content = preview(message.content, message.size).split("\n")[:6]
        lines += [fact("message" if index == 0 else "", text) for index, text in enumerate(content)]
        if channel is not None:
            lines[1:1] = channel_flow.history(channel)
            lines += channel_flow.content(self.view, channel)
        return lines

    def copied(self) -> str:
        return preview(self.item.message.content, self.item.message.size) if self.item else ""


def _identity(item: MessageEvent) -> Hashable:
    return item.at, item.op, item.process, item.message.channel


def _all(count: int) -> str:
    return "1 channel" if count == 1 else f"all {count} channels"
