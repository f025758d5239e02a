"""The messages that cross Queues and Pipes, and the steps of their lives.

They come by the hundred thousand a second. So they are Structs, which are made and written down in a fraction of the
time that a dataclass takes and which no collection of garbage goes through; nobody looks into one until it is drawn.
"""

from __future__ import annotations

import msgspec

from .site import Site


class Message(msgspec.Struct, array_like=True, gc=False):
    """One message through a Queue or a Pipe, from the hand of its sender to the hand of its receiver."""

    channel: int
    sender: int | None
    """Key of the process that put or sent it."""
    receiver: int | None = None
    put: float | None = None
    """When `put()` was called (Queues with a feeder thread only)."""
    sent: float | None = None
    """When its bytes had gone into the pipe."""
    received: float | None = None
    size: int | None = None
    content: bytes = b""
    """Its first bytes; `decoding.preview` shows them."""
    put_site: Site | None = None
    """The line of the `put` or `send`."""
    got_site: Site | None = None
    lost: float | None = None
    """When the Queue's feeder thread gave it up, or ended with its process."""
    lost_because: str = ""

    @property
    def left(self) -> float | None:
        """When it left the hand of its sender."""
        return self.put if self.put is not None else self.sent

    @property
    def latency(self) -> float | None:
        left = self.left
        return None if self.received is None or left is None else self.received - left

    def given_up(self, now: float) -> bool:
        """Whether it was lost by then."""
        return self.lost is not None and self.lost <= now


class MessageEvent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A step in a message's life. The message itself goes on changing."""

    at: float
    op: str
    """put (into a Queue's buffer), sent (into the pipe), received, or lost (between the buffer and the pipe)."""
    process: int
    message: Message

    @property
    def by_hand(self) -> bool:
        """Not done by a Queue's own thread, to what another step tells of."""
        return self.op in _BY_HAND or self.message.put is None


_BY_HAND = ("put", "received")
