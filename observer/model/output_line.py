"""A line that the program has printed."""

from __future__ import annotations

import msgspec


class OutputLine(msgspec.Struct, frozen=True):
    """A line that a process of the run has printed. May hold any character: escape it before it is drawn."""

    at: float
    pid: int | None
    stream: str
    """The name of the stream: stdout or stderr."""
    text: str
