"""A thread asks a Queue thousands of times a second whether there is an item, and gets none.

A loop over `get_nowait()` uses CPU time for each attempt, and a whole core if it does nothing else. `get()` waits
without any CPU until there is an item; where the loop has to look at something else as well, `get(timeout=0.1)` is
enough.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity, Verdict
from ..model.keys import ChannelKey
from .phrases import made_at
from .rule import Facts, Rule
from .sentences import thread_name

_MIN_POLLS_PER_SECOND = 2000
"""A loop that computes something between two attempts has hardly so many."""
_SHORTEST_SECONDS = 1.0


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for (thread, key), (times, since) in facts.polls.attempts().items():
        channel = world.channels.get(ChannelKey(key))
        seconds = world.now - since
        if channel is None or channel.internal or seconds < _SHORTEST_SECONDS or thread[0] not in world.processes:
            continue
        if times / seconds < _MIN_POLLS_PER_SECOND:
            continue
        site = world.access[key].gave_up_at.get(thread)
        yield RULE.finding(
            world,
            Severity.INFO,
            Verdict.CERTAIN,
            {
                "who": thread_name(thread, world),
                "queue": channel.name,
                "made": "" if site is not None else made_at(channel.site),
                "times": f"{times:,}",
                "seconds": f"{seconds:.1f}",
                "where": f" ({site})" if site is not None else "",
            },
            site=site or channel.site,
            processes=[thread[0]],
            objects=[channel.key],
        )


RULE = Rule(
    "busy-polling",
    __doc__,
    "{who} has asked {queue}{made} {times} times in {seconds} s for an item{where} and got none: each attempt uses CPU "
    "time",
    "Use {queue}.get(), which waits without CPU, or get(timeout=…) where the loop looks at something else as well",
    _find,
    needs_history=True,
    past="{who} asked {queue}{made} {times} times in {seconds} s for an item{where} and got none: each attempt used "
    "CPU time",
)
