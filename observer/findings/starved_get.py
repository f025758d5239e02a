"""A thread waits for an item of a Queue, and no process can put one any more.

The processes that put have ended or wait themselves: a stop item (such as None) too few, a producer that failed before
it had put everything, or a queue to which nothing is put at all. When everything has been put, put a stop item for each
process that gets, in a finally block.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding
from ..model.keys import ChannelKey
from .blocking import Need
from .dead_waits import Cause
from .phrases import at, named
from .rule import Facts, Rule
from .sentences import ended_names, failed_of, items, known_of, lost_with_their_process, thread_name
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
            "names": named(known_of(first.ended, world), "a process"),
            "inside": f"{first.wait.object if first.wait is not None else ''}.get()",
        }
    if facts.waits.providers.feeder_in_import(channel) is not None:
        return {"template": _IN_IMPORT, "advice": _NOT_AT_IMPORT, "items": items(channel.buffered)}
    # Puts by a process that is not observed, or before attaching, are in no count.
    state = "nothing is left" if channel.put or channel.shared_with_unobserved else "nothing was put"
    if channel.died:
        state += f" ({lost_with_their_process(channel, world)})"
        return {
            "state": state,
            "advice": _ENDED_WITH_IT,
            "lost": named(known_of(channel.died_with, world), "the process that puts"),
            "put": at(channel.died_site),
        }
    if channel.lost:
        state += f" ({items(channel.lost)} could not be pickled: {channel.lost_because}{at(channel.lost_site)})"
        return {"state": state, "advice": _PUT_PICKLABLE}
    advice = _advice(facts, cause)
    if not advice and not channel.put and not channel.shared_with_unobserved and not first.ended:
        advice = {"advice": _PUT_SOMETHING}
    return {"state": state, **advice}


def _advice(facts: Facts, cause: Cause) -> dict[str, str]:
    """Return the advice if the processes that should put are waiting themselves; empty for the rule's own advice."""
    first = cause.primary
    access = facts.world.access.get(first.key)
    if access is not None and first.wait is not None and first.wait.site in access.gets_after_empty:
        return {"advice": _NOT_BY_EMPTY}
    failed = failed_of(first.ended, facts.world)
    if failed:
        return {"failed": named(failed), "advice": _SEE_WHY}
    waiting = [wait for wait in cause.waits if wait is not first and wait.key != first.key]
    if first.ended or not waiting:
        return {}
    for wait in waiting:
        if wait.need is Need.LOCK and wait.wait and first.thread in [provider.thread for provider in wait.providers]:
            return {"lock": wait.wait.object, "advice": _RELEASE_FIRST}
    if waiting[0].need in (Need.ITEM, Need.MESSAGE):
        names = [thread_name(wait.thread, facts.world) for wait in (first, waiting[0])]
        return {"each": " and ".join(names), "advice": _LET_IT_ANSWER}
    return {}


_ENDED_WITH_IT = (
    "Let {lost} end by itself, without terminate(), kill(), os._exit() and cancel_join_thread(), or call "
    "{object}.close() and {object}.join_thread() there after its last put(){put}: both wait until everything is in the "
    "pipe. Then get everything before join(): a process with items left does not end"
)
_PUT_PICKLABLE = (
    "Put into {object} only what pickle.dumps() takes: put() itself cannot tell, since a feeder thread pickles later"
)
_PUT_SOMETHING = (
    "Check which process is to put into {object} and whether it was given the same object: none has put anything, and "
    "none can any more"
)
_SEE_WHY = (
    "Find out why {failed} failed. Put what the others wait for, such as a stop item, in a finally block, or wait "
    "with get(timeout=…)"
)
_NOT_BY_EMPTY = (
    "Between empty() and get(), another process may get the last item: use get(timeout=…) and except queue.Empty, or "
    "put a stop item such as None for each process that gets"
)
_RELEASE_FIRST = "Release {lock} before {call}: the process that puts needs it first"
_LET_IT_ANSWER = (
    "{each} wait for each other: let each of them answer every message, also one that it skips, and after an error"
)
_LOCK_LOST = (
    "{who} in {call}{where} though {items} there: {killed} inside {inside}, and the queue's own lock is lost with it"
    "{unless}{consequences}"
)
_IN_IMPORT = (
    "{who} in {call}{where}, and the feeder thread that should write what was put ({items}) waits for the end of an "
    "import, inside of which this get() is called{unless}{consequences}"
)
_NOT_AT_IMPORT = "Use {object} in a function that is called after the import, not while a module is imported"
_LET_IT_END = (
    "Do not call terminate() or kill() on {names}, which may be inside {object}.get(): put a stop item such as None, "
    "and let it end by itself"
)
RULE = Rule(
    "starved-get",
    __doc__,
    "{who} in {call}{where}, where {state}, and no process can put anything there any more{unless}{because}"
    "{consequences}",
    "When everything has been put into {object}, put a stop item such as None for each process that gets, also "
    "after an error",
    _find,
    variants=(_IN_IMPORT, _LOCK_LOST),
    advice_variants=(
        _LET_IT_END,
        _ENDED_WITH_IT,
        _RELEASE_FIRST,
        _LET_IT_ANSWER,
        _NOT_BY_EMPTY,
        _NOT_AT_IMPORT,
        _PUT_PICKLABLE,
        _PUT_SOMETHING,
        _SEE_WHY,
    ),
)
