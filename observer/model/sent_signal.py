"""A call of `terminate()` or `kill()` of a process."""

from __future__ import annotations

import msgspec

from .site import Site


class SentSignal(msgspec.Struct, frozen=True):
    """A signal that the program has sent to a process by `terminate()` or `kill()`."""

    name: str
    """The name of the signal: `SIGTERM`."""
    sender: str
    """The name of the process that has sent it."""
    at: float
    """Seconds since launch."""
    site: Site | None
    """The line of the program that has made the call."""
