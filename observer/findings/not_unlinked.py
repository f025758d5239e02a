"""Shared memory is left behind: everybody has closed it, and nobody has unlinked it.

`close()` only ends the use by one process. The memory stays until `unlink()` is called, or until the resource tracker
removes it at the end of the program with a warning. The process that has made it calls `unlink()` when the others are
done, in a finally block.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity, SharedValue, Verdict, World
from .phrases import named
from .rule import Facts, Rule

_PATIENCE = 2.0
"""Seconds for which a segment may have no user: somebody may open it by its name again."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for value in world.values.values():
        if value.segment is None:
            continue
        if value.bereft and value.unlinked is not None and value.unlinked_by is None:
            yield _taken(world, value)
        elif value.owner is not None and value.unlinked_by is None and not value.open_by:
            yield from _left(world, value)


def _left(world: World, value: SharedValue) -> Iterator[Finding]:
    """Everyone has closed it or ended, and its name is still there, or only a resource tracker has removed it."""
    manager = world.managers.get(value.manager) if value.manager is not None else None
    users = [world.processes[key] for key in value.opened_by if key in world.processes]
    over = all(user.ended is not None for user in users)
    if manager is not None and (manager.alive or not over):
        return
    if not over and (value.unlinked is not None or world.now - (value.closed or world.now) < _PATIENCE):
        return
    maker = world.processes.get(value.owner) if value.owner is not None else None
    if over:
        reason = f"{named(users, 'the program')} ended and never unlinked {value.name}"
    else:
        reason = f"nobody has {value.name} open any more, and nobody has unlinked it"
    if value.unlinked is None:
        result = f"its {value.size} bytes stay in memory, as /dev/shm/{value.segment}"
    else:
        result = f"its resource tracker had to remove its {value.size} bytes"
    yield Finding(
        "not-unlinked",
        # Who was killed could not.
        Severity.INFO if over and maker is not None and maker.signal else Severity.WARNING,
        Verdict.CERTAIN if over else Verdict.SUSPECTED,
        f"{reason}: {result}",
        at=world.now,
        site=value.site,
        processes=(maker.key,) if maker is not None else (),
        objects=(value.key,),
        advice=f"The process that made {value.name} calls unlink() when the others are done, in a finally block",
    )


def _taken(world: World, value: SharedValue) -> Finding:
    """bpo-38119: a process that opens a segment has it unlinked at its end, by a resource tracker of its own."""
    users = [world.processes[key] for key in value.bereft if key in world.processes]
    ended = [
        process
        for key in value.opened_by
        if (process := world.processes.get(key)) is not None
        and process.ended is not None
        and process.ended <= (value.unlinked or world.now) + 0.1
    ]
    last = max(ended, key=lambda process: process.ended or 0.0, default=None)
    by = f"the resource tracker of {last.name} unlinked it when that ended" if last else "it was unlinked from outside"
    return Finding(
        "unlinked-in-use",
        Severity.WARNING,
        Verdict.SUSPECTED,
        f"{named(users, 'the program')} had {value.name} open, and {by}: nobody can open it any more",
        at=world.now,
        site=value.site,
        processes=tuple(user.key for user in users),
        objects=(value.key,),
        advice="Make the segment before its users are started, so that they share one resource tracker, or open it "
        "with track=False (Python 3.13)",
    )


_UNLINKED_IN_USE = """\
Shared memory is unlinked while others use it, so that nobody can open it any more.

A process that opens a SharedMemory registers it with its resource tracker, which unlinks it when the process ends. A
program that was started by `subprocess` has a resource tracker of its own (cpython#82300). Start the users of the
memory by `multiprocessing`, so that they share one resource tracker, or open it with `track=False` (Python 3.13).
"""

RULE = Rule(
    "not-unlinked",
    __doc__,
    "{text}",
    "{advice_text}",
    _find,
    also={"unlinked-in-use": _UNLINKED_IN_USE},
    needs_history=True,
)
