"""Several threads send at the same end of a Pipe at the same time, and may tear each other's messages.

A Pipe has no lock, and a message that is longer than 4096 bytes is written in pieces, between which another process or
thread can write its own message. The reader then gets bytes of several messages as one, and fails with an
UnpicklingError or a MemoryError, waits forever, or goes on with wrong data. Let each process have its own Pipe, take a
lock around `send()`, or use a Queue.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity, Verdict
from ..model.keys import ChannelKey
from .phrases import made_at
from .rule import Facts, Rule
from .sentences import thread_names

_ATOMIC_WRITE_BYTES = 4096
"""Bytes that the kernel writes into a pipe at once."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for key, access in world.access.items():
        channel = world.channels.get(ChannelKey(key)) or world.channels.get(ChannelKey(access.peer or 0))
        threads = sorted(thread for thread in access.overlapping if thread[0] in world.processes)
        if channel is None or channel.kind != "Pipe" or channel.internal or len(threads) < 2:
            continue
        size = max(access.largest_overlapping, channel.bytes // max(channel.put, 1))
        torn = size > _ATOMIC_WRITE_BYTES
        yield RULE.finding(
            world,
            Severity.ERROR if torn else Severity.INFO,
            Verdict.CERTAIN,
            {
                "threads": thread_names(threads, world),
                "pipe": channel.name,
                "made": made_at(channel.site),
                "result": "messages longer than 4096 bytes are written in pieces, and got mixed up"
                if torn
                else "messages longer than 4096 bytes would get mixed up",
            },
            site=channel.site,
            objects=[channel.key],
        )


RULE = Rule(
    "overlapping-sends",
    __doc__,
    "{threads} called send() at the same time at one end of {pipe}{made}: {result}",
    "Give each process its own Pipe, take a lock around send(), or use a Queue",
    _find,
    needs_history=True,
)
