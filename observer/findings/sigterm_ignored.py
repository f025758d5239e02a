"""A process handles or ignores SIGTERM, so `terminate()` did not end it, and now it is joined.

`terminate()` sends SIGTERM. Under fork a child inherits its parent's handler, which as a rule only sets a flag: the
child lives on, and `join()` (or the end of a `with Pool` block) waits for it forever. With SIG_IGN, which every child
inherits, SIGTERM has no effect at all. Set the default handler again in the child (in the Pool's initializer:
`signal.signal(signal.SIGTERM, signal.SIG_DFL)`), or use `kill()`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity, Verdict, World
from ..model.keys import ProcessKey
from .blocking import Need
from .dead_waits import SUSPICION_SECONDS
from .rule import Facts, Rule
from .sentences import site_of, thread_name


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for index, cause in enumerate(facts.waits.causes):
        for wait in (*cause.waits, *cause.affected):
            target = world.processes.get(ProcessKey(wait.key)) if wait.need is Need.PROCESS else None
            if target is None or target.terminated is None:
                continue
            handler = next((handler for handler in target.handlers if handler.signal == "SIGTERM"), None)
            if handler is None:
                continue
            facts.explained.add(index)
            yield RULE.finding(
                world,
                Severity.ERROR,
                cause.verdict,
                {
                    "joiner": thread_name(wait.thread, world),
                    "where": site_of(wait, world),
                    "process": target.name,
                    "handler": handler.site or f"{handler.function}()",
                },
                site=wait.wait.site if wait.wait is not None else None,
                processes=(wait.thread[0], target.key),
            )
            break
    yield from _ignored(world)


def _ignored(world: World) -> Iterator[Finding]:
    """A suspicion, since the process may still end by itself."""
    for process in world.living_processes:
        for wait in process.waits:
            target = world.processes.get(ProcessKey(wait.key)) if wait.op == "join" and wait.timed is False else None
            if target is None or not target.ignores_sigterm or not target.state.alive or target.terminated is None:
                continue
            if world.now - max(target.terminated, wait.since) < SUSPICION_SECONDS:
                continue
            yield RULE.finding(
                world,
                Severity.ERROR,
                Verdict.SUSPECTED,
                {
                    "joiner": thread_name((process.key, wait.thread), world),
                    "where": f" ({wait.site})" if wait.site is not None else "",
                    "process": target.name,
                },
                site=wait.site,
                processes=(process.key, target.key),
                template=_IGNORED,
                advice=_DO_NOT_IGNORE,
            )


_IGNORED = (
    "{joiner} waits for {process} to end{where}, and terminate() did not end it: {process} ignores SIGTERM (SIG_IGN), "
    "which it has set itself or inherited, so that join() never returns unless {process} ends by itself"
)
_DO_NOT_IGNORE = (
    "Remove signal.signal(signal.SIGTERM, signal.SIG_IGN) where {process} calls it, or set SIG_DFL in its place "
    "where it is inherited; or use kill() in place of terminate()"
)
RULE = Rule(
    "sigterm-ignored",
    __doc__,
    "{joiner} waits for {process} to end{where}, and terminate() did not end it: {process} handles SIGTERM itself "
    "({handler}), by a handler that it may have inherited",
    "Set signal.signal(signal.SIGTERM, signal.SIG_DFL) in the child (in the Pool's initializer), or use kill()",
    _find,
    variants=(_IGNORED,),
    advice_variants=(_DO_NOT_IGNORE,),
)
