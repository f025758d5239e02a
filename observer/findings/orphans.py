"""Processes live on after the process that started them was ended without ending them.

A process ends or joins its children only when it exits in the normal way. One that is killed, or that calls
`os._exit()`, leaves them behind, daemons as well: they continue to work, or wait forever for something that no process
will send. Let each child wait for `multiprocessing.parent_process().sentinel` in a thread, and end when it is ready;
and end the parent by a message or by SIGTERM with a handler that ends its children.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ..model import Finding, Phase, Process, Severity, Verdict, World
from .phrases import named, origin, started_at
from .rule import Facts, Rule
from .sentences import how_it_ended

_PATIENCE_SECONDS = 2.0
"""Seconds that a child has to notice that its parent has ended: it may check for that at intervals."""
_LAST_PATIENCE_SECONDS = 0.8
"""The same, once the program itself has ended: processes that it has left are then ended soon."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    children: dict[int | None, list[Process]] = defaultdict(list)
    for process in world.living_processes:
        if process.role == "process" and process.probed:
            children[process.parent].append(process)
    if not children:
        return
    for parent in world.processes.values():
        left = [child for child in children.get(parent.pid, []) if _is_older(child, parent)]
        if not left or not _has_left_them(world, parent):
            continue
        yield RULE.finding(
            world,
            Severity.WARNING,
            Verdict.CERTAIN,
            {
                "children": named(left) + started_at(*left),
                "live": "lives" if len(left) == 1 else "live",
                "parent": parent.name,
                "ended": how_it_ended(parent) if parent.signal else "ended without its exit handlers",
                "them": "it" if len(left) == 1 else "them",
            },
            site=origin(left[0]),
            processes=[parent.key, *(child.key for child in left)],
        )


def _has_left_them(world: World, parent: Process) -> bool:
    """Return whether it has ended in a way that ends no children, and they have had the time to notice."""
    if parent.ended is None or not parent.probed or (not parent.signal and parent.phase is Phase.EXITING):
        return False
    main = world.main_process
    patience = _PATIENCE_SECONDS if main is not None and main.ended is None else _LAST_PATIENCE_SECONDS
    return world.now - parent.ended >= patience


def _is_older(child: Process, parent: Process) -> bool:
    """Return whether the child was started before the parent ended: a pid can be used again."""
    return child.started is not None and parent.ended is not None and child.started <= parent.ended


RULE = Rule(
    "orphans",
    __doc__,
    "{children} {live} on although {parent}, which started {them}, {ended}: no process joins or ends {them}",
    "Let a child end with its parent, by a thread that waits for multiprocessing.parent_process().sentinel; end"
    " {parent} by a message, or by SIGTERM with a handler that ends its children",
    _find,
    needs_history=True,
)
