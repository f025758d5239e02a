"""An item that was put into a Queue could not be pickled: `put()` has returned, and no process will receive the item.

A feeder thread pickles the item after `put()` has returned, and can only print the exception on stderr. A process
that waits for the item never gets it. Put only what `pickle.dumps()` accepts: no lambda, no function inside a
function, no open file, no lock.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Channel, Finding, Severity, Verdict, World
from .phrases import at, made_at
from .rule import Facts, Rule

_AT_THE_PIPE = ("BrokenPipeError", "ConnectionResetError", "OSError")
"""Errors of what writes it, not of what pickles it."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for channel in world.channels.values():
        # An executor hands the error to the future of the task. Of one who waits for the item, `starved-get` says it.
        if channel.lost and not channel.internal and not facts.waits.starves(channel.key):
            yield _lost(world, channel)


def _lost(world: World, channel: Channel) -> Finding:
    process = world.processes.get(channel.lost_by) if channel.lost_by is not None else None
    at_the_pipe = channel.lost_because.startswith(_AT_THE_PIPE)
    fields = {
        "channel": channel.name,
        "where": at(channel.lost_site) or made_at(channel.site),
        "count": channel.lost,
        "who": f"{process.name} has" if process is not None else "was",
        "done": "sent" if at_the_pipe else "pickled",
        "error": channel.lost_because,
    }
    return RULE.finding(
        world,
        Severity.WARNING,
        Verdict.CERTAIN,
        fields,
        template="" if channel.lost == 1 else _SEVERAL,
        advice=_GET_BEFORE if at_the_pipe else "",
        site=channel.lost_site or channel.site,
        processes=(process.key,) if process is not None else (),
        objects=(channel.key,),
    )


_SEVERAL = (
    "{count} items could not be {done}, the first of which {who} put into {channel}{where}, and they will never be "
    "received; the last one: {error}"
)
_GET_BEFORE = "Let a process get everything from {channel} before the last one that reads from it ends"
RULE = Rule(
    "unpicklable",
    __doc__,
    "an item that {who} put into {channel}{where} could not be {done}, and it will never be received: {error}",
    "Put only what can be pickled into {channel} (no lambda, no local function). put() itself does not fail, since "
    "a feeder thread pickles later",
    _find,
    needs_history=True,
    explained_by=("starved-get",),
    variants=(_SEVERAL,),
    advice_variants=(_GET_BEFORE,),
)
