"""The messages that travel through Queues and Pipes, and the events of their transport.

There can be a hundred thousand a second. So the garbage collector does not traverse them, and their content is decoded
only when it is drawn.
"""

from __future__ import annotations

import msgspec

from .keys import ChannelKey, ProcessKey
from .site import Site


class Message(msgspec.Struct, array_like=True, gc=False):
    """One message through a Queue or a Pipe, from `put` or `send` to `get` or `recv`."""

    channel: ChannelKey
    sender: ProcessKey | None
    """Key of the process that put or sent it."""
    receiver: ProcessKey | None = None
    put: float | None = None
    """The time at which `put()` was called (Queues with a feeder thread only)."""
    sent: float | None = None
    """The time at which its bytes had been written into the pipe."""
    received: float | None = None
    size: int | None = None
    content: bytes = b""
    """The first bytes of the message; `decoding.preview` shows them."""
    put_site: Site | None = None
    """The line of the `put` or `send`."""
    got_site: Site | None = None
    lost: float | None = None
    """The time at which the Queue's feeder thread failed to send it, or ended with its process."""
    lost_because: str = ""

    @property
    def left(self) -> float | None:
        """The time at which the program put or sent it."""
        return self.put if self.put is not None else self.sent

    @property
    def latency(self) -> float | None:
        left = self.left
        return None if self.received is None or left is None else self.received - left

    def given_up(self, now: float) -> bool:
        """Return whether it was lost by that moment."""
        return self.lost is not None and self.lost <= now


class MessageEvent(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One step in the transport of a message. The message itself changes with later steps."""

    at: float
    op: str
    """The step: put (into a Queue's buffer), sent (into the pipe), received, or lost (between buffer and pipe)."""
    process: ProcessKey
    message: Message

    @property
    def by_hand(self) -> bool:
        """True if a call of the program did this, and not the feeder thread of a Queue after a `put`."""
        return self.op in _BY_HAND or self.message.put is None


_BY_HAND = ("put", "received")
