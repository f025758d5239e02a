"""The acts by which the user can change the objects of a running program."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from .keys import ChannelKey, LockKey, ValueKey


class SetValue(msgspec.Struct, frozen=True):
    """Write to a Value, an Array or a Structure."""

    key: ValueKey
    assignment: str
    """The Python that follows the name: `.value = 5`, `[3] = 1.5`, `[1].x = 2`."""


class SetEvent(msgspec.Struct, frozen=True):
    key: LockKey


class ClearEvent(msgspec.Struct, frozen=True):
    key: LockKey


class AcquireLock(msgspec.Struct, frozen=True):
    """Acquire a Lock, RLock or semaphore without waiting."""

    key: LockKey


class ReleaseLock(msgspec.Struct, frozen=True):
    key: LockKey


class PutItem(msgspec.Struct, frozen=True):
    """Put an item into a Queue, or send it through a Pipe."""

    key: ChannelKey
    literal: str
    """The item, as `ast.literal_eval` reads it."""
    end: int = 1
    """The index in `Channel.ends` of the end at which it is sent, for a Pipe."""


class DropItem(msgspec.Struct, frozen=True):
    """Take the next item out of a Queue."""

    key: ChannelKey


Intervention: TypeAlias = SetValue | SetEvent | ClearEvent | AcquireLock | ReleaseLock | PutItem | DropItem


class Plan(msgspec.Struct, frozen=True):
    """An intervention before it is done."""

    python: str
    """The Python that it equals."""
    refusal: str = ""
    """The reason why it cannot be done, as a sentence without its full stop; empty when it can."""
