"""A child has ended, and its parent has not joined it.

The system keeps the pid and the exit status of an ended child until its parent asks for them. A few such zombies do no
harm; a program that starts children for a long time and never joins them runs out of pids. Call `join()` on every
process, or `multiprocessing.active_children()`, which joins those that have ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ..model import Finding, Phase, Process, Severity, Site, State, Verdict, World
from ..model.keys import ProcessKey
from .phrases import named, origin, started_at
from .rule import Facts, Rule

_CONFIRM_SECONDS = 2.0
"""Seconds for which a child may be a zombie before it is reported: its parent needs time to join it."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    parents = {process.pid: process for process in world.processes.values() if process.state.alive}
    explained = {key for finding in _errors(world) for key in finding.processes}
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
        if process.key not in explained and world.now - process.ended >= _CONFIRM_SECONDS:
            ended[parent.key, origin(process)].append(process)
    for (key, site), children in ended.items():
        yield _finding(world, world.processes[key], children, site)


def _errors(world: World) -> list[Finding]:
    """Return the errors that hold: they say more about the processes that they name."""
    return [one for one in world.findings.values() if one.active and one.severity is Severity.ERROR]


def _finding(world: World, parent: Process, children: list[Process], site: Site | None) -> Finding:
    one = len(children) == 1
    return RULE.finding(
        world,
        Severity.INFO,
        Verdict.CERTAIN,
        {
            "children": f"{named(children)}{started_at(children[0])}",
            "have": "has" if one else "have",
            "them": "it" if one else "them",
            "their": "its pid and exit status" if one else "their pids and exit statuses",
            "parent": parent.name,
            "seconds": f"{world.now - min(child.ended or world.now for child in children):.0f}",
        },
        site=site,
        processes=[child.key for child in children],
    )


def _over(world: World, finding: Finding) -> Finding | None:
    """Return None unless the program has never joined them: their parent has ended, or is about to."""
    children = [world.processes[key] for key in finding.processes if key in world.processes]
    by_pid = {process.pid: process for process in world.processes.values()}
    for child in children:
        parent = by_pid.get(child.parent)
        if parent is not None and parent.state.alive and parent.phase is not Phase.EXITING:
            return None
        if child.joined is not None and not child.joined_at_exit:
            return None
    return finding


RULE = Rule(
    "zombie",
    __doc__,
    "{children} {have} ended, and {parent} has not joined {them}: {their} are kept",
    "Let {parent} call join(), is_alive() or active_children()",
    _find,
    _over,
    past="{children} had ended, and {parent} did not join {them} before it ended itself: {their} were kept for"
    " {seconds} s",
)
