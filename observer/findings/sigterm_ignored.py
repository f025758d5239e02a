"""A process handles or ignores SIGTERM, so `terminate()` did not end it, and now it is joined.

`terminate()` sends SIGTERM. Under fork a child inherits its parent's handler, which as a rule only sets a flag: the
child lives on, and `join()` (or the end of a `with Pool` block) waits for it forever. A child can also set such a
handler itself. After the handler a blocking call goes on. With SIG_IGN, which every child inherits, SIGTERM has no
effect at all. Set the default handler again in the child (in the Pool's initializer:
`signal.signal(signal.SIGTERM, signal.SIG_DFL)`), or use `kill()`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Phase, Process, Severity, SignalHandler, Verdict, World
from ..model.keys import ChannelKey, ProcessKey
from .blocking import Need
from .dead_waits import SUSPICION_SECONDS, Cause
from .rule import Facts, Rule
from .sentences import call_of, site_of, thread_name


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
                    "how": _how(world, wait.thread[0], target),
                    **_texts(target, world.processes[wait.thread[0]], handler),
                    "waiting": _waiting(cause, target, world),
                },
                site=wait.wait.site if wait.wait is not None else None,
                processes=(wait.thread[0], target.key),
                advice="" if _inherited(target, world.processes[wait.thread[0]]) is not None else _LET_IT_RAISE,
            )
            break
    yield from _alive_after_terminate(facts)


def _waiting(cause: Cause, process: Process, world: World) -> str:
    """Describe the wait of a process that a signal does not end; empty where it waits for an object of a library."""
    for wait in (*cause.waits, *cause.affected):
        channel = world.channels.get(ChannelKey(wait.key))
        if wait.thread[0] == process.key and wait.wait is not None and not (channel and channel.internal):
            call = f"{call_of(wait, world)}{site_of(wait, world)}"
            return f"; after the handler, {call} goes on to wait, so that nothing looks at what the handler has set"
    return ""


def _alive_after_terminate(facts: Facts) -> Iterator[Finding]:
    """Suspect a process that ignores SIGTERM, or has inherited a handler, although it may still end by itself."""
    world = facts.world
    dead = {wait.key for cause in facts.waits.causes for wait in (*cause.waits, *cause.affected)}
    for process in world.living_processes:
        for wait in process.waits:
            target = world.processes.get(ProcessKey(wait.key)) if wait.op == "join" and wait.timed is False else None
            if target is None or not target.state.alive or target.terminated is None:
                continue
            inherited = _inherited(target, process) if target.key not in dead else None
            if not target.ignores_sigterm and inherited is None:
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
                    "how": _how(world, process.key, target),
                    **(_texts(target, process, inherited) if inherited is not None else {}),
                },
                site=wait.site,
                processes=(process.key, target.key),
                template=_IGNORED if inherited is None else _INHERITED,
                advice=_DO_NOT_IGNORE if inherited is None else "",
            )


def _inherited(process: Process, parent: Process) -> SignalHandler | None:
    """Return the handler of SIGTERM that a process has in common with the one that joins it."""
    common = (handler for handler in process.handlers if handler.signal == "SIGTERM" and handler in parent.handlers)
    return next(common, None) if process.start_method == "fork" else None


def _texts(process: Process, joiner: Process, handler: SignalHandler) -> dict[str, str]:
    """Return the fields about the handler of a process."""
    where = str(handler.site) if handler.site is not None else f"{handler.function}()"
    by = (
        f"a handler that it has inherited ({where})"
        if _inherited(process, joiner) is not None
        else (f"the handler {'at ' if handler.site is not None else ''}{where}")
    )
    return {
        "handler": where,
        "by": by,
        "initializer": " (in the Pool's initializer)" if process.pool is not None else "",
    }


def _how(world: World, joiner: ProcessKey, process: Process) -> str:
    """Return by what the process was asked to end."""
    parent = world.processes.get(joiner)
    if process.daemon and parent is not None and parent.phase is Phase.EXITING:
        return "the SIGTERM that it is sent as a daemon when its parent ends"
    return "terminate()"


_IGNORED = (
    "{joiner} waits for {process} to end{where}, and {how} did not end it: {process} ignores SIGTERM (SIG_IGN), "
    "which it has set itself or inherited, so that join() never returns unless {process} ends by itself"
)
_INHERITED = (
    "{joiner} waits for {process} to end{where}, and {how} did not end it: {process} handles SIGTERM itself, by "
    "{by}, so that join() never returns unless {process} ends by itself"
)
_DO_NOT_IGNORE = (
    "Remove signal.signal(signal.SIGTERM, signal.SIG_IGN) where {process} calls it, or set SIG_DFL in its place "
    "where it is inherited; or use kill() in place of terminate()"
)
_LET_IT_RAISE = (
    "Let the handler ({handler}) call sys.exit(), or wait with a time-out in a loop that looks at what the handler "
    "sets; or use kill()"
)
RULE = Rule(
    "sigterm-ignored",
    __doc__,
    "{joiner} waits for {process} to end{where}, and {how} did not end it: {process} handles SIGTERM itself, "
    "by {by}{waiting}",
    "Set signal.signal(signal.SIGTERM, signal.SIG_DFL) in the child{initializer}, let its handler raise SystemExit, or "
    "use kill()",
    _find,
    variants=(_IGNORED, _INHERITED),
    advice_variants=(_DO_NOT_IGNORE, _LET_IT_RAISE),
)
