"""Shared memory is unlinked while others use it, so that no process can open it any more.

A process that opens a SharedMemory registers it with its resource tracker, which unlinks it when the process ends. A
program that was started by `subprocess` has a resource tracker of its own (cpython#82300). Start the users of the
memory by `multiprocessing`, so that they share one resource tracker, or open it with `track=False` (Python 3.13).
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Process, Severity, SharedValue, UnobservedReason, Verdict, World
from .phrases import made_at, named
from .rule import Facts, Rule

_TRACKER_SECONDS = 3.0
"""The longest time after the end of a process in which its resource tracker unlinks what it has left."""


def is_unlinked_in_use(value: SharedValue) -> bool:
    """Return whether a segment was unlinked by no known process while processes had it open."""
    return bool(value.bereft) and value.unlinked is not None and value.unlinked_by is None


def _find(facts: Facts) -> Iterator[Finding]:
    for value in facts.world.values.values():
        if value.segment is not None and is_unlinked_in_use(value):
            yield _unlinked(facts.world, value)


def _unlinked(world: World, value: SharedValue) -> Finding:
    """Return the finding for a segment that was unlinked while other processes use it (bpo-38119)."""
    users = [world.processes[key] for key in value.bereft if key in world.processes]
    ended = [
        process
        for key in value.opened_by
        if key not in value.bereft
        and (process := world.processes.get(key)) is not None
        and process.ended is not None
        and process.ended <= (value.unlinked or world.now) + 0.1
    ]
    last = max(ended, key=lambda process: process.ended or 0.0, default=None)
    unobserved = None if last is not None else _ended_python(world, value)
    template = _FROM_OUTSIDE if unobserved is None else _BY_UNOBSERVED
    return RULE.finding(
        world,
        Severity.WARNING,
        Verdict.SUSPECTED,
        {
            "users": named(users, "the program"),
            "memory": value.name + made_at(value.site),
            "ended": last.name if last is not None else "",
            "pid": unobserved.pid if unobserved is not None else "",
        },
        template="" if last is not None else template,
        advice=_WITH_MULTIPROCESSING if unobserved is not None else "",
        site=value.site,
        processes=tuple(user.key for user in users),
        objects=(value.key,),
    )


def _ended_python(world: World, value: SharedValue) -> Process | None:
    """Return the last Python that `subprocess` has started and that has ended before a segment was gone."""
    ended = [
        process
        for process in world.processes.values()
        if process.unobserved is UnobservedReason.SUBPROCESS
        and process.ended is not None
        and -_TRACKER_SECONDS <= process.ended - (value.unlinked or world.now) <= 0.1
    ]
    return max(ended, key=lambda process: process.ended or 0.0, default=None)


_BY_UNOBSERVED = (
    "{users} had {memory} open, and it was unlinked, probably by the resource tracker of a Python that subprocess had "
    "started (pid {pid}) when that Python ended: no process can open it any more"
)
_WITH_MULTIPROCESSING = (
    "Start the user with multiprocessing instead of subprocess, so that both share one resource tracker; from Python "
    "3.13 on, it may also open the segment with track=False. Call unlink() once, at the end"
)
_FROM_OUTSIDE = "{users} had {memory} open, and it was unlinked from outside: no process can open it any more"
RULE = Rule(
    "unlinked-in-use",
    __doc__,
    "{users} had {memory} open, and the resource tracker of {ended} unlinked it when that ended: no process can open "
    "it any more",
    "Make the segment before its users are started, so that they share one resource tracker; from Python 3.13 on, they "
    "may also open it with track=False. Call unlink() once, at the end",
    _find,
    needs_history=True,
    variants=(_BY_UNOBSERVED, _FROM_OUTSIDE),
    advice_variants=(_WITH_MULTIPROCESSING,),
)
