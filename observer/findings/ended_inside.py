"""A process was ended by a signal inside an operation on a Queue, an Event, a Condition or a Barrier.

The object is left in a state that no other process can repair: `get()` holds the lock of a Queue's reading end, its
feeder thread that of the writing end, and `wait()` is counted as a waiter until it returns (cpython#75158). Those that
use the object afterwards may wait forever. Ask a process to end by a message or an Event instead of ending it by
`terminate()` or `kill()`, or make a new object afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Access, Finding, Phase, Process, Severity, Verdict, World
from ..model.channel import QUEUES
from ..model.keys import ChannelKey, LockKey
from .rule import Facts, Rule
from .sentences import how_it_ended

_WAITED_FOR = {"Event": "set()", "Condition": "notify()", "Barrier": "wait()"}


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    main = world.main_process
    if main is None or not main.state.alive or main.phase is Phase.EXITING:
        return  # at its end, a program ends its daemons
    explained = {wait.key for cause in facts.waits.causes for wait in (*cause.waits, *cause.affected)}
    for key, access in world.access.items():
        if not access.died_inside or key in explained:
            continue
        name, operation, effect = _effect(world, key, access)
        ended = [world.processes[process] for process in access.died_inside if process in world.processes]
        killed = [
            process for process in ended if process.signal is not None and access.died_inside[process.key] == operation
        ]
        others = _others(world, access)
        if not effect or not killed or not others:
            continue
        yield RULE.finding(
            world,
            Severity.INFO,
            Verdict.SUSPECTED,
            {
                "process": killed[0].name,
                "how": how_it_ended(killed[0]),
                "call": f"{name}.{operation}()",
                "effect": effect,
            },
            processes=[killed[0].key],
            objects=[key],
        )


def _effect(world: World, key: int, access: Access) -> tuple[str, str, str]:
    """Return the object's name, the operation that matters, and what follows from its being cut off."""
    operations = set(access.died_inside.values())
    channel, lock = world.channels.get(ChannelKey(key)), world.locks.get(LockKey(key))
    if channel is not None and channel.kind in QUEUES and not channel.internal:
        if "get" in operations:
            return (
                channel.name,
                "get",
                "it may have held the lock of the reading end, and then no process can get an item any more",
            )
        if "feed" in operations:
            return (
                channel.name,
                "feed",
                "its feeder thread held the lock of the writing end, and no other process can write",
            )
    if lock is not None and lock.kind in _WAITED_FOR and not lock.internal and "wait" in operations:
        call = _WAITED_FOR[lock.kind]
        return (
            lock.name,
            "wait",
            f"it is still counted as a waiter, and the next {call} may wait forever for its answer",
        )
    return "", "", ""


def _others(world: World, access: Access) -> list[Process]:
    """Return the living processes that have used the object."""
    keys = {key for key, _ in access.users}
    return [
        process
        for key in keys
        if (process := world.processes.get(key)) is not None
        and process.state.alive
        and process.phase is not Phase.EXITING
    ]


RULE = Rule(
    "ended-inside",
    __doc__,
    "{process} {how} inside {call}: {effect}",
    "Ask a process to end by a message or an Event, or make a new object when one was ended by a signal",
    _find,
    needs_history=True,
)
