"""A Queue without a bound grows and grows: items are put faster than they are got.

A Queue holds as many items as are put into it, in the memory of the processes that put them, until there is no memory
left. Give it a bound (`Queue(maxsize=…)`), so that `put()` waits for the consumers, or start more of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ..model import Channel, Finding, Severity, Verdict
from .rule import Facts, Rule

_MIN_SAMPLES = 20
_SAMPLES_PER_SECOND = 2
"""The rate at which `Channel.depths` gets entries."""
_MIN_ITEMS = 1000


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for channel in world.channels.values():
        if channel.kind not in ("Queue", "JoinableQueue") or channel.internal or channel.maxsize or not channel.got:
            continue
        if channel.shared_with_unobserved or not _grows(channel):
            continue
        size = channel.bytes / channel.got
        yield RULE.finding(
            world,
            Severity.INFO,
            Verdict.SUSPECTED,
            {
                "queue": channel.name,
                "seconds": _MIN_SAMPLES // _SAMPLES_PER_SECOND,
                "items": f"{channel.depth:,}",
                "megabytes": f"{channel.depth * size / 1e6:,.1f}",
            },
            site=channel.site,
            objects=[channel.key],
        )


def _grows(channel: Channel) -> bool:
    """Return whether it holds many items, more at every sample although items are got."""
    depths = channel.depths[-_MIN_SAMPLES:]
    return (
        len(depths) == _MIN_SAMPLES and depths[-1] >= _MIN_ITEMS and all(one < next_ for one, next_ in pairwise(depths))
    )


RULE = Rule(
    "queue-grows",
    __doc__,
    "{queue} has grown for {seconds} s without a pause, and holds {items} items (about {megabytes} MB): they are put"
    " faster than they are got",
    "Give {queue} a maxsize, so that put() waits for the consumers, or start more consumers",
    _find,
    needs_history=True,
)
