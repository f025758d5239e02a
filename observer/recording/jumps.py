"""Finds the times in a run to which the user can jump, at which something of a chosen kind happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from ..model.keys import ChannelKey, ManagedKey, ValueKey
from .format import Delta, Has

INSTANT_SECONDS = 1e-6
"""A time shorter than the distance of any two events that a jump must distinguish."""


class Wanted(NamedTuple):
    """A target of jumps: its name, and the times at which it occurs in a delta."""

    name: str
    """The text for the user: `message of tasks`."""
    has: int
    times: Callable[[Delta], Iterable[float]]


LIVES = ("created", "started", "ended", "joined", "signal")


def lifecycle_events() -> Wanted:
    """Return the jump to the next or previous birth, death or signal."""

    def times(delta: Delta) -> Iterable[float]:
        return (mark.at for mark in delta.marks if mark.kind in LIVES)

    return Wanted("birth, death or signal", Has.MARKS, times)


def messages_of(channel: ChannelKey | None, name: str) -> Wanted:
    def times(delta: Delta) -> Iterable[float]:
        for event in delta.messages:
            if channel in (None, event.message.channel) and event.by_hand:
                yield event.at

    return Wanted(f"message of {name}" if channel is not None else "message", Has.MESSAGES, times)


def content_changes(key: ValueKey | ManagedKey, name: str) -> Wanted:
    """Return the jump to the next or previous change of a shared value, or call on an object in a manager."""

    def times(delta: Delta) -> Iterable[float]:
        # An object may be here for another reason than that its content is another.
        for value in delta.values:
            if value.key == key and value.changed is not None and value.changed > delta.since:
                yield value.changed
        for managed in delta.managed:
            if managed.key == key and managed.last_at is not None and managed.last_at > delta.since:
                yield managed.last_at

    return Wanted(f"change of {name}", Has.VALUES, times)


def new_findings() -> Wanted:
    def times(delta: Delta) -> Iterable[float]:
        return (finding.at for finding in delta.findings)

    return Wanted("finding", Has.FINDINGS, times)


def output_lines() -> Wanted:
    def times(delta: Delta) -> Iterable[float]:
        return (line.at for line in delta.output)

    return Wanted("line of output", Has.OUTPUT, times)


def all_changes() -> Wanted:
    """Return the jump to the next or previous recorded change of any kind."""

    def times(delta: Delta) -> Iterable[float]:
        return (delta.at,)

    return Wanted("change", ~0, times)
