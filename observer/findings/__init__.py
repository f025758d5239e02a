"""Problems that can be proved or strongly suspected from a world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from ..model import Finding, World
from . import (
    deadlock,
    failed_tap,
    holder_died,
    internal_error,
    join_before_get,
    lost_with_process,
    not_observed,
    not_unlinked,
    standstill,
    task_lost,
    unpicklable,
    workers_never_begin,
    zombie,
)

Rule = Callable[[World], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    not_observed.find,
    deadlock.find,
    holder_died.find,
    task_lost.find,
    workers_never_begin.find,
    internal_error.find,
    failed_tap.find,
    join_before_get.find,
    unpicklable.find,
    lost_with_process.find,
    standstill.find,
    not_unlinked.find,
    zombie.find,
)

DISSOLVED: dict[str, Callable[[World, Finding], Finding]] = {
    deadlock.RULE: deadlock.dissolved,
    holder_died.RULE: holder_died.dissolved,
}
"""How what does not hold any more is told, by rule, where that says more of it."""


class FindingTracker:
    """Keeps `world.findings`: each with the moment at which it was first found, and whether it still holds."""

    def __init__(self, world: World) -> None:
        self._world = world

    def dissolve(self) -> None:
        """What was found was true until now."""
        for key, finding in self._world.findings.items():
            if finding.active:
                self._world.findings[key] = replace(finding, active=False)
                self._world.changes += 1

    def look(self) -> None:
        """Finding what was found before changes nothing."""
        world = self._world
        found: dict[tuple[object, ...], Finding] = {}
        for rule in RULES:
            for finding in rule(world):
                found[finding.key] = finding
        for key, finding in world.findings.items():
            if key not in found and finding.active and finding.rule in DISSOLVED:
                finding = DISSOLVED[finding.rule](world, finding)
            if key not in found:
                found[key] = replace(finding, active=False) if finding.active else finding
        for key, finding in found.items():
            before = world.findings.get(key)
            told = finding if before is None else replace(finding, at=before.at)
            if told != before:
                world.findings[key] = told
                world.changes += 1
