"""Problems that can be proved or strongly suspected from a world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ..world import Finding, World
from . import deadlock, death, lost_task, own, segment, unread, zombie

Rule = Callable[[World], Iterator[Finding]]

RULES: tuple[Rule, ...] = (deadlock.find, death.find, lost_task.find, own.find, unread.find, segment.find, zombie.find)


class Findings:
    """Keeps `world.findings`: each with the moment at which it was first found, and whether it still holds."""

    def __init__(self, world: World) -> None:
        self._world = world

    def look(self) -> None:
        found: dict[tuple[object, ...], Finding] = {}
        for rule in RULES:
            for finding in rule(self._world):
                found[finding.rule, finding.processes, finding.objects] = finding
        known = self._world.findings
        for key, finding in known.items():
            if key not in found and finding.active:
                known[key] = replace(finding, active=False)
        for key, finding in found.items():
            before = known.get(key)
            since = replace(finding, at=before.at) if before is not None else finding
            if since != before:
                known[key] = since
