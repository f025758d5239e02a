"""Marks and state intervals on the timeline."""

from __future__ import annotations

import msgspec

from .keys import ProcessKey
from .process import State


class TimelineMark(msgspec.Struct, frozen=True):
    """A moment on the timeline: a start, an end, a signal."""

    at: float
    kind: str
    """The kind: created, started, ended, joined, signal, run, note, or user (an intervention, with process `USER`)."""
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


class ThreadChange(msgspec.Struct, frozen=True):
    """The moment at which a thread other than the main thread of a process begins to do something else."""

    process: ProcessKey
    thread: int
    """The ident of the thread; the negative number of the kernel if no tap has seen it."""
    at: float
    state: State
    """The state: running, waiting, or gone if its activity is not known any more (it may have ended)."""
    text: str = ""
    """The operation that it waits in: `acquire printer`."""
