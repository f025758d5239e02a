"""Queues, Pipes and connections, and the messages that cross them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from rockproc.probe import records
from rockproc.probe.layout import CHANNEL_PUT, CHANNEL_RECEIVED, CHANNEL_SENT, Kind

from ..journals.reader import CellState, Record
from ..model import USER, Channel, MessageEvent, Site, World
from ..model.channel import QUEUES
from ..model.keys import ChannelKey, ProcessKey
from ..source.names import ObjectNames
from ..source.questions import loop_until_empty
from .matching import BUFFERED, ChannelMessages
from .source import Source

_HISTORY_LENGTH = 60
_HISTORY_PAUSE_SECONDS = 0.5
"""The pause between two entries of a channel's history."""
_OWNERS = {"pool": "Pool", "concurrent": "ProcessPoolExecutor", "managers": "Manager"}
"""The class that the program calls for an object whose channels a module of the standard library makes."""


_STEPS = {Kind.PUT: ChannelMessages.put, Kind.SENT: ChannelMessages.sent, Kind.RECEIVED: ChannelMessages.received}


class ChannelTracker:
    """Keeps `world.channels` and `world.messages` up to date."""

    def __init__(self, world: World, names: ObjectNames) -> None:
        self._world = world
        self._names = names
        self._other_end: dict[int, ChannelKey] = {}
        """The key of the channel by the inode of its other end: a duplex Pipe has two."""
        self._messages: dict[int, ChannelMessages] = {}
        """The messages by the inode of an end: both ends of a duplex Pipe have the same object."""
        self._last_got: dict[ChannelKey, tuple[float, int]] = {}
        self._noted_at = 0.0
        self._new_events: list[MessageEvent] = []
        """Events that `publish` appends to the world."""

    def apply(self, source: Source, record: Record, at: float) -> None:
        if record.kind == Kind.CHANNEL:
            self._made(source, record)
            return
        messages = self._messages.get(record.key) or self._messages_of(record.key)
        if messages is not None:
            messages.channel.records += 1
            self._new_events += messages.lost(source.process.key, record, at)

    def step(self, source: Source, record: Record, at: float) -> None:
        """Apply a record of a step in the transport of a message: by far most records are of this kind."""
        messages = self._messages.get(record.key) or self._messages_of(record.key)
        if messages is not None:
            messages.channel.records += 1
            site = source.sites.get(record.site) or source.site(record.site)
            self._new_events.append(_STEPS[record.kind](messages, source.process.key, record, site, at))

    def step_of_user(self, record: Record, at: float) -> None:
        """Apply a record of a message that the user has put, sent or taken."""
        messages = self._messages.get(record.key) or self._messages_of(record.key)
        if messages is not None:
            messages.channel.records += 1
            self._new_events.append(_STEPS[record.kind](messages, USER, record, None, at))

    def died(self, process: ProcessKey, ended: float, unsent: Mapping[int, int], at: float) -> None:
        """Count the items that a process has put and that ended with it.

        Args:
            process: the key of the process.
            ended: when it ended.
            unsent: by the inode of each end of a channel, how many more items it has put than sent.
            at: the present moment.
        """
        for inode, count in unsent.items():
            messages = self._messages.get(inode)
            if messages is None or messages.channel.kind not in BUFFERED:
                continue
            channel = messages.channel
            # A process that is killed may have sent an item that it has not counted yet.
            gone = min(messages.unsent(process, count), max(channel.put - channel.lost - channel.got - channel.died, 0))
            if gone and process not in channel.died_with:
                lost = messages.died(process, gone, ended, at)
                channel.died += gone
                channel.died_with = (*channel.died_with, process)
                channel.died_site = channel.died_site or next((event.message.put_site for event in lost), None)
                self._new_events += lost
        self.publish()

    def publish(self) -> None:
        """Append the new events to the world."""
        self._world.messages.extend(self._new_events)
        self._new_events = []

    def _messages_of(self, inode: int) -> ChannelMessages | None:
        """Return the messages of an inode that had none until now; None for a bad descriptor."""
        key = self.channel_of(inode)
        if key == 0:
            return None
        if key not in self._messages:
            channel = self._world.channels[key] = Channel(key, "Pipe", self._names.name("Pipe", None).text)
            self._messages[key] = ChannelMessages(channel)
        messages = self._messages[inode] = self._messages[key]
        return messages

    def channel_of(self, inode: int) -> ChannelKey:
        """Return the key of the channel that has this end."""
        return self._other_end.get(inode, ChannelKey(inode))

    def other_end(self, key: int) -> int | None:
        """Return the inode of the second end of a duplex Pipe."""
        return next((inode for inode, channel in self._other_end.items() if channel == key), None)

    def end_name(self, inode: int, op: str) -> str:
        """Return the program's name for the end of a channel on which it calls this method.

        Both ends of a `Pipe(duplex=False)` have one inode: the first one receives, the second one sends.
        """
        channel = self._world.channels[self.channel_of(inode)]
        if channel.ends is None:
            return channel.name
        if self.channel_of(inode) in self._other_end.values():
            return channel.ends[0 if inode == channel.key else 1]
        return channel.ends[op == "send"] if op in ("recv", "poll", "send") else channel.name

    def _made(self, source: Source, record: Record) -> None:
        made = records.Channel.unpack(record)
        key, kind, maker = ChannelKey(record.key), made.kind, made.maker
        if kind == "Connection" and key in self._world.channels:
            return  # The other side has announced it already.
        site = source.site(record.site)
        channel = Channel(key, kind, "", site=site, owner=source.process.key, internal=bool(maker))
        channel.address = made.address
        channel.library_site = source.in_library.pop(key, None)
        if kind == "Connection" and maker:
            channel.name = f"{maker.partition('.')[0].removesuffix('s')} {made.address}" if made.address else maker
        elif maker:
            channel.name = (
                f"{self._maker_name(maker, site, channel.library_site)}.{self._attribute(kind, made.maker_line)}"
            )
        else:
            name = self._names.name(kind, site, channel.library_site)
            channel.name, channel.ends = name.text, name.ends
            if kind in QUEUES and site is not None:
                channel.until_empty = loop_until_empty(site, channel.name)
        if kind != "Pipe" and kind != "Connection":
            channel.maxsize = made.max_size or None
        elif made.other_end:
            self._other_end[made.other_end] = key
            self._messages.pop(made.other_end, None)
            channel.duplex = True
        self._other_end.pop(key, None)  # as which it may have been known before it was closed
        self._world.channels[key] = channel
        messages = self._messages.get(key)
        if messages is not None and messages.channel.key == key:  # what others have sent was read before
            messages.channel = channel
        else:
            self._messages[key] = ChannelMessages(channel)

    def _maker_name(self, maker: str, site: Site | None, library_site: Site | None) -> str:
        """Return the name of the object for which the standard library has made a channel."""
        module = maker.partition(".")[0]
        return self._names.of_owner(_OWNERS.get(module, module), site, library_site)

    def _attribute(self, kind: str, where: str) -> str:
        """Return the name that the standard library's source gives to a channel. `where` is the file and line."""
        path, _, line = where.rpartition(":")
        if not line.isdigit():
            return kind.lower()
        return ObjectNames().name(kind, Site(path, int(line))).text.rpartition(".")[2]

    def forget(self) -> None:
        """Drop what concerns channels that are no longer in the world."""
        known = self._world.channels
        self._other_end = {inode: key for inode, key in self._other_end.items() if key in known}
        self._messages = {
            inode: messages for inode, messages in self._messages.items() if messages.channel.key in known
        }
        self._last_got = {key: got for key, got in self._last_got.items() if key in known}

    def do_not_match(self, key: int) -> None:
        """Do not match messages that are received from a channel with messages that were seen to be sent."""
        if key in self._messages:
            self._messages[key].set_matching(sampled=True, paired=False)

    def sockets(self) -> set[int]:
        """Return the inodes of the channels whose two ends the program has made."""
        made = {key for key, channel in self._world.channels.items() if channel.duplex}
        return made | {inode for inode, key in self._other_end.items() if key in made}

    def known(self) -> set[int]:
        """Return the keys that cells of these objects may have."""
        return {*self._world.channels, *self._other_end}

    def count(self, cells: Iterable[CellState], sampled: set[int], at: float) -> None:
        """Set the counts of all channels.

        Args:
            cells: all cells of all processes that count for channels.
            sampled: keys of the objects some of whose operations left no record.
            at: the present moment.
        """
        sums: dict[ChannelKey, list[int]] = {}
        for cell in cells:
            key = self.channel_of(cell.key)
            total = sums.setdefault(key, [0, 0, 0, 0, 0, 0])
            total[0] += cell[CHANNEL_PUT]
            total[1] += cell[CHANNEL_RECEIVED]
            total[2] += cell[CHANNEL_SENT]
            total[3] += cell.bytes
            total[4] += cell[CHANNEL_SENT] > 0
            total[5] += cell[CHANNEL_RECEIVED] > 0
            if cell.key in sampled and key in self._world.channels:
                self._world.channels[key].sampled = True
        for key, (put, got, sent, size, senders, receivers) in sums.items():
            channel = self._world.channels.get(key)
            if channel is None:
                continue
            buffered = channel.kind in BUFFERED
            # A process that is killed right after it has sent a message may not have counted it.
            channel.put = max(put if buffered else sent, got)
            channel.got = got
            channel.buffered = max(put - sent - channel.lost - channel.died, 0) if buffered else 0
            channel.bytes = size
            if key in self._messages:
                paired = senders == 1 and receivers == 1 and not channel.duplex
                self._messages[key].set_matching(sampled=channel.sampled, paired=paired)
            since, before = self._last_got.setdefault(key, (at, got))
            if at - since >= 1.0:
                channel.rate = (got - before) / (at - since)
                self._last_got[key] = (at, got)
        if at - self._noted_at >= _HISTORY_PAUSE_SECONDS:
            self._noted_at = at
            for channel in self._world.channels.values():
                channel.depths = (*channel.depths[1 - _HISTORY_LENGTH :], channel.depth)
                channel.rates = (*channel.rates[1 - _HISTORY_LENGTH :], channel.rate)
