"""Processes are started one after the other, each only when the one before has been joined: nothing runs in parallel.

`for item in items: p = Process(…); p.start(); p.join()` waits for each process before it starts the next, so that the
program is slower than one without processes. Start them all, and join them in a second loop; or use a Pool.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..model import Finding, Process, Severity, Verdict
from .phrases import origin, started_at
from .rule import Facts, Rule

_MIN_PROCESSES = 3
_MIN_SECONDS = 0.1
"""The least duration of a process that is reported: shorter ones gain little from running in parallel."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    children: dict[int | None, list[Process]] = defaultdict(list)
    for process in world.processes.values():
        if process.started is not None and process.role == "process":
            children[process.parent].append(process)
    for parent in world.processes.values():
        some = children.get(parent.pid, [])
        sites = {process.site for process in some}
        if len(some) < _MIN_PROCESSES or len(sites) > 1 or None in sites or not _is_serial(some):
            continue
        if all(process.pool is None and _did_work(process) for process in some):
            total = sum((process.joined or 0.0) - (process.started or 0.0) for process in some)
            yield RULE.finding(
                world,
                Severity.INFO,
                Verdict.CERTAIN,
                {"count": len(some), "parent": parent.name, "started": started_at(some[0]), "seconds": f"{total:.1f}"},
                site=origin(some[0]),
                processes=[parent.key],
            )


def _is_serial(children: Sequence[Process]) -> bool:
    """Return whether each child of a process was joined before the next one was started."""
    ordered = sorted(children, key=lambda process: process.started or 0.0)
    return all(one.joined is not None and one.joined <= (other.started or 0.0) for one, other in pairwise(ordered))


def _did_work(process: Process) -> bool:
    """Return whether it ended with success: a supervisor starts a process again after a failure."""
    if process.exitcode != 0 or process.joined is None or process.started is None:
        return False
    return process.joined - process.started >= _MIN_SECONDS


RULE = Rule(
    "serial-processes",
    __doc__,
    "{parent} started {count} processes{started}, each only after it had joined the one before: they ran one at a "
    "time, {seconds} s in all",
    "Start all of them and join them in a second loop, or use a Pool or a ProcessPoolExecutor",
    _find,
)
