"""Many large messages are pickled, copied and unpickled, which can take longer than the work on their contents.

What is put into a Queue or sent through a Pipe is copied at least four times. Keep large arrays in shared memory
(`multiprocessing.shared_memory`, or `Array`) and send their names and indices, or let the processes read the data
themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity, Verdict
from .phrases import made_at
from .rule import Facts, Rule

_LARGE_BYTES = 1 << 20
_FEWEST_BYTES = 100 << 20
"""The least sum of bytes that is reported: less takes no noticeable time."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for channel in world.channels.values():
        if not channel.got or channel.bytes < _FEWEST_BYTES or channel.bytes / channel.got < _LARGE_BYTES:
            continue
        pool = next((pool for pool in world.pools.values() if channel.name.startswith(f"{pool.name}._")), None)
        if channel.internal and pool is None:
            continue
        site = pool.site if pool is not None else channel.site
        of = f"of {channel.name}" if pool is None else f"between the workers and the owner of {pool.name}"
        yield RULE.finding(
            world,
            Severity.INFO,
            Verdict.CERTAIN,
            {
                "count": f"{channel.got:,}",
                "where": of + made_at(site),
                "megabytes": f"{channel.bytes / channel.got / 1e6:.1f}",
                "total": f"{channel.bytes / 1e6:,.0f}",
            },
            site=site,
            objects=[channel.key],
        )


RULE = Rule(
    "large-messages",
    __doc__,
    "{count} messages {where} had {megabytes} MB on average, {total} MB in all: each was pickled, copied through a"
    " pipe and unpickled",
    "Keep large data in shared memory (multiprocessing.shared_memory, Array) and send only its name and index",
    _find,
    needs_history=True,
)
