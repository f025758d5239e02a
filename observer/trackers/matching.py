"""Matches the messages of one channel: each message that was sent with the same one that was received."""

from __future__ import annotations

from collections import defaultdict, deque

from rockproc.probe.records import DIGEST_MASK, Lost, message_number

from ..decoding.errors import without_addresses
from ..journals.reader import Record
from ..model import Channel, Message, MessageEvent, Site
from ..model.keys import ProcessKey

PENDING = 5_000
"""A message is dropped when at least this many later ones have not been matched either."""
BUFFERED = ("Queue", "JoinableQueue")
"""The kinds of channels with a feeder thread."""
_IDENTITY_MASK = (1 << 64) - 1
"""The digest of a message with its number among its sender's, where `DIGEST_MASK` is the digest alone."""


class MessageMatcher:
    """Messages of which only the sending or only the receiving was seen so far, by identity.

    Messages with the same identity are matched in the order of the pipe.
    """

    def __init__(self) -> None:
        self._older: dict[int, Message | deque[Message]] = {}
        self._newer: dict[int, Message | deque[Message]] = {}
        self._count = 0
        """The number of messages that have been added to the newer ones."""

    def add(self, identity: int, message: Message) -> None:
        known = self._newer.setdefault(identity, message)
        if known is not message:
            if isinstance(known, deque):
                known.append(message)
            else:
                self._newer[identity] = deque((known, message))
        self._count += 1
        if self._count == PENDING:
            self._older, self._newer, self._count = self._newer, {}, 0

    def match(self, identity: int) -> Message | None:
        messages = self._older if identity in self._older else self._newer
        known = messages.pop(identity, None)
        if known is None:
            return None
        self._count -= messages is self._newer
        if isinstance(known, deque):
            message = known.popleft()
            if known:
                messages[identity] = known
            return message
        return known


class ChannelMessages:
    """One channel, and its messages of which only the sending or only the receiving was seen so far.

    A message is recognised at its other end by the digest of its first bytes and its length; equal ones are
    distinguished by their order, which a pipe keeps.
    """

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self._identity_mask: int | None = DIGEST_MASK
        """The part of an identity that is the same at both ends."""
        self._buffered: dict[int, deque[tuple[int, Message]]] = defaultdict(lambda: deque(maxlen=2 * PENDING))
        """Messages that are not in the pipe yet, by process, with their numbers among the items it has put."""
        self._lost: dict[int, int] = defaultdict(int)
        """The number of items put by each process that were lost before the pipe."""
        self._under_way = MessageMatcher()
        self._early = MessageMatcher()
        """Messages that were received and not yet seen to be sent: journals are read one after the other."""

    def put(self, process: ProcessKey, record: Record, site: Site | None, at: float) -> MessageEvent:
        message = Message(self.channel.key, process, put=at, put_site=site)
        number = record.a
        self._buffered[process].append((number, message))
        return MessageEvent(at, "put", process, message)

    def lost(self, process: ProcessKey, record: Record, at: float) -> list[MessageEvent]:
        """Mark an item that could not be sent as lost, with those behind it that are lost too."""
        what = Lost.unpack(record)
        total, count, because = what.total, what.count, without_addresses(what.error)
        behind = f"behind one that was lost: {because}"
        self.channel.lost += max(total - self._lost[process], count)
        self.channel.lost_because = because + (f" (and {count - 1} behind it)" if count > 1 else "")
        self._lost[process] = total
        lost: list[Message] = []
        buffered = self._buffered[process]
        while buffered and buffered[0][0] < what.number + count:
            number, message = buffered.popleft()
            if number >= what.number:
                message.lost, message.lost_because = at, because if number == what.number else behind
                lost.append(message)
        if self.channel.lost_by is None:
            self.channel.lost_by = process
            self.channel.lost_site = lost[0].put_site if lost else None
        if not lost:
            lost.append(Message(self.channel.key, process, lost=at, lost_because=because))
        return [MessageEvent(at, "lost", process, message) for message in lost]

    def unsent(self, process: ProcessKey, count: int) -> int:
        """Return how many of the items that a process has put and not sent are not known to be lost."""
        return max(count - self._lost[process], 0)

    def died(self, process: ProcessKey, count: int, ended: float, at: float) -> list[MessageEvent]:
        """Mark the last items that a process has put as lost: it has ended before they were sent."""
        # An item before them may have been sent by a process that was killed before it could record that.
        lost = [message for _, message in self._buffered.pop(process, ())][-count:]
        for message in lost:
            message.lost, message.lost_because = ended, "unsent when its process ended"
        return [MessageEvent(at, "lost", process, message) for message in lost]

    def sent(self, process: ProcessKey, record: Record, site: Site | None, at: float) -> MessageEvent:
        buffered = self.channel.kind in BUFFERED
        size, identity, head = record.a, record.b, record.payload  # as in `records.Sent`, without an object for each
        message = self._unbuffered(process, message_number(identity) + self._lost[process]) if buffered else None
        if message is None:
            message = Message(self.channel.key, process, put_site=site)
        message.sent, message.content, message.size = at, head, size
        if self._identity_mask is not None:
            identity &= self._identity_mask
            received = self._early.match(identity)
            if received is None:
                self._under_way.add(identity, message)
            else:
                message.received, message.receiver = received.received, received.receiver
                message.got_site = received.got_site
                received.sender, received.sent, received.put = process, at, message.put
                received.put_site = message.put_site
        return MessageEvent(at, "sent", process, message)

    def _unbuffered(self, process: ProcessKey, number: int) -> Message | None:
        """Return the item that was put under that number, and drop those before it, which were never sent."""
        buffered = self._buffered[process]
        while buffered and buffered[0][0] <= number:
            put, message = buffered.popleft()
            if put == number:
                return message
        return None

    def received(self, process: ProcessKey, record: Record, site: Site | None, at: float) -> MessageEvent:
        size, identity, head = record.a, record.b, record.payload  # as in `records.Received`
        mask = self._identity_mask
        message = self._under_way.match(identity & mask) if mask is not None else None
        if message is None:
            message = Message(self.channel.key, None, size=size, content=head)
            if mask is not None:
                self._early.add(identity & mask, message)
        message.received, message.receiver, message.got_site = at, process, site
        return MessageEvent(at, "received", process, message)

    def set_matching(self, *, sampled: bool, paired: bool) -> None:
        """Set how messages are compared.

        As long as every message leaves its records, equal ones follow in the order of the pipe. When some do not, the
        number is compared as well, which is possible only between one sender and one receiver.

        Args:
            sampled: some messages of the channel leave no records.
            paired: the channel has one sender and one receiver.
        """
        self._identity_mask = DIGEST_MASK if not sampled else _IDENTITY_MASK if paired else None
