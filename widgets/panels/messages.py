"""The messages of Queues and Pipes, and the calls of managers and pools: a line for each channel, then the stream."""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar, cast

from rockproc.observer.decoding.preview import preview
from rockproc.observer.model import USER, Channel, Message, MessageEvent, Stream
from rockproc.observer.model.keys import ChannelKey
from rockproc.observer.recording import jumps
from rockproc.observer.recording.jumps import Wanted
from textual.binding import Binding, BindingType

from ..bases.panel import fact, made_at
from ..bases.rows import Rows, column, length
from ..bases.stream_panel import StreamPanel
from ..bases.view import EMPTY_VIEW, View
from ..formatting import quantities
from ..formatting.cells import Cells
from ..formatting.sanitize import fit, sanitize, shorten, width
from . import channel_flow, channel_summary
from .calls import Call, CallLog
from .channel_summary import ChannelUsers

_PREFERRED_ROWS = 12
_MIN_NAME_CELLS, _MAX_NAME_CELLS = 6, 18
_STAMP_CELLS, _SIZE_CELLS, _TOOK_CELLS = 10, 6, 7
"""The numbers of cells of the moment and mark of a message, of its size, and of its duration."""
_MAX_CONTENT_CELLS = 40
"""The width up to which contents make names and sizes narrower."""
_NOT_SENT = "not in the pipe yet"
_CHART_CELLS = 12
"""The number of cells of a history in the title."""
_MAX_NAMES = 3
"""The number of processes that are named together."""
_MAX_UNKNOWN_SECONDS = 2.0
"""The longest time for which a message waits until its process and channel are known."""


Entry = MessageEvent | Call


