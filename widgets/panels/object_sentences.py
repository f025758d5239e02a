"""Describes in sentences the Queues, locks, Values, pools and managed objects of a run, and their present state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rockproc.observer.model import SIGNALLED, Channel, Lock, ManagedObject, Pool, SharedValue, Site
from rockproc.observer.model.keys import ProcessKey

from ..bases.view import View
from ..formatting import quantities
from ..formatting.sanitize import sanitize
from .channel_summary import ChannelUsers, in_order
from .process_rows import site_text

_MAX_VALUE_CHARACTERS = 60
_MAX_NAMES = 3
"""The number of processes that are named."""


def all_objects(view: View, users: ChannelUsers) -> Iterator[tuple[int, str, str]]:
    """Yield the key, the name and the description of each object that the program has made."""
    snapshot = view.snapshot
    for pool in snapshot.pools:
        if not pool.internal:
            yield pool.key, pool.name, _pool(pool, view)
    for channel in in_order([channel for channel in snapshot.channels if not channel.internal]):
        yield channel.key, channel.name, _channel(channel, view, users)
    for lock in snapshot.locks:
        if not lock.internal:
            yield lock.key, lock.name, _lock(lock, view)
    for value in snapshot.values:
        if not value.internal:
            yield value.key, value.name, _value(value, view)
    for managed in snapshot.managed:
        yield managed.key, managed.name, _managed(managed, view)


def _made(kind: str, site: Site | None, view: View) -> str:
    article = "an" if kind[:1] in "AEIOU" else "a"
    return f"is {article} {kind}" + (f", made at {site_text(site, view)}" if site is not None else "")


def _channel(channel: Channel, view: View, users: ChannelUsers) -> str:
    """Return what a channel is, what is in it, and who uses it. A count that may be too low has a question mark."""
    unsure = "?" if channel.shared_with_unobserved else ""
    limit = f" that holds at most {channel.maxsize}" if channel.maxsize is not None and channel.maxsize > 0 else ""
    item, put, got = ("message", "sent", "received") if channel.kind == "Pipe" else ("item", "put", "got")
    are = f"{item} is" if channel.depth == 1 and not unsure else f"{item}s are"
    parts = [
        f"{_made(channel.kind, channel.site, view)}{limit}.",
        f"{channel.depth}{unsure} {are} in it: {channel.put}{unsure} {put}, {channel.got}{unsure} {got}.",
    ]
    puts, gets = _names(users.puts.get(channel.key), view), _names(users.gets.get(channel.key), view)
    if puts or gets:
        by = " and ".join([*([f"{put} by {puts}"] if puts else []), *([f"{got} by {gets}"] if gets else [])])
        parts.append(f"The {item}s were {by}.")
    if channel.buffered:
        parts.append(
            f"{channel.buffered} of them {_verb(channel.buffered)} still in the memory of the process that put."
        )
    if channel.lost:
        parts.append(f"{channel.lost} {_verb(channel.lost)} lost: {sanitize(channel.lost_because, 120)}.")
    if channel.died:
        parts.append(f"{channel.died} {_verb(channel.died)} lost with the process that put.")
    return " ".join(parts)


def _verb(count: int) -> str:
    return "is" if count == 1 else "are"


def _names(counter: Counter[ProcessKey] | None, view: View) -> str:
    """Return the most active of the processes that are counted."""
    if not counter:
        return ""
    keys = [key for key, _ in counter.most_common(_MAX_NAMES)]
    names = [sanitize(view.who(key)[0], 60) for key in keys]
    if len(counter) > _MAX_NAMES:
        names.append(f"{len(counter) - _MAX_NAMES} more")
    return " and ".join([*([", ".join(names[:-1])] if names[1:] else []), names[-1]])


def _lock(lock: Lock, view: View) -> str:
    parts = [f"{_made(lock.kind, lock.site, view)}.", _lock_state(lock, view)]
    if lock.waiters:
        waiter = lock.waiters[0]
        first = sanitize(view.who(waiter.process)[0], 60)
        more = f" and {len(lock.waiters) - 1} more wait" if len(lock.waiters) > 1 else " waits"
        parts.append(f"{first}{more} for it, for {quantities.since(view.now - waiter.since)}.")
    unsure = "?" if lock.shared_with_unobserved else ""
    if lock.kind in SIGNALLED:
        parts.append(f"It was {SIGNALLED[lock.kind]} {_times(lock.acquired, unsure)}.")
    else:
        waits = f", {lock.contended}{unsure} of them after a wait" if lock.contended else ""
        parts.append(f"It was acquired {_times(lock.acquired, unsure)}{waits}.")
    return " ".join(part for part in parts if part)


def _times(count: int, unsure: str) -> str:
    return "once" if count == 1 and not unsure else f"{count}{unsure} times"


def _lock_state(lock: Lock, view: View) -> str:
    if lock.kind == "Event":
        return "It is set." if lock.value else "It is not set."
    if lock.kind == "Barrier":
        return f"{len(lock.waiters)} of {lock.value or '?'} have come."
    if lock.kind in ("Semaphore", "BoundedSemaphore"):
        count = lock.value if lock.value is not None else "?"
        return f"{count} {'permit is' if count == 1 else 'permits are'} free."
    if not lock.holders:
        return "No process holds it."
    hold = lock.holders[0]
    process = view.processes.get(hold.process)
    dead = ", which has ended" if process is not None and not process.state.alive else ""
    where = f" since {site_text(hold.site, view)}" if hold.site is not None else ""
    who = sanitize(view.who(hold.process)[0], 60)
    return f"{who}{dead}{',' if dead else ''} has held it{where} for {quantities.since(view.now - hold.since)}."


def _value(value: SharedValue, view: View) -> str:
    """Return what a piece of shared memory is, what is in it, and who has used it."""
    kind = f"{value.kind} of type {sanitize(value.type, 40)}" if value.type else value.kind
    parts = [f"{_made(kind, value.site, view)}."]
    if isinstance(value.value, (int, float, str, bytes)):
        parts.append(f"It contains {sanitize(repr(value.value), _MAX_VALUE_CHARACTERS)}.")
    if value.reads is not None and value.writes is not None:
        unsure = "?" if value.unseen or value.shared_with_unobserved else ""
        parts.append(f"It was read {_times(value.reads, unsure)} and written {_times(value.writes, unsure)}.")
    if value.writer is not None:
        where = f" at {site_text(value.written_site, view)}" if value.written_site is not None else ""
        parts.append(f"{sanitize(view.who(value.writer)[0], 60)} wrote last{where}.")
    if value.unlinked is not None:
        parts.append("Its name was removed: no process can open it any more.")
    return " ".join(parts)


def _managed(managed: ManagedObject, view: View) -> str:
    manager = next((item for item in view.snapshot.managers if item.key == managed.manager), None)
    where = f" in the process {sanitize(manager.name, 60)}" if manager is not None else " in a manager's process"
    gone = ", which has ended: the object is lost" if manager is not None and not manager.alive else ""
    parts = [f"{_made(sanitize(managed.type, 40), managed.site, view)}, and lives{where}{gone}."]
    if managed.last:
        caller = sanitize(view.who(managed.caller)[0], 60)
        parts.append(f"Of {managed.calls} calls the last was {sanitize(managed.last, 80)}, by {caller}.")
    return " ".join(parts)


def _pool(pool: Pool, view: View) -> str:
    parts = [f"{_made(pool.kind, pool.site, view)}, of {pool.size} workers."]
    counts = [
        f"{count} {word}"
        for count, word in ((pool.done, "done"), (pool.failed, "failed"), (pool.running, "running"),
                            (pool.waiting, "waiting"), (pool.lost, "lost with a worker"))
        if count
    ]  # fmt: skip
    tasks = "task was" if pool.submitted == 1 else "tasks were"
    parts.append(f"{pool.submitted} {tasks} submitted" + (f": {', '.join(counts)}." if counts else "."))
    if pool.ended:
        parts.append(f"It is {pool.ended}.")
    if pool.error:
        parts.append(f"The last exception of a task: {sanitize(pool.error, 120)}.")
    return " ".join(parts)
