"""Notes beside lines of source: the objects that a line has made, and their present state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from rockproc.observer.model import Channel, Lock, Pool, Process, SharedValue, Site, State

from ..bases.view import View
from ..formatting import quantities
from ..formatting.sanitize import sanitize, shorten, width

_MAX_NOTED_OBJECTS = 3
"""The maximum number of objects of a line that are described."""
_MAX_VALUE_CHARACTERS = 60


def notes(view: View, shows: Callable[[Site], bool]) -> dict[int, list[str]]:
    """Return what each line has made, by its number; `shows` returns whether a site is in this source."""
    found: dict[int, list[str]] = defaultdict(list)
    for site, text in _objects(view):
        if site is not None and shows(site):
            found[site.line].append(text)
    return dict(found)


def joined(texts: list[str], cells: int) -> str:
    """Return a note of at most `cells` cells. Objects for which it has no room are counted."""
    counts = range(min(len(texts), _MAX_NOTED_OBJECTS), 0, -1)
    fits = (text for text in (_first(texts, count) for count in counts) if width(text) <= cells)
    return next(fits, shorten(_first(texts, 1), cells))


def least_cells(texts: list[str]) -> int:
    """Return the cells of a note that names one object."""
    return width(_first(texts, 1))


def _first(texts: list[str], count: int) -> str:
    more = f", and {len(texts) - count} more" if len(texts) > count else ""
    return ", ".join(texts[:count]) + more


def _objects(view: View) -> Iterator[tuple[Site | None, str]]:
    snapshot = view.snapshot
    for process in snapshot.processes:
        yield process.site, _process(process)
    for channel in snapshot.channels:
        if not channel.internal:
            yield channel.site, _channel(channel)
    for value in snapshot.values:
        yield value.site, _value(value)
    for lock in snapshot.locks:
        yield lock.site, _lock(lock, view)
    for manager in snapshot.managers:
        yield manager.site, f"{sanitize(manager.name)} {'lives' if manager.alive else 'is gone'}"
    for managed in snapshot.managed:
        yield managed.site, f"{sanitize(managed.name)} called {managed.calls}×"
    for pool in snapshot.pools:
        yield pool.site, _pool(pool)


def _process(process: Process) -> str:
    name = shorten(sanitize(process.name), 40)
    if process.state is State.CREATED:
        return f"{name} not started"
    if process.signal:
        return f"{name} {process.signal}"
    if process.exitcode is not None and not process.state.alive:
        return f"{name} exit {process.exitcode}"
    sleeps = process.state.alive and process.idle == "asleep" and process.main_wait is None
    return f"{name} {'sleeps' if sleeps else process.state}"


def _channel(channel: Channel) -> str:
    return f"{sanitize(channel.name)} {channel.depth} in it"


def _value(value: SharedValue) -> str:
    if isinstance(value.value, (int, float, str, bytes)):
        return f"{sanitize(value.name)} = {sanitize(repr(value.value), _MAX_VALUE_CHARACTERS)}"
    return f"{sanitize(value.name)} {sanitize(value.type)}"


def _lock(lock: Lock, view: View) -> str:
    name = sanitize(lock.name)
    waits = f", {len(lock.waiters)} wait" if lock.waiters else ""
    if lock.holders:
        hold = lock.holders[0]
        holder = shorten(sanitize(view.who(hold.process)[0]), 40)
        return f"{name} held by {holder} {quantities.since(view.now - hold.since)}{waits}"
    if lock.kind == "Event":
        return f"{name} {'set' if lock.value else 'not set'}{waits}"
    if lock.kind in ("Semaphore", "BoundedSemaphore"):
        return f"{name} {lock.value if lock.value is not None else '?'} free{waits}"
    return f"{name} free{waits}" if lock.kind in ("Lock", "RLock") else f"{name}{waits}"


def _pool(pool: Pool) -> str:
    return f"{sanitize(pool.name)} {pool.done} of {pool.submitted} done"
