"""The acts by which the user can change the objects of a running program."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from .keys import ChannelKey, LockKey, ValueKey


@dataclass(frozen=True)
class SetValue:
    """Write to a Value, an Array or a Structure."""

    key: ValueKey
    assignment: str
    """The Python that follows the name: `.value = 5`, `[3] = 1.5`, `[1].x = 2`."""


@dataclass(frozen=True)
class SetEvent:
    key: LockKey


@dataclass(frozen=True)
class ClearEvent:
    key: LockKey


@dataclass(frozen=True)
class AcquireLock:
    """Acquire a Lock, RLock or semaphore without waiting."""

    key: LockKey


@dataclass(frozen=True)
class ReleaseLock:
    key: LockKey


@dataclass(frozen=True)
class PutItem:
    """Put an item into a Queue, or send it through a Pipe."""

    key: ChannelKey
    literal: str
    """The item, as `ast.literal_eval` reads it."""
    end: int = 1
    """The index in `Channel.ends` of the end at which it is sent, for a Pipe."""


@dataclass(frozen=True)
class DropItem:
    """Take the next item out of a Queue."""

    key: ChannelKey


Intervention: TypeAlias = SetValue | SetEvent | ClearEvent | AcquireLock | ReleaseLock | PutItem | DropItem


@dataclass(frozen=True)
class Plan:
    """An intervention before it is done."""

    python: str
    """The Python that it equals."""
    refusal: str = ""
    """The reason why it cannot be done, as a sentence without its full stop; empty when it can."""
