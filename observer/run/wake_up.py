"""Wakes the observer's thread while it rests, from any other thread."""

from __future__ import annotations

import _socket  # `socket` makes enums of hundreds of constants, which takes long
import contextlib


class WakeUp:
    """A pair of sockets: a selector waits for one of them, and a byte in the other one ends its wait."""

    def __init__(self) -> None:
        self._receiver, self._sender = _socket.socketpair()
        self._receiver.setblocking(False)
        self._sender.setblocking(False)

    def fileno(self) -> int:
        """Return the descriptor that a selector waits for."""
        return self._receiver.fileno()

    def wake(self) -> None:
        """End the wait. Does nothing once this is closed."""
        with contextlib.suppress(OSError):  # closed, or so many bytes are in it that it is readable anyway
            self._sender.send(b"\0")

    def clear(self) -> None:
        """Let the selector wait again."""
        with contextlib.suppress(OSError):
            self._receiver.recv(1024)

    def close(self) -> None:
        self._receiver.close()
        self._sender.close()
