"""Keeps the findings of a world up to date."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from ..log import Log
from ..model import Finding, Severity, Verdict, World
from .dead_waits import DeadWaits
from .lock_loads import LockLoads
from .polls import Polls
from .registry import load_errors, rule_sources
from .rule import Facts, Rule

log = Log(__name__)


class FindingTracker:
    """Keeps `world.findings`: each with the moment at which it was first found, and whether it still holds."""

    def __init__(self, world: World, *, has_history: bool = True, strict: bool = False) -> None:
        """Create a tracker without findings.

        Args:
            world: what the rules read, and where the findings are kept.
            has_history: the probe has recorded what happened; otherwise the world is only read from outside.
            strict: see `Facts.strict`.
        """
        self._world = world
        self._strict = strict
        self._has_history = has_history
        self._sources = rule_sources()
        for error in load_errors():
            world.fault = world.fault or error
        self._polls = Polls()
        self._lock_loads = LockLoads()
        self._failed: set[str] = set()
        """Names of the rules that have raised an exception."""

    def deactivate_all(self) -> None:
        """Make all findings inactive: the run was ended from outside."""
        for key, finding in self._world.findings.items():
            if finding.active:
                self._world.findings[key] = replace(finding, active=False)
                self._world.changes += 1

    def _ask(self, rule: Rule, facts: Facts) -> list[Finding]:
        """Return what a rule finds. An exception in it is noted, and affects neither the other rules nor the run."""
        try:
            return list(rule.find(facts))
        except Exception as error:
            if rule.name not in self._failed:
                self._failed.add(rule.name)
                log.error("the rule %s failed", rule.name, exc_info=error)
            self._world.fault = self._world.fault or f"the rule {rule.name} failed: {type(error).__name__}: {error}"
            return []

    def _rules(self, facts: Facts) -> list[Rule]:
        """Return the rules that may find something."""
        rules = [rule for source in self._sources if (rule := source.rule(facts)) is not None]
        return [rule for rule in rules if self._has_history or not rule.needs_history]

    def look(self, *, settled: bool = True) -> None:
        """Ask every rule. Findings that were already known are unchanged.

        Args:
            settled: True if no process has begun or ended while the world was read. Otherwise others may wait for a
                process that has just begun: only rules that allow for that are asked, and other findings stay.
        """
        world = self._world
        self._polls.look(world)
        self._lock_loads.look(world)
        facts = Facts(world, DeadWaits(world), self._polls, lock_loads=self._lock_loads, strict=self._strict)
        rules = self._rules(facts)
        asked = rules if settled else [rule for rule in rules if rule.judges_changes]
        found = {finding.key: finding for rule in asked for finding in self._ask(rule, facts)}
        replaced = self._add_others(found, {rule.name: rule for rule in asked}, settled=settled)
        for key, finding in found.items():
            before = world.findings.get(key)
            kept = replace(finding, at=before.at if before is not None else replaced.get(key, finding.at))
            if kept != before:
                world.findings[key] = kept
                world.changes += 1
        for key in world.findings.keys() - found.keys():
            del world.findings[key]
            world.changes += 1
        dead = facts.waits.main_is_dead
        if settled and dead != (world.main_cannot_finish is not None):
            world.main_cannot_finish = world.now if dead else None
            world.changes += 1

    def _add_others(
        self, found: dict[tuple[object, ...], Finding], asked: Mapping[str, Rule], *, settled: bool
    ) -> dict[tuple[object, ...], float]:
        """Add the known findings that were not found again, and return since when those have held that replace others.

        Args:
            found: by their keys; the others are added.
            asked: the rules that were asked, by their names.
            settled: see `look`; otherwise the findings of other rules stay as they are.
        """
        replaced: dict[tuple[object, ...], float] = {}
        for key, finding in self._world.findings.items():
            if key in found:
                continue
            if not settled and finding.rule not in asked:
                found[key] = finding
                continue
            rule = asked.get(finding.rule)
            explained_by = rule.explained_by if rule is not None else ()
            larger = _larger(finding, found.values(), explained_by) if finding.active else None
            if larger is not None:
                replaced[larger.key] = min(finding.at, replaced.get(larger.key, finding.at))
                continue
            ended = _ended(self._world, finding, rule) if finding.active else finding
            if ended is not None:
                found[key] = replace(ended, active=False)
        return replaced


def _larger(finding: Finding, others: Iterable[Finding], explained_by: Sequence[str]) -> Finding | None:
    """Return the finding into which this one has grown.

    More processes are concerned by the same problem, or a rule that explains it has been found for the same object.
    """
    for other in others:
        if not other.active or other.objects != finding.objects:
            continue
        if other.rule in explained_by or (other.rule == finding.rule and set(finding.processes) < set(other.processes)):
            return other
    return None


def _ended(world: World, finding: Finding, rule: Rule | None) -> Finding | None:
    """Return a finding that no longer holds, as its rule describes it then; None if nothing is left to say."""
    if rule is not None and rule.past:
        finding = replace(finding, message=rule.past.format_map(finding.fields))
    change = (rule.over if rule is not None else None) or _resolved
    return change(world, finding)


def _resolved(world: World, finding: Finding) -> Finding:
    """Return a finding that has ended. A suspicion is then no error, unless a signal has ended a waiting process."""
    if finding.verdict is not Verdict.SUSPECTED or finding.severity is not Severity.ERROR:
        return finding
    processes = [*map(world.processes.get, finding.processes), world.main_process]
    if any(process is None or process.signal is not None for process in processes):
        return finding
    return replace(finding, severity=Severity.INFO, message=f"{finding.message}; it resolved itself")
