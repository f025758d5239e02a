"""More processes and threads compute at the same time than there are cores, so that each gets a core only in turns.

Work that only computes does not become faster by more processes than cores, but needs more memory, and caches serve it
worse. Libraries such as numpy start threads of their own in every process: processes times threads is what counts.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import HELPER_ROLES, Finding, Process, Severity, Verdict
from .phrases import origin, started_at
from .rule import Facts, Rule

_MIN_SECONDS = 3.0
_FACTOR = 2
"""The ratio of computing threads to cores from which it is reported: some wait for data now and then."""
_BUSY_THREAD_PERCENT = 5.0


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    busy = [
        process
        for process in world.processes.values()
        if process.state.alive
        and process.role not in HELPER_ROLES
        and process.computes_since is not None
        and world.now - process.computes_since >= _MIN_SECONDS
    ]
    threads = sum(map(_busy_threads, busy))
    if not world.cores or len(busy) < 2 or threads <= _FACTOR * world.cores:
        return
    sites = {origin(process) for process in busy}
    what = f"{len(busy)} processes" if threads == len(busy) else f"{threads} threads of {len(busy)} processes"
    what += started_at(busy[0]) if len(sites) == 1 else ""
    seconds = f"{min(world.now - (process.computes_since or world.now) for process in busy):.0f}"
    for finding in world.findings.values():
        if finding.rule == RULE.name and int(finding.fields["threads"]) > threads:  # some have ended since
            what, threads = finding.fields["what"], int(finding.fields["threads"])
            seconds = finding.fields["seconds"]
    yield RULE.finding(
        world,
        Severity.INFO,
        Verdict.CERTAIN,
        {
            "what": what,
            "threads": threads,
            "seconds": seconds,
            "cores": "1 core" if world.cores == 1 else f"{world.cores} cores",
        },
        site=origin(busy[0]) if len(sites) == 1 else None,
    )


def _busy_threads(process: Process) -> int:
    return max(1, sum((thread.percent or 0.0) >= _BUSY_THREAD_PERCENT for thread in process.thread_cpu))


RULE = Rule(
    "oversubscription",
    __doc__,
    "{what} have computed at the same time on {cores} for {seconds} s: each gets a core only in turns",
    "Start no more processes than there are cores (os.cpu_count()); where libraries such as numpy start threads in each"
    " of them, set OMP_NUM_THREADS=1 before these are imported",
    _find,
    past="{what} computed at the same time on {cores} for {seconds} s: each got a core only in turns",
)
