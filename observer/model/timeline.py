"""Marks and state intervals on the timeline."""

from __future__ import annotations

from dataclasses import dataclass

from .keys import ProcessKey
from .process import State


@dataclass(frozen=True)
class TimelineMark:
    """A moment on the timeline: a start, an end, a signal."""

    at: float
    kind: str
    """created, started, ended, joined, signal, run, note; or user, of an intervention, whose process is `USER`."""
    process: ProcessKey
    text: str = ""


@dataclass(frozen=True)
class StateInterval:
    """A stretch of a process's life in one state."""

    process: ProcessKey
    begin: float
    end: float | None
    state: State
    text: str = ""
    """The operation during the interval: `get tasks`."""
