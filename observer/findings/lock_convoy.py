"""Several processes wait for the same lock nearly all of the time, so that they work one after another.

More processes do not make such a program faster: while one of them holds the lock, the others wait. Hold the lock only
for what is really shared, compute before or after it, or use a lock for each part of the data.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity, Verdict
from .phrases import made_at
from .rule import Facts, Rule

_MIN_SECONDS = 3.0
_MIN_ACQUIRED = 20
"""The least number of acquisitions. A lock with fewer is held for a long time on purpose."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for key, load in facts.lock_loads.loads.items():
        lock = world.locks[key]
        if load.seconds < _MIN_SECONDS or load.acquired < _MIN_ACQUIRED:
            continue
        site = lock.waiters[0].site if lock.waiters else None
        yield RULE.finding(
            world,
            Severity.INFO,
            Verdict.CERTAIN,
            {
                "lock": lock.name,
                "made": "" if site is not None else made_at(lock.site),
                "where": f" ({site})" if site is not None else "",
                "count": len(load.processes),
                "waiting": f"{load.waited_seconds / load.seconds:.1f}",
                "seconds": f"{load.seconds:.0f}",
            },
            site=site or lock.site,
            objects=[key],
        )


RULE = Rule(
    "lock-convoy",
    __doc__,
    "for {seconds} s, {waiting} of the {count} processes that use {lock}{made} waited for it{where} on average: they "
    "work one after another",
    "Hold {lock} only while what is shared is used: compute before and after, or use a lock for each part of the data",
    _find,
    needs_history=True,
    past="for {seconds} s, {waiting} of the {count} processes that used {lock}{made} waited for it{where} on average: "
    "they worked one after another",
)
