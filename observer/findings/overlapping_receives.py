"""Several threads wait in `recv()` at the same end of a Pipe, and may each get a part of a message.

`recv()` reads the length of a message and then the message, with nothing to keep two processes apart: one can read the
length, and the other the beginning of the message, which it takes for a length. They fail with an UnpicklingError or an
EOFError, wait forever, or get wrong data. Use a Queue, which has a lock for that, give each process its own Pipe, or
take a lock around `recv()`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity, Verdict
from ..model.keys import ChannelKey
from .phrases import made_at
from .rule import Facts, Rule
from .sentences import thread_names


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for key, access in world.access.items():
        channel = world.channels.get(ChannelKey(key)) or world.channels.get(ChannelKey(access.peer or 0))
        threads = sorted(thread for thread in access.receiving if thread[0] in world.processes)
        # Without a message they only wait for the end of the Pipe.
        if channel is None or channel.kind != "Pipe" or channel.internal or not channel.put or not threads:
            continue
        yield RULE.finding(
            world,
            Severity.WARNING,
            Verdict.CERTAIN,
            {"threads": thread_names(threads, world), "pipe": channel.name + made_at(channel.site)},
            site=channel.site,
            objects=[channel.key],
        )


RULE = Rule(
    "overlapping-receives",
    __doc__,
    "recv() of {threads} waited at the same time at one end of {pipe}: each may get a part of a message",
    "Use a Queue, give each process its own Pipe, or take a lock around recv()",
    _find,
    needs_history=True,
)
