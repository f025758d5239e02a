"""Shared memory is left behind: every process has closed it, and none has unlinked it.

`close()` only ends the use by one process. The memory stays until `unlink()` is called, or until the resource tracker
removes it at the end of the program with a warning. The process that has made it calls `unlink()` when the others are
done, in a finally block.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity, SharedValue, Verdict, World
from .phrases import made_at, named
from .rule import Facts, Rule
from .unlinked_in_use import is_unlinked_in_use

_CONFIRM_SECONDS = 2.0
"""Seconds for which a segment may have no user, since a process may open it by its name again."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for value in world.values.values():
        if (
            value.segment is not None
            and value.owner is not None
            and value.unlinked_by is None
            and not value.open_by
            and not is_unlinked_in_use(value)
        ):
            yield from _left(world, value)


def _left(world: World, value: SharedValue) -> Iterator[Finding]:
    """Yield a finding if no process uses the segment any more, and the program has not unlinked it."""
    manager = world.managers.get(value.manager) if value.manager is not None else None
    users = [world.processes[key] for key in value.opened_by if key in world.processes]
    over = all(user.ended is not None for user in users)
    if manager is not None and (manager.alive or not over):
        return
    if not over and (value.unlinked is not None or world.now - (value.closed or world.now) < _CONFIRM_SECONDS):
        return
    maker = world.processes.get(value.owner) if value.owner is not None else None
    fields = {
        "memory": value.name,
        "made": made_at(value.site),
        "size": value.size,
        "segment": value.segment,
        "users": named(users, "the program"),
    }
    template = _OPEN_NOWHERE
    if over:
        template = "" if value.unlinked is None else _REMOVED
    yield RULE.finding(
        world,
        # A process that was killed could not unlink it.
        Severity.INFO if over and maker is not None and maker.signal else Severity.WARNING,
        Verdict.CERTAIN if over else Verdict.SUSPECTED,
        fields,
        template=template,
        site=value.site,
        processes=(maker.key,) if maker is not None else (),
        objects=(value.key,),
    )


_REMOVED = "{users} ended and never unlinked {memory}{made}: its resource tracker had to remove its {size} bytes"
_OPEN_NOWHERE = (
    "no process has {memory}{made} open any more, and none has unlinked it: its {size} bytes stay in memory, as "
    "/dev/shm/{segment}"
)
RULE = Rule(
    "not-unlinked",
    __doc__,
    "{users} ended and never unlinked {memory}{made}: its {size} bytes stay in memory, as /dev/shm/{segment}",
    "The process that made {memory} calls unlink() when the others are done, in a finally block",
    _find,
    needs_history=True,
    variants=(_REMOVED, _OPEN_NOWHERE),
)
