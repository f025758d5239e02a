"""Items have ended with the process that put them: `put()` had returned, and they were not in the pipe yet.

`put()` only appends to a buffer, which a feeder thread writes into the pipe. `terminate()`, `kill()`, `os._exit()` and
`cancel_join_thread()` end the process without waiting for that thread. Let a process that puts end by itself, or call
`close()` and `join_thread()` of the Queue before.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Channel, Finding, Process, Severity, Verdict, World
from .phrases import at, made_at
from .rule import Facts, Rule
from .sentences import how_it_ended, items

_UNDECIDED_SECONDS = 1.5
"""Seconds after the end of a process in which it is not known yet whether a wait for its items can end."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for channel in world.channels.values():
        if channel.died and not channel.internal and not _is_awaited(facts, channel):
            yield _died(world, channel)
        daemon = _ended_reader(world, channel)
        if daemon is not None:
            yield _left_by_daemon(world, channel, daemon)


def _is_awaited(facts: Facts, channel: Channel) -> bool:
    """Return True if a `get()` waits for the items, and may never return: `starved-get` says so then."""
    if facts.waits.starves(channel.key):
        return True
    ended = [facts.world.processes[key].ended for key in channel.died_with if key in facts.world.processes]
    is_young = any(moment is not None and facts.world.now - moment < _UNDECIDED_SECONDS for moment in ended)
    waits = (wait for process in facts.world.processes.values() for wait in process.waits)
    return is_young and any(wait.key == channel.key and wait.op == "get" for wait in waits)


def _died(world: World, channel: Channel) -> Finding:
    first = world.processes.get(channel.died_with[0])
    name = first.name if first is not None else "a process"
    others = len(channel.died_with) - 1
    more = f", and so {'was another one' if others == 1 else f'were {others} others'}," if others else ""
    return RULE.finding(
        world,
        Severity.WARNING,
        Verdict.CERTAIN,
        {
            "process": name,
            "how": how_it_ended(first),
            "others": more,
            "count": channel.died,
            "channel": channel.name,
            "where": at(channel.died_site) or made_at(channel.site),
        },
        template="" if channel.died == 1 else _SEVERAL,
        site=channel.died_site or channel.site,
        processes=channel.died_with[:1],
        objects=(channel.key,),
    )


def _ended_reader(world: World, channel: Channel) -> Process | None:
    """Return a daemon that was ended with its parent before it had received all items, if no other reader is left."""
    access = world.access.get(channel.key)
    # A process that inherits the Queue may still begin to get, so main must have ended as well.
    main = world.main_process
    if channel.internal or channel.shared_with_unobserved or channel.depth <= 0 or access is None:
        return None
    if main is None or main.ended is None or channel.ended_reading:
        return None
    readers = [world.processes.get(key) for key in dict.fromkeys(process for process, _ in access.readers)]
    daemons = [reader for reader in readers if reader is not None and reader.daemon and reader.signal == "SIGTERM"]
    by_parent = [reader for reader in daemons if reader.terminated is not None]
    return by_parent[0] if by_parent and len(by_parent) == len(readers) else None


def _left_by_daemon(world: World, channel: Channel, daemon: Process) -> Finding:
    """Yield a hint about items of a daemon: the program may have had no use for them."""
    count = channel.depth
    return RULE.finding(
        world,
        Severity.INFO,
        Verdict.CERTAIN,
        {
            "process": daemon.name,
            "items": items(count),
            "were": "was" if count == 1 else "were",
            "channel": channel.name,
            "made": made_at(channel.site),
        },
        template=_LEFT_BY_DAEMON,
        advice=_STOP_DAEMON,
        site=channel.site,
        processes=(daemon.key,),
        objects=(channel.key,),
    )


_LEFT_BY_DAEMON = (
    "{items} of {channel}{made} {were} never received: {process}, which gets them, is a daemon, and daemons are ended "
    "by SIGTERM when their parent ends"
)
_STOP_DAEMON = (
    "If the items matter, put a stop item such as None into {channel} and join {process} before the program ends, or "
    "use a JoinableQueue and its join()"
)
_SEVERAL = (
    "{process} {how}{others} before {count} items that had been put into {channel}{where} were in the pipe: they will "
    "never be received"
)
RULE = Rule(
    "lost-with-process",
    __doc__,
    "{process} {how}{others} before an item that had been put into {channel}{where} was in the pipe: it will never be "
    "received",
    "Let {process} end by itself. terminate(), kill(), os._exit() and cancel_join_thread() drop "
    "what its feeder thread has not written yet; close() and join_thread() before them wait until it is written",
    _find,
    needs_history=True,
    explained_by=("starved-get",),
    variants=(_LEFT_BY_DAEMON, _SEVERAL),
    advice_variants=(_STOP_DAEMON,),
)
