"""A process is joined before what it has put into a Queue has been read.

A process that ends waits until its feeder thread has written everything into the Queue's pipe. The pipe holds 64 KiB.
If the only process that reads from the Queue is the one that joins, both wait forever. Get everything from the Queue
first, and join after that.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity
from ..model.keys import ChannelKey, ProcessKey
from .blocking import Blocking, Need
from .phrases import at, made_at
from .rule import Facts, Rule
from .sentences import items, process_of, unless


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for index, cause in enumerate(facts.waits.causes):
        everything = [*cause.waits, *cause.affected]
        full = [blocking for blocking in everything if blocking.need is Need.ROOM and _is_exit(blocking)]
        stuck = {blocking.thread[0]: blocking for blocking in full}
        joins = [blocking for blocking in everything if blocking.need is Need.PROCESS and blocking.key in stuck]
        if not joins or not any(blocking.need is Need.ROOM for blocking in cause.waits):
            continue
        facts.explained.add(index)
        join = joins[0]
        flush = stuck[ProcessKey(join.key)]
        channel = world.channels[ChannelKey(flush.key)]
        child, joiner = process_of(flush, world), process_of(join, world)
        also = len({blocking.thread[0] for blocking in full}) - 1
        yield RULE.finding(
            world,
            Severity.ERROR,
            cause.verdict,
            {
                "joiner": joiner.name,
                "where": at(join.wait.site) if join.wait is not None else "",
                "child": child.name,
                "others": f", nor can {'another one' if also == 1 else f'{also} others'}" if also else "",
                "items": items(channel.buffered),
                "queue": channel.name,
                "made": made_at(channel.site),
                "unless": unless(cause, world),
            },
            site=join.wait.site if join.wait is not None else None,
            processes=(joiner.key, child.key),
            objects=(channel.key,),
        )


def _is_exit(blocking: Blocking) -> bool:
    return blocking.wait is not None and blocking.wait.op == "flush"


RULE = Rule(
    "join-before-get",
    __doc__,
    "{joiner} waits{where} for {child} to end, and {child} cannot{others}: {items} of {queue}{made} found no "
    "room in its pipe, and no process reads from it{unless}",
    "Get everything from {queue} first, and join {child} after that",
    _find,
)
