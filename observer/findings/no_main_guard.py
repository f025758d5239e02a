"""A process ends before its `run()` begins: the main module, which it imports, starts a process itself.

A process that is started by spawn or forkserver imports the main module first. What stands there outside of functions
and of `if __name__ == "__main__":` runs in it as well. There it must not start a process, a Pool or an executor:
`start()` raises RuntimeError. forkserver is the default on Linux since CPython 3.14, and spawn on macOS and Windows.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Phase, Process, Severity, State, Verdict, World
from ..model.keys import ProcessKey
from ..model.process import BY_IMPORT
from .phrases import at, origin, started_at
from .rule import Facts, Rule


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    starts = starts_in_import(world)
    if not starts:
        return
    key, inner = next(iter(starts.items()))
    process = world.processes[key]
    others = len(starts) - 1
    yield RULE.finding(
        world,
        Severity.ERROR,
        Verdict.CERTAIN,
        {
            "process": process.name + ("" if inner.site is not None else started_at(process)),
            "others": f" (and so did {others} other{'s' if others > 1 else ''})" if others else "",
            "where": at(inner.site),
            "method": process.start_method or "",
        },
        site=inner.site or origin(process),
        processes=(process.key,),
    )


def starts_in_import(world: World) -> dict[ProcessKey, Process]:
    """Return the handles whose `start()` failed in the import of the main module, by the process that imported it."""
    by_pid = {process.pid: process for process in world.processes.values() if ended_before_run(process)}
    found: dict[ProcessKey, Process] = {}
    if by_pid:
        for handle in world.processes.values():
            parent = by_pid.get(handle.parent)
            if parent is not None and handle.state is State.CREATED and handle.phase is Phase.STARTING:
                found.setdefault(parent.key, handle)
    return found


def ended_before_run(process: Process) -> bool:
    """Return whether it has failed while it imported the main module or unpickled its arguments."""
    by_import = process.start_method in BY_IMPORT
    known = process.probed and not process.dropped and not process.failed_taps
    return by_import and known and not process.ran and (process.exitcode or 0) > 0


RULE = Rule(
    "no-main-guard",
    __doc__,
    "{process} ended before its run() began{others}: {method} imports the main module in it, which starts a process "
    "there again{where}",
    "Put everything that starts processes below `if __name__ == '__main__':`, or into a function that is called there",
    _find,
    needs_history=True,
)
