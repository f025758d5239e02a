"""Queues, Pipes and connections, and the messages that cross them."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable

from ..probe.layout import Kind
from .lives import Source
from .names import Names
from .reader import CellState, Record
from .world import Channel, Message, MessageEvent, Site, World

_PENDING = 10_000
"""Messages of one channel that are remembered until their other end is seen."""
_HISTORY = 60
_NOTED = 0.5
"""Seconds between two entries of a channel's history."""
_BUFFERED = ("Queue", "JoinableQueue")
_OWNERS = {"pool": "Pool", "concurrent": "ProcessPoolExecutor", "managers": "Manager"}
"""What the program calls to get an object whose channels a module of the standard library makes."""


class _Waiting:
    """Messages of one channel whose other end is to be seen yet, by what tells them; those that wait longest go."""

    def __init__(self) -> None:
        self._messages: dict[int, deque[Message]] = {}
        self._count = 0

    def add(self, identity: int, message: Message) -> None:
        self._messages.setdefault(identity, deque()).append(message)
        self._count += 1
        if self._count > _PENDING:
            self.take(next(iter(self._messages)))

    def take(self, identity: int) -> Message | None:
        waiting = self._messages.get(identity)
        if waiting is None:
            return None
        message = waiting.popleft()
        if not waiting:
            del self._messages[identity]
        self._count -= 1
        return message


