"""A process failed, it was joined, and its exit code was never checked.

`join()` does not raise when the process has failed: only `Process.exitcode` says so, and the traceback on stderr. The
program goes on as if the work had been done. A process that is started by spawn or forkserver can also fail before its
`run()`: when it imports the main module (which needs `if __name__ == '__main__':`), or when it unpickles its arguments.
Check `exitcode` after `join()`, or use a ProcessPoolExecutor, whose `result()` raises the exception. A process that
ends by `sys.exit(3)` gives a hint only, since its code may be meant in another way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ..model import Finding, Process, Severity, State, Verdict, World
from .no_main_guard import ended_before_run, starts_in_import
from .phrases import at, named, origin, started_at
from .rule import Facts, Rule

_BEFORE_RUN = "an error before its run() began, in importing the main module or in unpickling its arguments"


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    groups: dict[tuple[object, ...], list[Process]] = defaultdict(list)
    for process, error in _ignored(world):
        groups[process.parent, error, process.error_site, process.exitcode].append(process)
    broken = [key for key in groups if _is_consequence(str(key[1]))]
    causes = [key for key in groups if key not in broken]
    for key in causes or broken:
        # A Barrier breaks in the others because one of these has failed.
        takes_along = broken if causes and key == causes[0] else []
        consequences = [process for other in takes_along for process in groups[other]]
        yield _finding(world, groups[key], str(key[1]), consequences)


def _ignored(world: World) -> Iterator[tuple[Process, str]]:
    """Yield each process whose failure nobody has noticed, with its error."""
    unguarded = starts_in_import(world)
    for process in world.processes.values():
        # Other rules find processes that a signal has ended or a pool replaces.
        if (process.exitcode or 0) <= 0 or process.pool is not None or process.exitcode_read:
            continue
        error = process.error or (_BEFORE_RUN if ended_before_run(process) else "")
        if process.key in unguarded or not (error or process.probed):
            continue
        if process.state is State.JOINED and _parent_has_succeeded(world, process):
            yield process, error


def _is_consequence(error: str) -> bool:
    return error.partition(":")[0].rpartition(".")[2] == "BrokenBarrierError"


def _finding(world: World, processes: list[Process], error: str, consequences: list[Process]) -> Finding:
    """Return one finding about processes that have failed alike, and those in which a Barrier broke because of that."""
    first, several = processes[0], len(processes) + len(consequences) > 1
    return RULE.finding(
        world,
        Severity.WARNING if error else Severity.INFO,
        Verdict.CERTAIN,
        {
            "process": named(processes) + ("" if first.error_site is not None else started_at(*processes)),
            "exitcode": first.exitcode,
            "error": error,
            "where": at(first.error_site),
            "then": f"; {named(consequences)} ended with BrokenBarrierError" if consequences else "",
            "codes": "their exit codes were" if several else "its exit code was",
        },
        template="" if error else _BY_CODE,
        site=first.error_site or origin(first),
        processes=[process.key for process in (*processes, *consequences)],
    )


def _parent_has_succeeded(world: World, process: Process) -> bool:
    """Return whether the parent has ended with success: then it has neither read nor passed on the failure."""
    parent = next((candidate for candidate in world.processes.values() if candidate.pid == process.parent), None)
    return parent is not None and parent.ended is not None and parent.exitcode == 0


_BY_CODE = "{process} ended with exit code {exitcode}, and {codes} never checked"
RULE = Rule(
    "exit-code-ignored",
    __doc__,
    "{process} ended with {error}{where} (exit {exitcode}){then}, and {codes} never checked",
    "After join(), check the exitcode of every process (0 is success), or use a ProcessPoolExecutor, where "
    "result() of a future raises the exception",
    _find,
    variants=(_BY_CODE,),
    needs_history=True,
)
