"""An item that was put into a Queue could not be pickled: `put()` has returned, and nobody will get the item.

A feeder thread pickles the item after `put()` has returned, and can only print the exception on stderr. Whoever waits
for the item waits in vain. Put only what `pickle.dumps()` takes: no lambda, no function inside of a function, no open
file, no lock.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Channel, Finding, Severity, Verdict, World
from .rule import Facts, Rule

_AT_THE_PIPE = ("BrokenPipeError", "ConnectionResetError", "OSError")
"""Errors of what writes it, not of what pickles it."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for channel in world.channels.values():
        # An executor hands the error to the future of the task.
        if channel.lost and not channel.internal:
            yield _lost(world, channel)


def _lost(world: World, channel: Channel) -> Finding:
    process = world.processes.get(channel.lost_by) if channel.lost_by is not None else None
    whose = f"{process.name} has" if process is not None else "was"
    could = "sent" if channel.lost_because.startswith(_AT_THE_PIPE) else "pickled"
    if channel.lost == 1:
        what, last = f"an item that {whose} put into {channel.name} could not be {could}", ""
    else:
        last = "; the last one"
        what = f"{channel.lost} items could not be {could}, the first of which {whose} put into {channel.name}"
    return Finding(
        "unpicklable",
        Severity.WARNING,
        Verdict.CERTAIN,
        f"{what}, and nobody will ever get {'it' if channel.lost == 1 else 'them'}{last}: {channel.lost_because}",
        at=world.now,
        site=channel.lost_site or channel.site,
        processes=(process.key,) if process is not None else (),
        objects=(channel.key,),
        advice=f"Put into {channel.name} only what pickle.dumps() takes: put() itself cannot tell, since a feeder "
        "thread pickles later",
    )


RULE = Rule("unpicklable", __doc__, "{text}", "{advice_text}", _find, needs_history=True)
