"""The interventions that the objects of a run offer to the user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import msgspec

from ..decoding.layouts import Scalar, Sequence, Structure, Unknown, parse_layout
from ..model import (
    USER,
    AcquireLock,
    Channel,
    ClearEvent,
    DropItem,
    Intervention,
    Lock,
    PutItem,
    ReleaseLock,
    SetEvent,
    SetValue,
    SharedValue,
    Snapshot,
)
from ..model.channel import QUEUES
from ..model.keys import ProcessKey

_ACQUIRED = ("Lock", "RLock", "Semaphore", "BoundedSemaphore")


class Offer(msgspec.Struct, frozen=True):
    """An intervention that an object offers to the user."""

    key: int
    """The key of the object."""
    name: str
    """The name of the object, or of the end of a Pipe."""
    python: str
    """The text after the name in the equivalent Python; `…` stands for what the user types."""
    meaning: str
    make: Callable[[str], Intervention]
    """Makes the intervention from what the user has typed."""
    typed: str | None = None
    """The text that the user starts from; None where there is nothing to type."""


def offers(snapshot: Snapshot) -> list[Offer]:
    """Return what can be done to the objects of a program; whether it can be done now is found out by a plan."""
    found: list[Offer] = []
    names = {process.key: process.name for process in snapshot.processes}
    for value in snapshot.values:
        found.extend(_of_value(value))
    for channel in snapshot.channels:
        if not channel.internal:
            found.extend(_of_channel(channel))
    for lock in snapshot.locks:
        if not lock.internal:
            found.extend(_of_lock(lock, names))
    return found


def _of_value(value: SharedValue) -> Iterator[Offer]:
    layout = parse_layout(value.layout) if value.layout else Unknown()
    if isinstance(layout, Unknown) or value.internal:
        return
    make = partial(SetValue, value.key)
    if isinstance(layout, Structure):
        start = f".{layout.fields[0][0]} = " if layout.fields else ""
        meaning = "write to a field"
    elif isinstance(layout, Scalar) or (isinstance(layout.item, Scalar) and layout.item.code == "c"):
        start, meaning = ".value = ", "write to it"
    else:
        inner = layout
        start = ""
        while isinstance(inner, Sequence):
            start, inner = start + "[0]", inner.item
        if isinstance(inner, Structure) and inner.fields:
            start += f".{inner.fields[0][0]}"
        start, meaning = start + " = ", "write to an element"
    yield Offer(value.key, value.name, f"{start}…", meaning, make, typed=start)


def _of_channel(channel: Channel) -> Iterator[Offer]:
    if channel.kind in QUEUES:
        put = partial(PutItem, channel.key)
        yield Offer(channel.key, channel.name, ".put(…)", "put an item into it", put, typed="")
        yield Offer(
            channel.key, channel.name, ".get(block=False)", "drop the next item", lambda _: DropItem(channel.key)
        )
    elif channel.kind == "Pipe":
        ends = channel.ends or (channel.name, channel.name)
        # The second end of a Pipe that is not duplex sends, the first one receives.
        for index in (0, 1) if channel.duplex else (1,):
            send = partial(PutItem, channel.key, end=index)
            yield Offer(channel.key, ends[index], ".send(…)", "send a message from this end", send, typed="")


def _of_lock(lock: Lock, names: dict[ProcessKey, str]) -> Iterator[Offer]:
    key = lock.key
    if lock.kind == "Event":
        wake = "wake all who wait for it" if not lock.value else "it is set already, so that nothing changes"
        block = "let wait() block again" if lock.value else "it is not set, so that nothing changes"
        yield Offer(key, lock.name, ".set()", wake, lambda _: SetEvent(key))
        yield Offer(key, lock.name, ".clear()", block, lambda _: ClearEvent(key))
    elif lock.kind in _ACQUIRED:
        yield Offer(
            key, lock.name, ".acquire(block=False)", "acquire it, until you release it", lambda _: AcquireLock(key)
        )
        yield Offer(key, lock.name, ".release()", _release(lock, names), lambda _: ReleaseLock(key))


def _release(lock: Lock, names: dict[ProcessKey, str]) -> str:
    """Return what `release()` means now: whose lock or permit it is."""
    what = "release a permit" if "Semaphore" in lock.kind else "release it"
    if not lock.holders:
        return f"{what}; no process holds it now"
    if any(hold.process == USER for hold in lock.holders):
        return f"{what}, which you have acquired"
    first, more = names.get(lock.holders[0].process, "?"), len(lock.holders) - 1
    return f"{what}; {first}" + (f" and {more} more hold it" if more else " holds it")
