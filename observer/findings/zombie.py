"""A child has ended, and its parent has not joined it.

The system keeps the pid and the exit status of an ended child until its parent asks for them. A few such zombies do no
harm; a program that starts children for a long time and never joins them runs out of pids. Call `join()` on every
process, or `multiprocessing.active_children()`, which joins those that have ended.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity, State, Verdict
from .rule import Facts, Rule

_PATIENCE = 1.0
"""Seconds for which every ended child is a zombie without anybody's fault."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    parents = {process.pid: process for process in world.processes.values() if process.state.alive}
    for process in world.processes.values():
        parent = parents.get(process.parent)
        if process.state is not State.ZOMBIE or parent is None or process.ended is None:
            continue
        if process.known_only_by_pid and not process.observed:
            continue  # its handle may not be known yet
        if any(world.joined(wait) for wait in parent.waits):
            continue  # its turn will come
        if world.now - process.ended < _PATIENCE:
            continue
        yield RULE.finding(
            world,
            Severity.INFO,
            Verdict.CERTAIN,
            {"process": process.name, "parent": parent.name},
            site=process.site,
            processes=(process.key,),
        )


RULE = Rule(
    "zombie",
    __doc__,
    "{process} has ended, and {parent} has not joined it: its pid and exit status are kept",
    "{parent} calls join(), is_alive() or active_children()",
    _find,
)
