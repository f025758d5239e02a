"""All rules: ours, and those of other packages by the entry point group `rockproc.findings`."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from pathlib import Path

from . import (
    barrier_short,
    busy_polling,
    changed_copy,
    deadlock,
    ended_inside,
    errors_never_fetched,
    event_never_set,
    executor_broken,
    exit_code_ignored,
    failed_tap,
    holder_died,
    internal_error,
    join_before_get,
    large_messages,
    lock_convoy,
    lock_order,
    lost_track,
    lost_update,
    lost_with_process,
    manager_died,
    manager_wait,
    never_notified,
    no_eof,
    no_main_guard,
    not_observed,
    not_shared,
    not_unlinked,
    nothing_ready,
    orphans,
    overlapping_receives,
    overlapping_sends,
    oversubscription,
    permits_lost,
    pipe_full,
    polls_in_vain,
    pool_stuck,
    queue_grows,
    released_unheld,
    result_never_comes,
    serial_processes,
    sigterm_ignored,
    starved_get,
    task_lost,
    tasks_not_done,
    thread_lock,
    unlinked_in_use,
    unpicklable,
    waiter_died,
    workers_never_begin,
    zombie,
)
from .rule import Rule

GROUP = "rockproc.findings"
"""The entry point group in which other packages name a `Rule` each."""

RULES: tuple[Rule, ...] = (
    not_observed.RULE,
    sigterm_ignored.RULE,
    join_before_get.RULE,
    deadlock.RULE,
    holder_died.RULE,
    waiter_died.RULE,
    task_lost.RULE,
    executor_broken.RULE,
    pool_stuck.RULE,
    workers_never_begin.RULE,
    result_never_comes.RULE,
    tasks_not_done.RULE,
    pipe_full.RULE,
    barrier_short.RULE,
    permits_lost.RULE,
    manager_wait.RULE,
    never_notified.RULE,
    event_never_set.RULE,
    no_eof.RULE,
    nothing_ready.RULE,
    starved_get.RULE,
    thread_lock.RULE,
    polls_in_vain.RULE,
    failed_tap.RULE,
    internal_error.RULE,
    lost_track.RULE,
    no_main_guard.RULE,
    exit_code_ignored.RULE,
    errors_never_fetched.RULE,
    overlapping_sends.RULE,
    overlapping_receives.RULE,
    lost_update.RULE,
    unpicklable.RULE,
    lost_with_process.RULE,
    not_unlinked.RULE,
    unlinked_in_use.RULE,
    zombie.RULE,
    changed_copy.RULE,
    not_shared.RULE,
    lock_order.RULE,
    released_unheld.RULE,
    ended_inside.RULE,
    orphans.RULE,
    manager_died.RULE,
    serial_processes.RULE,
    lock_convoy.RULE,
    oversubscription.RULE,
    queue_grows.RULE,
    busy_polling.RULE,
    large_messages.RULE,
)
"""The rules in the order of their evaluation: a wait that one rule explains is not reported by a later one."""


def all_rules() -> tuple[Rule, ...]:
    """Return ours, and then those of other packages that could be loaded."""
    return _rules()[0]


def load_errors() -> tuple[str, ...]:
    """Return a sentence for each entry point of another package that gives no rule."""
    return _rules()[1]


@lru_cache(maxsize=1)
def _rules() -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    if not _may_be_extended():
        return RULES, ()
    from importlib.metadata import entry_points  # takes longer to import than all of our rules

    rules, errors = list(RULES), list[str]()
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
    """Return the rule that reports findings under this name; None if there is none."""
    return next((rule for rule in all_rules() if name == rule.name), None)


def explanations() -> dict[str, str]:
    """Return the explanation of every rule, by its name, sorted."""
    return {rule.name: (rule.explanation or "").strip() for rule in sorted(all_rules(), key=lambda rule: rule.name)}
