"""Threads acquire the same locks in opposite order: it went well this time, and can end in a deadlock next time.

One process holds `a` while it acquires `b`, another holds `b` while it acquires `a`. As long as one is through before
the other begins, nothing happens; as soon as each has its first lock, both wait forever. It is found by the order of
the acquisitions, whether or not they met. It is not reported where a further lock is held over both sections, where an
acquisition has a time-out, or where something has put the sections in order (a message, an Event, a join).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from ..model import Finding, LockOrder, Severity, Verdict, World
from .rule import Facts, Rule
from .sentences import thread_name

_MAX_CYCLE_LOCKS = 5
"""The most locks in one cycle."""
_MAX_STEPS = 20_000
"""The number of steps after which the search for cycles ends."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    dead = {key for cause in facts.waits.causes for wait in (*cause.waits, *cause.affected) for key in [wait.key]}
    seen: set[frozenset[int]] = set()
    for cycle in _cycles(_usable(world)):
        locks = frozenset(order.first for order in cycle)
        if locks in seen or locks & dead:
            continue
        seen.add(locks)
        met = all(_any_overlap(one, other) for one, other in combinations(cycle, 2))
        yield RULE.finding(
            world,
            Severity.WARNING if met else Severity.INFO,
            Verdict.SUSPECTED,
            {"steps": "; ".join(_step(order, world) for order in cycle)},
            site=cycle[-1].second_site,
            objects=[order.first for order in cycle],
        )


def _usable(world: World) -> list[LockOrder]:
    """Return the orders that have been seen as a whole, of locks that only their holders release."""
    orders: list[LockOrder] = []
    for order in world.lock_orders.values():
        process = world.processes.get(order.thread[0])
        if process is None or process.dropped or not order.sections:
            continue
        if not any(_is_signal(world, key) for key in (order.first, order.second)):
            orders.append(order)
    return orders


def _is_signal(world: World, key: int) -> bool:
    access = world.access.get(key)
    return key not in world.locks or (access is not None and bool(access.released_for_others))


def _cycles(orders: Sequence[LockOrder]) -> Iterator[list[LockOrder]]:
    """Yield cycles of orders, short ones first. Each begins with the order whose first lock has the smallest key."""
    by_first: dict[int, list[LockOrder]] = defaultdict(list)
    for order in orders:
        by_first[order.first].append(order)
    paths = [[order] for order in orders]
    steps = 0
    while paths:
        longer: list[list[LockOrder]] = []
        for path in paths:
            for order in by_first.get(path[-1].second, ()):
                steps += 1
                if steps > _MAX_STEPS:
                    return
                if order.first <= path[0].first or not all(_may_meet(order, other) for other in path):
                    continue
                if order.second == path[0].first:
                    yield [*path, order]
                elif len(path) + 1 < _MAX_CYCLE_LOCKS and all(order.second != other.first for other in path):
                    longer.append([*path, order])
        paths = longer


def _may_meet(one: LockOrder, other: LockOrder) -> bool:
    """Return whether two threads can be in these sections at the same time."""
    if one.thread[0] == other.thread[0] or one.gates & other.gates:
        return False
    return any(first.unordered(second) for first in one.sections for second in other.sections)


def _any_overlap(one: LockOrder, other: LockOrder) -> bool:
    return any(first.overlaps(second) for first in one.sections for second in other.sections)


def _step(order: LockOrder, world: World) -> str:
    first, second = world.locks[order.first].name, world.locks[order.second].name
    here = f" ({order.second_site})" if order.second_site is not None else ""
    there = f" ({order.first_site})" if order.first_site is not None else ""
    return f"{thread_name(order.thread, world)} acquires {second}{here} while it holds {first}{there}"


RULE = Rule(
    "lock-order",
    __doc__,
    "{steps}: this time without a deadlock, but all wait forever when each holds its first lock at the same time",
    "Acquire the locks in the same order everywhere, or hold one more lock around both",
    _find,
    needs_history=True,
)
