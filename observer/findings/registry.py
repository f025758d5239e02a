"""All rules: ours, and those of other packages by the entry point group `rockproc.findings`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import cast

from ..model.finding import present_rule
from .rule import Facts, Rule

GROUP = "rockproc.findings"
"""The entry point group in which other packages name a `Rule` each."""


def _always(_facts: Facts) -> bool:
    return True


def _has_children(facts: Facts) -> bool:
    return len(facts.world.processes) > 1


def _has_channels(facts: Facts) -> bool:
    return bool(facts.world.channels)


def _has_locks(facts: Facts) -> bool:
    return bool(facts.world.locks)


def _has_values(facts: Facts) -> bool:
    return bool(facts.world.values or facts.world.managed)


def _has_managers(facts: Facts) -> bool:
    return bool(facts.world.managers or facts.world.managed)


def _has_pools(facts: Facts) -> bool:
    return bool(facts.world.pools)


def _has_dead_waits(facts: Facts) -> bool:
    return bool(facts.waits.causes or facts.waits.in_vain)


_OWN: tuple[tuple[str, Callable[[Facts], bool]], ...] = (
    ("not_observed", _always),
    ("sigterm_ignored", _has_children),
    ("join_before_get", _has_dead_waits),
    ("deadlock", _has_dead_waits),
    ("holder_died", _has_locks),
    ("waiter_died", _has_dead_waits),
    ("task_lost", _has_pools),
    ("executor_broken", _has_pools),
    ("pool_stuck", _has_pools),
    ("workers_never_begin", _has_pools),
    ("result_never_comes", _has_dead_waits),
    ("tasks_not_done", _has_dead_waits),
    ("pipe_full", _has_dead_waits),
    ("barrier_short", _has_dead_waits),
    ("permits_lost", _has_dead_waits),
    ("manager_wait", _has_dead_waits),
    ("never_notified", _has_dead_waits),
    ("event_never_set", _has_dead_waits),
    ("no_eof", _has_dead_waits),
    ("nothing_ready", _has_dead_waits),
    ("starved_get", _has_dead_waits),
    ("thread_lock", _has_dead_waits),
    ("polls_in_vain", _has_dead_waits),
    ("failed_tap", _always),
    ("internal_error", _always),
    ("lost_track", _always),
    ("no_main_guard", _has_children),
    ("exit_code_ignored", _has_children),
    ("errors_never_fetched", _has_pools),
    ("overlapping_sends", _has_channels),
    ("overlapping_receives", _has_channels),
    ("lost_update", _has_values),
    ("unpicklable", _has_channels),
    ("lost_with_process", _has_channels),
    ("not_unlinked", _has_values),
    ("unlinked_in_use", _has_values),
    ("zombie", _has_children),
    ("changed_copy", _has_managers),
    ("not_shared", _has_children),
    ("lock_order", _has_locks),
    ("released_unheld", _has_locks),
    ("ended_inside", _has_children),
    ("orphans", _has_children),
    ("manager_died", _has_managers),
    ("serial_processes", _has_children),
    ("lock_convoy", _has_locks),
    ("oversubscription", _has_children),
    ("never_received", _has_channels),
    ("queue_grows", _has_channels),
    ("busy_polling", _has_channels),
    ("large_messages", _has_channels),
)
"""The modules of our rules, and what must be there before the rule can find anything.

They are in the order of their evaluation: a wait that one rule explains is not reported by a later one.
"""


class RuleSource:
    """A rule that is imported when it may find something: in a short run, most never do."""

    def __init__(self, load: Callable[[], Rule], may_find: Callable[[Facts], bool]) -> None:
        self._load = load
        self._may_find = may_find
        self._rule: Rule | None = None

    def rule(self, facts: Facts) -> Rule | None:
        """Return the rule; None as long as it finds nothing for certain."""
        if self._rule is None and self._may_find(facts):
            self._rule = self._load()
        return self._rule


def rule_sources() -> list[RuleSource]:
    """Return a source for each rule, in the order of their evaluation."""
    own = [RuleSource(lambda module=module: _rule_in(module), may_find) for module, may_find in _OWN]
    return own + [RuleSource(lambda rule=rule: rule, _always) for rule in _external_rules()[0]]


@lru_cache(maxsize=1)
def own_rules() -> tuple[Rule, ...]:
    """Return all of our rules, in the order of their evaluation."""
    return tuple(_rule_in(module) for module, _ in _OWN)


def _rule_in(module: str) -> Rule:
    return cast("Rule", import_module(f".{module}", __package__).RULE)


def all_rules() -> tuple[Rule, ...]:
    """Return ours, and then those of other packages that could be loaded."""
    return own_rules() + _external_rules()[0]


def load_errors() -> tuple[str, ...]:
    """Return a sentence for each entry point of another package that gives no rule."""
    return _external_rules()[1]


@lru_cache(maxsize=1)
def _external_rules() -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    if not _may_be_extended():
        return (), ()
    from importlib.metadata import entry_points  # takes longer to import than all of our rules

    rules, errors = list[Rule](), list[str]()
    for entry in entry_points(group=GROUP):
        package = entry.dist.name if entry.dist is not None else entry.module
        try:
            rule = entry.load()
        except Exception as error:  # an external module may raise any exception
            errors.append(f"the rule {entry.name} of {package} cannot be loaded: {type(error).__name__}: {error}")
            continue
        if isinstance(rule, Rule):
            rules.append(rule)
        else:
            errors.append(f"the rule {entry.name} of {package} is no Rule of rockproc.observer.findings")
    return tuple(rules), tuple(errors)


def _may_be_extended() -> bool:
    """Return False when no installed package names the group, which is found much sooner than what they name."""
    for folder in map(Path, sys.path):
        if folder.is_file():
            return True  # an archive, which only `importlib.metadata` looks into
        try:
            names = [name for name in os.listdir(folder) if name.endswith((".dist-info", ".egg-info"))]  # noqa: PTH208
        except OSError:
            continue
        for name in names:
            try:
                if GROUP in (folder / name / "entry_points.txt").read_text(errors="replace"):
                    return True
            except OSError:
                continue
    return False


def rule_named(name: str) -> Rule | None:
    """Return the rule of this name, which may be a former one; None if there is none."""
    return next((rule for rule in all_rules() if rule.name == present_rule(name)), None)


def explanations() -> dict[str, str]:
    """Return the explanation of every rule, by its name, sorted."""
    return {rule.name: (rule.explanation or "").strip() for rule in sorted(all_rules(), key=lambda rule: rule.name)}
