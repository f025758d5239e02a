"""A thread waits for an item of a Queue, and nobody is left to put one.

The processes that put have ended or wait themselves: a stop item (such as None) too few, a producer that failed before
it had put everything, or a queue to which nothing is put at all. Let whoever puts end with a stop item for each process
that gets, in a finally block.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding
from ..model.keys import ChannelKey
from .dead_waits import Cause
from .providers import Need
from .rule import Facts, Rule
from .sentences import ended_names, items
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.ITEM, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    world, first = facts.world, cause.primary
    channel = world.channels[ChannelKey(first.key)]
    there = channel.depth - channel.buffered
    if there > 0 and first.ended:
        return {
            "template": _LOCK_LOST,
            "advice": _LET_IT_END,
            "items": f"{items(there)} {'lies' if there == 1 else 'lie'}",
            "killed": ended_names(first.ended, world),
            "inside": f"{first.wait.object if first.wait is not None else ''}.get()",
        }
    # Puts by a process that is not observed, or before attaching, are in no count.
    state = "nothing is left" if channel.put or channel.shared_with_unobserved else "nothing was put"
    if channel.died:
        lost = "it" if channel.died == 1 else "them"
        state += f" ({items(channel.died)} ended with the process that had put {lost})"
    if channel.lost:
        state += f" ({items(channel.lost)} could not be pickled)"
    return {"state": state}


_LOCK_LOST = (
    "{who} in {call}{where} though {items} there: {killed} inside of {inside}, and the queue's own lock is lost with it"
    "{unless}{consequences}"
)
_LET_IT_END = "Never end a process that uses {object}: let it end by itself"
RULE = Rule(
    "starved-get",
    __doc__,
    "{who} in {call}{where}, where {state}, and nobody is left to put something there{because}{unless}{consequences}",
    "Let whoever puts into {object} end with a sign that nothing more comes, such as None, one for each that gets, "
    "also after an error",
    _find,
    variants=(_LOCK_LOST,),
    advice_variants=(_LET_IT_END,),
)