class Traffic:
    """Keeps `world.channels` and `world.messages`.

    A message is recognised at its other end by the digest of its first bytes and its length; equal ones are told apart
    by their order, which a pipe keeps.
    """

    def __init__(self, world: World, names: Names) -> None:
        self._world = world
        self._names = names
        self._other_end: dict[int, int] = {}
        """The channel of each inode: a duplex Pipe has two."""
        self._under_way: dict[int, _Waiting] = defaultdict(_Waiting)
        """Sent and not received, by channel."""
        self._early: dict[int, _Waiting] = defaultdict(_Waiting)
        """Received, but not yet seen to be sent: the journals of two processes are read one after the other."""
        self._buffered: dict[tuple[int, int], deque[tuple[int, Message]]] = defaultdict(deque)
        """Put and not yet in the pipe, by channel and process, with its number among the sender's."""
        self._paired: dict[int, bool] = {}
        """Whether a channel has one sender and one receiver."""
        self._last_got: dict[int, tuple[float, int]] = {}
        self._noted_at = 0.0

    def apply(self, source: Source, record: Record, at: float) -> None:
        kind = record.kind
        if kind == Kind.CHANNEL:
            self._made(source, record)
            return
        key = self._other_end.get(record.key, record.key)
        if key == 0:
            return
        channel = self._world.channels.get(key)
        if channel is None:
            channel = self._world.channels[key] = Channel(key, "Pipe", self._names.name("Pipe", None).text)
        channel.records += 1
        if kind == Kind.PUT:
            self._put(channel, source, record, at)
        elif kind == Kind.SENT:
            self._sent(channel, source, record, at)
        elif kind == Kind.RECEIVED:
            self._received(channel, source, record, at)
        elif kind == Kind.LOST:
            channel.lost += 1
            channel.lost_because = record.payload.decode("utf-8", "replace")
            waiting = self._buffered.get((key, source.process.key))
            if waiting:
                waiting.popleft()

    def channel_of(self, inode: int) -> int:
        return self._other_end.get(inode, inode)

    def end_name(self, inode: int) -> str:
        """What the program calls this end of a channel."""
        channel = self._world.channels[self.channel_of(inode)]
        if channel.ends is None or self.channel_of(inode) not in self._other_end.values():
            return channel.name
        return channel.ends[0 if inode == channel.key else 1]

    def _made(self, source: Source, record: Record) -> None:
        if record.key in self._world.channels and record.payload.startswith(b"Connection"):
            return
        kind, part, more = record.payload.decode("utf-8", "replace").split("\0")
        site = source.site(record.site)
        channel = Channel(record.key, kind, "", site=site, owner=source.process.key, internal=bool(part))
        channel.address = more if kind == "Connection" else ""
        if kind == "Connection" and part:
            channel.name = f"{part.partition('.')[0].removesuffix('s')} {more}" if more else part
        elif part:
            channel.name = f"{self._whose(part, site)}.{self._attribute(kind, more)}"
        else:
            name = self._names.name(kind, site)
            channel.name, channel.ends = name.text, name.ends
        if kind != "Pipe" and kind != "Connection":
            channel.maxsize = record.b or None
        elif record.a:
            self._other_end[record.a] = record.key
            channel.duplex = True
        self._world.channels[record.key] = channel

    def _whose(self, part: str, site: Site | None) -> str:
        """The name of the object for which the standard library has made a channel."""
        module = part.partition(".")[0]
        return self._names.of_owner(_OWNERS.get(module, module), site)

    def _attribute(self, kind: str, where: str) -> str:
        """What the standard library calls it there: its own source says so. where: file and line."""
        path, _, line = where.rpartition(":")
        if not line.isdigit():
            return kind.lower()
        return Names().name(kind, Site(path, int(line))).text.rpartition(".")[2]

    def _put(self, channel: Channel, source: Source, record: Record, at: float) -> None:
        message = Message(channel.key, source.process.key, put=at, put_site=source.site(record.site))
        waiting = self._buffered[channel.key, source.process.key]
        waiting.append((record.a, message))
        if len(waiting) > _PENDING:
            waiting.popleft()
        self._world.messages.append(MessageEvent(at, "put", source.process.key, message))

    def _sent(self, channel: Channel, source: Source, record: Record, at: float) -> None:
        sender = source.process.key
        number, digest = record.b >> 32, record.b & 0xFFFFFFFF
        message = None
        if channel.kind in _BUFFERED:
            waiting = self._buffered[channel.key, sender]
            while waiting and waiting[0][0] < number:
                waiting.popleft()
            if waiting and waiting[0][0] == number:
                message = waiting.popleft()[1]
        if message is None:
            message = Message(channel.key, sender, put_site=source.site(record.site))
        message.sent = at
        message.content, message.size = record.payload, record.a
        event = MessageEvent(at, "sent", sender, message)
        identity = self._identity(channel, number, digest)
        if identity is None:
            self._world.messages.append(event)
            return
        received = self._early[channel.key].take(identity)
        if received is not None:
            message.received, message.receiver, message.got_site = (
                received.received,
                received.receiver,
                received.got_site,
            )
            received.sender, received.sent, received.put = sender, at, message.put
            received.put_site = message.put_site
        else:
            self._under_way[channel.key].add(identity, message)
        self._world.messages.append(event)

    def _received(self, channel: Channel, source: Source, record: Record, at: float) -> None:
        identity = self._identity(channel, record.b >> 32, record.b & 0xFFFFFFFF)
        message = self._under_way[channel.key].take(identity) if identity is not None else None
        if message is None:
            message = Message(channel.key, None, size=record.a, content=record.payload)
            if identity is not None:
                self._early[channel.key].add(identity, message)
        message.received = at
        message.receiver = source.process.key
        message.got_site = source.site(record.site)
        self._world.messages.append(MessageEvent(at, "received", source.process.key, message))

    def _identity(self, channel: Channel, number: int, digest: int) -> int | None:
        """What tells a message at both ends; None where equal ones cannot be told apart.

        As long as every message leaves its records, equal ones follow in the order of the pipe. When some do not, only
        the number tells, and that only between one sender and one receiver.
        """
        if not channel.sampled:
            return digest
        return number << 32 | digest if self._paired.get(channel.key) else None

    def count(self, cells: Iterable[CellState], sampled: set[int], at: float) -> None:
        """All cells of all processes that count for channels. sampled: objects some of whose records are missing."""
        sums: dict[int, list[int]] = {}
        for cell in cells:
            key = self.channel_of(cell.key)
            total = sums.setdefault(key, [0, 0, 0, 0, 0, 0])
            total[0] += cell.a
            total[1] += cell.b
            total[2] += cell.c
            total[3] += cell.bytes
            total[4] += cell.c > 0
            total[5] += cell.b > 0
            if cell.key in sampled and key in self._world.channels:
                self._world.channels[key].sampled = True
        for key, (put, got, sent, size, senders, receivers) in sums.items():
            channel = self._world.channels.get(key)
            if channel is None:
                continue
            buffered = channel.kind in _BUFFERED
            channel.put = put if buffered else sent
            channel.got = got
            channel.buffered = max(put - sent - channel.lost, 0) if buffered else 0
            channel.bytes = size
            self._paired[key] = senders == 1 and receivers == 1 and not channel.duplex
            since, before = self._last_got.setdefault(key, (at, got))
            if at - since >= 1.0:
                channel.rate = (got - before) / (at - since)
                self._last_got[key] = (at, got)
        if at - self._noted_at >= _NOTED:
            self._noted_at = at
            for channel in self._world.channels.values():
                channel.depths = (*channel.depths[1 - _HISTORY :], channel.depth)
                channel.rates = (*channel.rates[1 - _HISTORY :], channel.rate)
