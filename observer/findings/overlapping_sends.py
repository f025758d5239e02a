"""Several processes send at the same end of a Pipe at the same time, and tear each other's messages.

A Pipe has no lock: a message that is longer than the kernel writes at once (4096 bytes) is written in pieces, between
which another process can write its own. The reader gets bytes of several messages as one. Let each process have its own
Pipe, take a lock around `send()`, or use a Queue.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity, Verdict
from .phrases import named
from .rule import Facts, Rule

_WHOLE = 4096
"""Bytes that the kernel writes into a pipe at once."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    ends = {key: channel for channel in world.channels.values() for key in (channel.key,)}
    for key, access in world.access.items():
        channel = ends.get(key) or ends.get(access.peer or 0)
        if channel is None or channel.kind != "Pipe" or len(access.overlapping) < 2:
            continue
        messages = max(channel.put, 1)
        torn = channel.bytes / messages > _WHOLE
        processes = [world.processes[key] for key in sorted(access.overlapping) if key in world.processes]
        yield RULE.finding(
            world,
            Severity.ERROR if torn else Severity.WARNING,
            Verdict.CERTAIN,
            {
                "processes": named(processes),
                "pipe": channel.name,
                "result": "their messages are torn" if torn else "messages longer than 4096 bytes would be torn",
            },
            site=channel.site,
            processes=[process.key for process in processes],
            objects=[channel.key],
        )


RULE = Rule(
    "overlapping-sends",
    __doc__,
    "send() of {processes} overlapped at one end of {pipe}: {result}",
    "Give each process its own Pipe, take a lock around send(), or use a Queue",
    _find,
    needs_history=True,
)
