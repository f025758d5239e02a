"""Marks and state intervals on the timeline."""

from __future__ import annotations

import msgspec

from .keys import ProcessKey
from .process import State


class TimelineMark(msgspec.Struct, frozen=True):
    """A moment on the timeline: a start, an end, a signal."""

    at: float
    kind: str
    """created, started, ended, joined, signal, run, note; or user, of an intervention, whose process is `USER`."""
    process: ProcessKey
    text: str = ""


class StateInterval(msgspec.Struct, frozen=True):
    """A stretch of a process's life in one state."""

    process: ProcessKey
    begin: float
    end: float | None
    state: State
    text: str = ""
    """The operation during the interval: `get tasks`."""
