"""The server process of a manager was killed, and with it all objects that live in it.

Proxies of these objects are left in other processes: each further call raises ConnectionRefusedError, EOFError or
BrokenPipeError there. Find out what has killed the server (it may have used too much memory), and let each process that
uses a manager handle these exceptions, or end.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Phase, Process, Severity, Verdict, World
from .phrases import enumerated, made_at, named
from .rule import Facts, Rule
from .sentences import how_it_ended

_MAX_NAMES = 3
_ORDERLY = ("SIGTERM", "SIGINT")
"""Signals by which `shutdown()` ends a server that does not answer, and by which a terminal ends everything."""
_ERRORS = ("EOFError", "BrokenPipeError", "ConnectionRefusedError", "ConnectionResetError")
"""Exceptions that a call of a proxy raises when the server is gone."""
_FAILED_WITHIN_SECONDS = 5.0
"""A process that fails later with such an exception may have failed for another reason."""
_SEEN_LATE_SECONDS = 0.5
"""The longest time by which the end of a server is seen after that of a process which failed because of it."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    main = world.main_process
    for manager in world.managers.values():
        server = next((process for process in world.processes.values() if process.pid == manager.pid), None)
        if server is None or server.signal is None or server.signal in _ORDERLY or server.ended is None:
            continue
        found_before = (RULE.name, (server.key,), (manager.key,)) in world.findings
        failed = _failed(world, server)
        is_ending = main is None or not main.state.alive or main.phase is Phase.EXITING
        if not found_before and is_ending and not failed:
            continue  # at its end, the program or something else ends everything
        objects = [managed for managed in world.managed.values() if managed.manager == manager.key]
        if not objects:
            continue
        names = list(dict.fromkeys(managed.name for managed in objects))
        yield RULE.finding(
            world,
            Severity.WARNING,
            Verdict.CERTAIN,
            {
                "manager": manager.name,
                "made": made_at(manager.site),
                "how": how_it_ended(server),
                "objects": enumerated(names, most=_MAX_NAMES),
                "are": "is" if len(names) == 1 else "are",
                "failed": f". {named(failed)} failed with such an error" if failed else "",
            },
            site=manager.site,
            processes=[server.key],
            objects=[manager.key],
        )


def _failed(world: World, server: Process) -> list[Process]:
    """Return the processes that have ended with an exception that a lost server raises, soon after its end."""
    begin = server.ended or 0.0
    return [
        process
        for process in world.processes.values()
        if process.ended is not None
        and begin - _SEEN_LATE_SECONDS <= process.ended <= begin + _FAILED_WITHIN_SECONDS
        and process.error.partition(":")[0] in _ERRORS
    ]


RULE = Rule(
    "manager-died",
    __doc__,
    "The server process of {manager}{made} {how}: {objects} {are} lost, and every further call raises"
    " ConnectionRefusedError, EOFError or BrokenPipeError{failed}",
    "Find out what has ended it: SIGKILL comes from the program itself, from a user, or from the system when memory "
    "runs out. Without {manager}, the processes that use it can only handle these exceptions or end",
    _find,
    needs_history=True,
)
