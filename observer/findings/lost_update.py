"""A process writes what it has computed from an old content of a Value, and undoes what another has written meanwhile.

`v.value += 1` reads and then writes, and each of the two takes the Value's lock separately: between them another
process can write. Hold the lock over both: `with v.get_lock(): v.value += 1`. The lock must be the same one in
all processes: under spawn and forkserver, one that is made at module level is made anew in each child. Likewise,
`d['n'] += 1` on a dict of a manager is two calls: make `lock = manager.Lock()` once, and hold it over both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..model import (
    Dependence,
    Finding,
    Lock,
    ManagedObject,
    Severity,
    SharedValue,
    Site,
    Updater,
    Updates,
    Verdict,
    World,
)
from ..model.keys import LockKey, ProcessKey
from .phrases import named
from .rule import Facts, Rule

_MAX_LINES = 3
_CONTAINERS = ("dict", "list")
_PARTS = {"dict": "keys", "list": "items"}
_QUOTES = "'"
_SIGNALS_OF_MANAGERS = ("Event", "Barrier", "Queue", "JoinableQueue")
_LOCKS_OF_MANAGERS = ("Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition")


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for key, updates in world.updates.items():
        value = world.values.get(key)
        if value is None:
            continue
        finding = _lost(world, value, updates, strict=facts.strict) or _unprotected(world, value, updates)
        if finding is not None:
            yield finding
    for managed in world.managed.values():
        if managed.lost_items:
            yield _lost_in_manager(world, managed, strict=facts.strict)
        elif managed.shared_items and not _may_take_turns(world):
            yield _unprotected_in_manager(world, managed)


def _lost_in_manager(world: World, managed: ManagedObject, *, strict: bool) -> Finding:
    count = sum(lost.count for lost in managed.lost_items)
    items = list(dict.fromkeys(lost.item for lost in managed.lost_items))
    several = f"{len(items)} {_PARTS.get(managed.type, 'attributes')} of {managed.name} (such as {items[0].strip()})"
    return RULE.finding(
        world,
        Severity.ERROR if strict else Severity.WARNING,
        Verdict.CERTAIN,
        {
            "count": f"at least {count} write{'s' if count != 1 else ''}",
            "value": several if len(items) > 1 else _item_name(managed, items[0]),
            "were": "was" if count == 1 else "were",
            "where": _where((lost.read_line, lost.site) for lost in managed.lost_items),
            "how": _NOT_ONE_LOCK,
            "lock": _new_lock(world, managed),
        },
        site=max(managed.lost_items, key=lambda lost: lost.count).site,
        objects=[managed.key],
        template=_LOST_IN_MANAGER,
        advice=_LOCK_OF_MANAGER,
    )


def _unprotected_in_manager(world: World, managed: ManagedObject) -> Finding:
    """Give a hint: several processes update an item at the same time, and no lock is seen by which they take turns."""
    item = managed.shared_items[0].item
    sharing = [shared for shared in managed.shared_items if shared.item == item]
    return RULE.finding(
        world,
        Severity.INFO,
        Verdict.SUSPECTED,
        {
            "processes": named([world.processes[each.process] for each in sharing if each.process in world.processes]),
            "value": _item_name(managed, item),
            "where": _where((shared.read_line, shared.site) for shared in sharing),
            "how": _NOT_ONE_LOCK,
            "lock": _new_lock(world, managed),
        },
        site=sharing[0].site,
        objects=[managed.key],
        template=_NONE_SEEN_LOST,
        advice=_LOCK_OF_MANAGER,
    )


def _may_take_turns(world: World) -> bool:
    """Return whether the program has anything by which processes can take turns, so that no update is at risk."""
    return (
        any(item.type in _LOCKS_OF_MANAGERS or item.type in _SIGNALS_OF_MANAGERS for item in world.managed.values())
        or any(not lock.internal for lock in world.locks.values())
        or any(not channel.internal for channel in world.channels.values())
    )


def _item_name(managed: ManagedObject, item: str) -> str:
    if managed.type in _CONTAINERS:
        return f"{managed.name}[{item}]"
    return f"{managed.name}.{item.strip(_QUOTES)}"


def _new_lock(world: World, managed: ManagedObject) -> str:
    """Return the call that makes a lock in the manager of an object."""
    manager = world.managers.get(managed.manager)
    return f"{manager.name if manager is not None else 'manager'}.Lock()"


def _lost(world: World, value: SharedValue, updates: Updates, *, strict: bool) -> Finding | None:
    losing = [updater for updater in _dependent(updates) if updater.lost]
    if not losing:
        return None
    proved = [updater for updater in losing if updater.dependence is Dependence.SAME_LINE]
    # The number is not exact if a write depends on nothing that was read: it may have overwritten others on purpose.
    exact = all(updater.dependence is not Dependence.NONE for updater in updates.updaters.values())
    count = updates.lost if exact else sum(updater.lost for updater in losing)
    shown = proved or losing
    return RULE.finding(
        world,
        Severity.ERROR if proved and strict else Severity.WARNING,
        Verdict.CERTAIN if proved else Verdict.SUSPECTED,
        {
            "count": f"{count} update{'s' if count != 1 else ''}" if exact else "Writes",
            "value": value.name,
            "were": "was" if count == 1 and exact else "were",
            "where": _where_of(shown),
            "how": _how(world, updates),
            "lock": _own_lock_name(world, updates),
        },
        site=max(shown, key=lambda updater: updater.lost).site,
        objects=[value.key],
        template="" if exact else _OVERWRITTEN,
        advice=_advice(world, updates),
    )


def _unprotected(world: World, value: SharedValue, updates: Updates) -> Finding | None:
    """Return a hint that updates are not protected, although none was lost this time."""
    updaters = [updater for updater in updates.updaters.values() if updater.dependence is Dependence.SAME_LINE]
    processes = {updater.process for updater in updaters}
    if len(processes) < 2 or not updates.concurrent or _common(updates) != frozenset():
        return None
    if any(item.type in _LOCKS_OF_MANAGERS for item in world.managed.values()):
        return None  # one of these may protect it
    if value.writes is None:
        return _unseen(world, value, updaters)
    return RULE.finding(
        world,
        Severity.INFO,
        Verdict.SUSPECTED,
        {
            "processes": named([world.processes[process] for process in processes if process in world.processes]),
            "value": value.name,
            "where": _where_of(updaters),
            "how": _how(world, updates),
            "lock": _own_lock_name(world, updates),
        },
        site=updaters[0].site,
        objects=[value.key],
        template=_NONE_LOST,
        advice=_advice(world, updates),
    )


def _unseen(world: World, value: SharedValue, updaters: Sequence[Updater]) -> Finding:
    """Warn of an object without a lock: what was written to it is not observed, so that nobody knows what was lost."""
    processes = dict.fromkeys(updater.process for updater in updaters)
    return RULE.finding(
        world,
        Severity.WARNING,
        Verdict.SUSPECTED,
        {
            "processes": named([world.processes[process] for process in processes if process in world.processes]),
            "value": value.name,
            "where": _where_of(updaters),
        },
        site=updaters[0].site,
        objects=[value.key],
        template=_NOT_OBSERVED,
        advice=_ANOTHER_LOCK,
    )


def _common(updates: Updates) -> frozenset[LockKey] | None:
    """Return the locks that were held during every update; None where that is not known."""
    common: frozenset[LockKey] | None = None
    for updater in _dependent(updates):
        if updater.locks is None:
            return None
        common = updater.locks if common is None else common & updater.locks
    return common


def _dependent(updates: Updates) -> list[Updater]:
    return [updater for updater in updates.updaters.values() if updater.dependence is not Dependence.NONE]


def _where_of(updaters: Sequence[Updater]) -> str:
    return _where((updater.read_line, updater.site) for updater in updaters)


def _where(places: Iterable[tuple[int | None, Site]]) -> str:
    """Describe the lines that have read, as far as they are others, and the sites that have written."""
    lines: dict[str, None] = {}
    for read_line, site in places:
        apart = read_line is not None and read_line != site.line
        lines[f"read at {Site(site.path, read_line or 0)}, written at {site}" if apart else f"{site}"] = None
    shown = list(lines)[:_MAX_LINES]
    return f" ({'; '.join(shown)})"


def _locks(world: World, updates: Updates) -> dict[ProcessKey, list[Lock]] | None:
    """Return the locks that each process held, by its key; None where that is not known."""
    found: dict[ProcessKey, frozenset[LockKey]] = {}
    for updater in _dependent(updates):
        if updater.locks is None:
            return None
        found[updater.process] = found.get(updater.process, updater.locks) & updater.locks
    return {
        process: [world.locks[key] for key in sorted(keys) if key in world.locks] for process, keys in found.items()
    }


def _how(world: World, updates: Updates) -> str:
    held = _locks(world, updates)
    if held is None:
        return _NOT_ONE_LOCK
    if not any(held.values()):
        return "and no lock was held from the read to the write"
    own = _own_locks(held)
    if own is not None:
        return f"and the lock that was held is another one in each process: {_plain_name(own)}, made at {own.site}"
    parts: list[str] = []
    for process, locks in list(held.items())[:_MAX_LINES]:
        name = world.processes[process].name if process in world.processes else "a process"
        parts.append(f"{name} holds {locks[0].name if locks else 'no lock'}")
    return f"and they hold different locks: {', '.join(parts)}"


def _own_locks(held: dict[ProcessKey, list[Lock]]) -> Lock | None:
    """Return a lock that is a different one in each process, although made at the same line."""
    if not all(held.values()):
        return None
    locks = [held_by_one[0] for held_by_one in held.values()]
    if len({lock.key for lock in locks}) < 2 or len({lock.site for lock in locks}) > 1:
        return None
    makers = {lock.key: lock.owner for lock in locks}
    return locks[0] if len(set(makers.values())) == len(makers) else None


def _plain_name(lock: Lock) -> str:
    """Return its name without the number that distinguishes it from others of the same name."""
    return lock.name.partition("#")[0]


def _own_lock_name(world: World, updates: Updates) -> str:
    """Return the name of the lock that each process has made for itself; empty where there is none."""
    own = _own_locks(_locks(world, updates) or {})
    return _plain_name(own) if own is not None else ""


def _advice(world: World, updates: Updates) -> str:
    held = _locks(world, updates) or {}
    if _own_locks(held) is not None:
        return _MAKE_ONE_LOCK
    return _USE_SAME_LOCK if any(held.values()) else ""


_NOT_ONE_LOCK = "and no lock that all of them share was held from the read to the write"
_NONE_LOST = "{processes} read {value} and write it back{where}, {how}; no update was lost this time"
_NONE_SEEN_LOST = "{processes} read {value} and write it back{where}, {how}; no update was seen to be lost this time"
_NOT_OBSERVED = (
    "{processes} read {value} and write it back{where}, and {value} has no lock: updates may be lost, which is not "
    "observed for objects without a lock"
)
_OVERWRITTEN = "{count} of {value} {were} overwritten{where} by a process that had not read what they wrote, {how}"
_LOST_IN_MANAGER = (
    "Updates of {value} were lost: {count} {were} overwritten{where} by a process that had not read them, {how}"
)
_MAKE_ONE_LOCK = (
    "Make {lock} once, in main, with the context that starts the processes, and pass it to each of them as an argument"
)
_USE_SAME_LOCK = "Use the same lock in all processes, for instance `with {value}.get_lock():`"
_ANOTHER_LOCK = (
    "Hold a Lock that all of them share from the read to the write. A Value or an Array has one, unless it is made "
    "with lock=False: `with {value}.get_lock():`"
)
_LOCK_OF_MANAGER = (
    "Make `lock = {lock}` once, pass it to every process, and hold it from the read to the write; compute before that "
    "what takes long"
)
RULE = Rule(
    "lost-update",
    __doc__,
    "{count} of {value} {were} lost{where}: another process wrote between the read and the write, {how}",
    "Hold the lock from the read to the write, and compute before that what takes long: `with {value}.get_lock():`",
    _find,
    variants=(_NONE_LOST, _NONE_SEEN_LOST, _NOT_OBSERVED, _OVERWRITTEN, _LOST_IN_MANAGER),
    advice_variants=(_MAKE_ONE_LOCK, _USE_SAME_LOCK, _ANOTHER_LOCK, _LOCK_OF_MANAGER),
)
