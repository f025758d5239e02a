"""A process failed, it was joined, and its exit code was never checked.

`join()` does not raise when the process has failed: only `Process.exitcode` says so, and the traceback on stderr. The
program goes on as if the work had been done. A process that is started by spawn or forkserver can also fail before its
`run()`: when it imports the main module (which needs `if __name__ == '__main__':`), or when it unpickles its arguments.
Check `exitcode` after `join()`, or use a ProcessPoolExecutor, whose `result()` raises the exception.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Process, Severity, State, Verdict, World
from .no_main_guard import ended_before_run, starts_in_import
from .rule import Facts, Rule

_BEFORE_RUN = "an error before its run() began, in importing the main module or in unpickling its arguments"


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    unguarded = starts_in_import(world)
    for process in world.processes.values():
        # What a signal has ended, and what a pool replaces, is the matter of other rules.
        if (process.exitcode or 0) <= 0 or process.pool is not None or process.exitcode_read:
            continue
        error = process.error or (_BEFORE_RUN if ended_before_run(process) else "")
        if not error or process.key in unguarded:
            continue
        if process.state is not State.JOINED or not _parent_has_succeeded(world, process):
            continue
        yield RULE.finding(
            world,
            Severity.WARNING,
            Verdict.CERTAIN,
            {
                "process": process.name,
                "exitcode": process.exitcode,
                "error": error,
                "where": f" at {process.error_site}" if process.error_site is not None else "",
            },
            site=process.error_site or process.site,
            processes=(process.key,),
        )


def _parent_has_succeeded(world: World, process: Process) -> bool:
    """Return whether the parent has ended with success: then it has neither read nor passed on the failure."""
    parent = next((candidate for candidate in world.processes.values() if candidate.pid == process.parent), None)
    return parent is not None and parent.ended is not None and parent.exitcode == 0


RULE = Rule(
    "exit-code-ignored",
    __doc__,
    "{process} ended with {error}{where} (exit {exitcode}), and its exit code was never checked",
    "After join(), check the exitcode of every process (0 is success), or use a ProcessPoolExecutor, whose result() "
    "raises the exception",
    _find,
    needs_history=True,
)
