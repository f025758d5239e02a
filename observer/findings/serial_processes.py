"""Processes are started one after the other, each only when the one before has been joined: nothing runs in parallel.

`for item in items: p = Process(…); p.start(); p.join()` waits for each process before it starts the next, so that the
program is slower than one without processes. Start them all, and join them in a second loop; or use a Pool.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..model import Finding, Process, Severity, Verdict
from .rule import Facts, Rule

_FEWEST = 3
_SHORTEST_SECONDS = 0.1
"""Processes that end sooner gain little from running in parallel."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    children: dict[int | None, list[Process]] = defaultdict(list)
    for process in world.processes.values():
        if process.started is not None and process.role == "process" and process.pool is None:
            children[process.parent].append(process)
    names = {process.pid: process.name for process in world.processes.values()}
    for parent, some in children.items():
        by_site: dict[object, list[Process]] = defaultdict(list)
        for process in some:
            by_site[process.site].append(process)
        for site, alike in by_site.items():
            if site is not None and len(alike) >= _FEWEST and _is_serial(some) and all(map(_did_work, alike)):
                total = sum((process.joined or 0.0) - (process.started or 0.0) for process in alike)
                yield RULE.finding(
                    world,
                    Severity.INFO,
                    Verdict.CERTAIN,
                    {
                        "count": len(alike),
                        "parent": names.get(parent, "a process"),
                        "site": site,
                        "seconds": f"{total:.1f}",
                    },
                    site=alike[0].site,
                    processes=[process.key for process in alike],
                )


def _is_serial(children: Sequence[Process]) -> bool:
    """Return whether each child of a process was joined before the next one was started."""
    ordered = sorted(children, key=lambda process: process.started or 0.0)
    return all(one.joined is not None and one.joined <= (other.started or 0.0) for one, other in pairwise(ordered))


def _did_work(process: Process) -> bool:
    """Return whether it ended with success: a supervisor starts a process again after a failure."""
    if process.exitcode != 0 or process.joined is None or process.started is None:
        return False
    return process.joined - process.started >= _SHORTEST_SECONDS


RULE = Rule(
    "serial-processes",
    __doc__,
    "{parent} started {count} processes at {site}, each only after it had joined the one before: they ran one at a "
    "time, {seconds} s in all",
    "Start all of them and join them in a second loop, or use a Pool or a ProcessPoolExecutor",
    _find,
)