class Messages(StreamPanel[Entry]):
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
        Binding("a", "protocol", "raw protocol", tooltip="Show or hide the internal messages of managers and pools"),
    ]
    EMPTY = "No message yet. What is put into a Queue or sent through a Pipe appears here."
    NAME = "messages"
    TITLE = "Messages"
    NUMBER = 3
    NOTHING = "no messages"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.channel: ChannelKey | None = None
        """Key of the only channel that is shown."""
        self.shows_protocol = False
        """True to show the messages that multiprocessing sends for managers and pools."""
        self._marks: set[Hashable] = set()
        self._calls = CallLog()
        self._users = ChannelUsers()
        self._widest_name = 0
        """The width of the longest name of a process, channel or managed object, in cells."""
        self._widest_process = self._widest_channel = 0
        self._widest_content = 0
        """The width of the longest content that was drawn, in cells."""
        self._half = 0
        """The width of each name when the names are aligned, in cells."""
        self._tight = False
        """True if contents need the room of aligned names and sizes."""
        self._head: tuple[tuple[ChannelKey, Cells], ...] = ()
        """The channels at the top, each with its key and its line."""

    def reset(self) -> None:
        self.channel, self._head, self._widest_content, self._tight = None, (), 0, False
        self._calls, self._users = CallLog(), ChannelUsers()
        self._marks.clear()
        super().reset()

    def has_content(self, view: View) -> bool:
        return (
            view.snapshot.messages.total > 0
            or bool(view.snapshot.managed)
            or any(not channel.internal for channel in view.snapshot.channels)
        )

    def preferred_rows(self, view: View, columns: int) -> int:  # noqa: ARG002
        channels = sum(not channel.internal for channel in view.snapshot.channels)
        if not channels and self.display:  # most messages are internal: what counts are the calls made of them
            return min(self.kept, _PREFERRED_ROWS)
        return min(max(view.snapshot.messages.total, self.kept), _PREFERRED_ROWS) + channels

    def jump_target(self) -> Wanted:
        channel = self.view.channels.get(self.channel) if self.channel is not None else None
        return jumps.messages_of(channel.key if channel else None, channel.name if channel else "")

    def show(self, view: View) -> None:
        moved = view.moment != self.view.moment
        calls = self._calls.read(view)
        self._measure_names(view)
        self._users.read(view)
        self.take(
            view,
            cast("Stream[Entry]", view.snapshot.messages),
            self._calls.until(view.now) if moved or self._seen == 0 else calls,
            key=lambda entry: entry.at,
        )
        self._tighten()
        self._show_channels()
        self._headline()

    def resized(self) -> None:
        super().resized()
        self._show_channels()
        if self.view is not EMPTY_VIEW:
            self._headline()

    def _measure_names(self, view: View) -> None:
        snapshot = view.snapshot
        channels = (channel for channel in snapshot.channels if self.shows_protocol or not channel.internal)
        self._widest_process = max((width(process.name) for process in snapshot.processes), default=0)
        self._widest_channel = max((width(thing.name) for thing in (*channels, *snapshot.managed)), default=0)
        widest = min(max(self._widest_process, self._widest_channel), _MAX_NAME_CELLS)
        if widest != self._widest_name:
            self._widest_name = widest
            self.refresh()

    @property
    def head(self) -> int:
        return len(self._head)

    def head_cells(self, line: int) -> Cells:
        return self._head[line][1]

    def head_clicked(self, line: int) -> None:
        key = self._head[line][0]
        self.choose(None if self.channel == key else key)

    def _show_channels(self) -> None:
        """Put a line for each channel at the top, as long as half of the panel is left to the stream."""
        channels = channel_summary.in_order(self._channels())
        if self.channel is not None:
            channels = [channel for channel in channels if channel.key == self.channel]
        channels = channels[: max(self.scrollable_content_region.height // 3, 1)]
        names = max((width(sanitize(channel.name)) for channel in channels), default=0)
        names = min(names, max(self.columns // 4, _MIN_NAME_CELLS))
        lines = channel_summary.lines(channels, self.view, self._users, names, self.columns)
        head = tuple((channel.key, line) for channel, line in zip(channels, lines, strict=True))
        before, self._head = self._head, head
        if len(before) != len(head):
            self.extend_view()
            if self.follow:
                self.scroll_end(animate=False, immediate=True, force=True, x_axis=False)
            self.refresh()
        elif before != head:
            self.refresh_head()

    def known(self, item: Entry) -> bool:
        # The stream grows while the view stays: it may have messages of processes and channels that the view has not.
        if isinstance(item, Call) or self.view.now - item.at > _MAX_UNKNOWN_SECONDS:
            return True
        is_known = item.process == USER or item.process in self.view.processes
        return is_known and item.message.channel in self.view.channels

    def wanted(self, item: Entry) -> bool:
        if isinstance(item, Call):
            return self.channel is None
        message = item.message
        if self.channel is not None and message.channel != self.channel:
            return False
        channel = self.view.channels.get(message.channel)
        if channel is not None and channel.internal and not self.shows_protocol and self.channel is None:
            return False
        # A Queue's feeder thread sends what was put: the line of the put is enough.
        return item.by_hand

    def _channels(self) -> list[Channel]:
        return [channel for channel in self.view.snapshot.channels if self.shows_protocol or not channel.internal]

    def action_protocol(self) -> None:
        self.shows_protocol = not self.shows_protocol
        self.choose(self.channel)

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
            depths, rates = channel_flow.depths(channel, _CHART_CELLS), channel_flow.rates(channel, _CHART_CELLS)
            title = f"{channel.name}  depth {channel.depth}{full}{buffered} {depths}"
            title += f"  {quantities.count(channel.rate)}/s {rates}".rstrip() if self.view.live else ""
            title += f"  ✗ {channel.lost + channel.died} lost" if channel.lost or channel.died else ""
            if channel.sampled:
                ratio = (channel.put + channel.got) / max(channel.records, 1)
                title += f"  1 of {ratio:.0f} shown" if ratio >= 1.5 else "  not all shown"
        else:
            title = ""
        size = "" if self._tight else "size, "
        columns = f"at s, content, {size}time in it" if title and self.channel is None else ""
        if not title and self.view.snapshot.managed:
            columns = "at s, call, +earlier ones that are not shown"
        self.headline(self.title + (f"  {title}" if title else ""), self.new_items_note, explains=columns)

    def action_channel(self, step: int) -> None:
        keys = [None, *(channel.key for channel in self._channels())]
        place = keys.index(self.channel) if self.channel in keys else 0
        self.choose(keys[(place + step) % len(keys)])

    def choose(self, channel: ChannelKey | None) -> None:
        """Show only one channel, or all."""
        self.channel, self._seen = channel, 0
        self.clear()
        if self.view is not EMPTY_VIEW:
            self.show(self.view)

    @property
    def chosen(self) -> Message | None:
        """The message that the user has selected."""
        return None if self.follow or not isinstance(self.item, MessageEvent) else self.item.message

    @property
    def selected_object(self) -> int | None:
        if self.channel is not None or self.chosen is None:
            return self.channel
        return self.chosen.channel

    def mark(self) -> None:
        """Mark the selected message, or remove its mark."""
        if self.item is not None:
            self._marks ^= {_identity(self.item)}
            self.refresh_line(self.cursor)

    def next_mark(self) -> bool:
        """Go to the next marked message, from the last one to the first; return False if there is none."""
        count = self.count()
        for step in range(1, count + 1):
            index = (self.cursor + step) % count
            if _identity(self._items[index]) in self._marks:
                self.go_to(index)
                return True
        return False

    def text(self, item: Entry) -> str:
        if isinstance(item, Call):
            return sanitize(f"{self._caller(item)[0]} {item.target} {item.text}")
        channel = self.view.channels.get(item.message.channel)
        way = f"{self.view.who(item.process)[0]} {channel.name if channel else ''}"
        content = preview(item.message.content, item.message.size)
        return f"{sanitize(way)} {sanitize(content)} {sanitize(self._lost(item.message))}".rstrip()

    def _lost(self, message: Message) -> str:
        """Return why a message will never arrive, or an empty text."""
        return f"✗ lost: {message.lost_because}" if message.given_up(self.view.now) else ""

    def empty(self) -> str:
        if self.channel is not None and (channel := self.view.channels.get(self.channel)):
            return f"No message through {sanitize(channel.name)} yet."
        if self.view.snapshot.channels:
            return "No message yet: the channels are there, nothing was put or sent."
        if not self.view.live:
            return "This program sent no message through a Queue or Pipe."
        return self.EMPTY

    def _way_widths(self) -> tuple[int, int]:
        """Return the cells of sender and receiver together, and of each."""
        beside = _STAMP_CELLS + 5 + self._widest_content + _SIZE_CELLS + _TOOK_CELLS
        most = max(self.columns // 5, (self.columns - beside) // 2)
        half = max(min(self._widest_name, most), _MIN_NAME_CELLS)
        return 2 * half + 3, half

    def _tighten(self) -> None:
        """Draw again with other widths: contents get the room of aligned names and sizes if they then fit."""
        whole, half = self._way_widths()
        room = self.columns - _STAMP_CELLS - 2 - _TOOK_CELLS
        tight = room - whole - _SIZE_CELLS < self._widest_content <= room - self._way_cells(half)
        if (self._tight, self._half) != (tight, half):
            self._tight, self._half = tight, half
            self.resized()

    def _way_cells(self, half: int) -> int:
        """Return the cells of sender and receiver, of which one is a process and the other one a channel."""
        return min(self._widest_process, half) + 3 + min(self._widest_channel, half)

    def _way(self, sender: tuple[str, str], receiver: tuple[str, str]) -> Cells:
        """Return sender and receiver: their arrows stand below each other if there is room."""
        whole, half = self._way_widths()
        if not self._tight:
            return _name(sender, half, ">"), (" ▸ ", "dim"), _name(receiver, half)
        first, second = (shorten(sanitize(name), half) for name, _ in (sender, receiver))
        blank = self._way_cells(half) - width(first) - 3 - width(second)
        return (first, sender[1]), (" ▸ ", "dim"), (second, receiver[1]), (" " * max(min(blank, whole), 0), "")

    def _caller(self, call: Call) -> tuple[str, str]:
        return (call.sender, "name") if call.sender else self.view.who(call.process)

    def _widen(self, content: str) -> None:
        """Record the width of a content in cells."""
        wanted = min(width(content), _MAX_CONTENT_CELLS)
        if wanted > self._widest_content:
            self._widest_content = wanted
            self.call_later(self._tighten)

    def _call_cells(self, call: Call) -> Cells:
        self._widen(call.text)
        columns = self.columns
        way_width, half = self._way_widths()
        who, role = self._caller(call)
        target_role = self.view.who(call.target_process)[1] if call.target_process is not None else "name"
        more = f" +{call.skipped}" if call.skipped else ""
        head = ((f"{call.at:8.3f}", "dim"), ("◆ ", "key") if _identity(call) in self._marks else ("  ", ""))
        sender: Cells = (_name((who, role), half, ">"), (" ▸ ", "dim"))
        if call.target_process is None and not call.sender:  # the text names the object
            return *head, *sender, (fit(sanitize(call.text, 400), columns - 13 - half - len(more)), ""), (more, "dim")
        rest = columns - 10 - way_width - 2 - len(more)
        way: Cells = (*sender, _name((call.target, target_role), half))
        long = max(width(who), width(call.target)) > half
        if long and (blank := way_width - width(f"{who} ▸ {call.target}")) >= 0:  # whole, if not below each other
            way = ((who, role), (" ▸ ", "dim"), (call.target, target_role), (" " * blank, ""))
        return (
            *head,
            *way,
            ("  ", ""),
            (fit(sanitize(call.text, 400), rest), ""),
            (more, "dim"),
        )

    def cells(self, item: Entry) -> Cells:
        if isinstance(item, Call):
            return self._call_cells(item)
        message, columns = item.message, self.columns
        channel = self.view.channels.get(message.channel)
        name = channel.name if channel else "?"
        who, role = self.view.who(item.process)
        way = (
            self._way((name, "name"), (who, role)) if item.op == "received" else self._way((who, role), (name, "name"))
        )
        took = quantities.span(message.latency) if item.op == "received" and message.latency is not None else ""
        tail = _SIZE_CELLS if columns >= 50 and not self._tight else 0
        lost = sanitize(self._lost(message), 400)
        unsent = _NOT_SENT if message.put is not None and message.sent is None and not message.content else "—"
        content = lost or sanitize(preview(message.content, message.size).split("\n", 1)[0], 400) or unsent
        self._widen(content)
        took_cells = _TOOK_CELLS
        if lost and message.size is None:  # neither column has anything
            tail = took_cells = 0
        rest = columns - _STAMP_CELLS - length(way) - tail - took_cells
        return (
            (f"{item.at:8.3f}", "dim"),
            ("◆ ", "key") if _identity(item) in self._marks else ("  ", ""),
            *way,
            ("  ", ""),
            (fit(content, rest - 2), "bad" if lost else "" if item.op != "received" else "string"),
            (fit(quantities.size(message.size), tail, ">"), "dim"),
            (fit(took, took_cells, ">"), "number"),
        )

    def detail(self) -> list[Cells]:
        item = self.item
        if isinstance(item, Call):
            return [fact("call", f"{item.text}  at {item.at:.6f} by {self._caller(item)[0]}")]
        if item is None:
            return []
        message = item.message
        channel = self.view.channels.get(message.channel)
        sender, receiver = self.view.who(message.sender)[0], self.view.who(message.receiver)[0]
        made = f"{channel.kind} {channel.name}  {made_at(channel.site, channel.library_site)}" if channel else "?"
        lines = [fact("channel", made)]
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
            with_whom = ", ".join(self.view.who(key)[0] for key in channel.died_with[:_MAX_NAMES])
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
        if isinstance(self.item, Call):
            return self.item.text
        return preview(self.item.message.content, self.item.message.size) if self.item else ""


def _name(name: tuple[str, str], cells: int, align: str = "<") -> tuple[str, str]:
    return column(shorten(sanitize(name[0]), cells), cells, name[1], align)


def _identity(item: Entry) -> Hashable:
    if isinstance(item, Call):
        return item.at, item.target, item.text
    return item.at, item.op, item.process, item.message.channel


def _all(count: int) -> str:
    return "1 channel" if count == 1 else f"{count} channels"
