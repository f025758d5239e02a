"""A Queue without a bound grows without a pause: items are put faster than they are got.

A Queue holds as many items as are put into it, in the memory of the processes that put them, until there is no memory
left. Give it a bound (`Queue(maxsize=…)`), so that `put()` waits for the consumers, or start more of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from ..model import Channel, Finding, Severity, Verdict
from .phrases import made_at
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
                "made": made_at(channel.site),
                "seconds": _growing_samples(channel) // _SAMPLES_PER_SECOND,
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


def _growing_samples(channel: Channel) -> int:
    """Return the number of samples, up to the last one, each of which is larger than the one before."""
    pairs = list(pairwise(channel.depths))
    return 1 + next((count for count, (one, next_) in enumerate(reversed(pairs)) if one >= next_), len(pairs))


RULE = Rule(
    "queue-grows",
    __doc__,
    "{queue}{made} has grown for {seconds} s without a pause, and holds {items} items (about {megabytes} MB): they are"
    " put faster than they are got",
    "Give {queue} a maxsize, so that put() waits for the consumers; or start more consumers, and put a stop item for"
    " each of them",
    _find,
    needs_history=True,
    past="{queue}{made} had grown for {seconds} s without a pause, and held {items} items (about {megabytes} MB): they"
    " were put faster than they were got",
)
