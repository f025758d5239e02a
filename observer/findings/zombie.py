"""A child has ended, and its parent has not joined it.

The system keeps the pid and the exit status of an ended child until its parent asks for them. A few such zombies do no
harm; a program that starts children for a long time and never joins them runs out of pids. Call `join()` on every
process, or `multiprocessing.active_children()`, which joins those that have ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ..model import Finding, Process, Severity, Site, State, Verdict
from ..model.keys import ProcessKey
from .phrases import named
from .rule import Facts, Rule

_CONFIRM_SECONDS = 2.0
"""Seconds for which a child may be a zombie before it is reported: its parent needs time to join it."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    parents = {process.pid: process for process in world.processes.values() if process.state.alive}
    ended: dict[tuple[ProcessKey, Site | None], list[Process]] = defaultdict(list)
    for process in world.processes.values():
        parent = parents.get(process.parent)
        if process.state is not State.ZOMBIE or parent is None or process.ended is None:
            continue
        if process.known_only_by_pid and not process.probed:
            continue  # its handle may not be known yet
        if any(world.joined(wait) for wait in parent.waits):
            continue  # its turn will come
        if (parent.key, parent.main_thread or 0) in facts.waits.dead | facts.waits.in_vain:
            continue  # another finding says why its parent does not come to it
        if world.now - process.ended >= _CONFIRM_SECONDS:
            ended[parent.key, process.site].append(process)
    for (key, site), children in ended.items():
        parent, one = world.processes[key], len(children) == 1
        yield RULE.finding(
            world,
            Severity.INFO,
            Verdict.CERTAIN,
            {
                "children": named(children),
                "have": "has" if one else "have",
                "them": "it: its pid and exit status are" if one else "them: their pids and exit statuses are",
                "parent": parent.name,
            },
            site=site,
            processes=[child.key for child in children],
        )


RULE = Rule(
    "zombie",
    __doc__,
    "{children} {have} ended, and {parent} has not joined {them} kept",
    "Let {parent} call join(), is_alive() or active_children()",
    _find,
)
