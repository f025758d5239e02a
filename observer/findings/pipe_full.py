"""A thread waits for room in a Queue or Pipe, and no process can read from it any more.

A pipe holds 64 KiB, a Queue with a bound so many items. `send()` and a full `put()` wait until a process reads, and a
process that ends waits for its feeder thread. If both ends of a Pipe send first, both wait. So do both where the
process that is to read calls `join()` for the one that writes. Read until nothing more comes, and join after that.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, World
from ..model.keys import ChannelKey
from .blocking import Need
from .dead_waits import Cause
from .phrases import named
from .rule import Facts, Rule
from .sentences import failed_of, site_of, together, waits_in
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.ROOM, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    world, first = facts.world, cause.primary
    channel, wait = world.channels[ChannelKey(first.key)], first.wait
    assert wait is not None
    doing = {"feed": "for its feeder thread", "flush": "for its feeder thread, to end"}.get(
        wait.op, f"in {wait.object}.{wait.op}()"
    )
    what = wait.object if wait.op == "put" and channel.kind != "SimpleQueue" else f"the pipe of {wait.object}"
    if len({other.wait.object for other in together(cause) if other.wait is not None}) > 1:
        return {
            "each": " and ".join(waits_in(other, world) for other in together(cause)),
            "doing": doing,
            "template": _BOTH_SEND,
            "advice": _RECEIVE_FIRST,
        }
    if channel.ends is not None and wait.object in channel.ends:
        other = channel.ends[channel.ends[0] == wait.object]
        return {
            "doing": doing,
            "what": what,
            "read": f"receive at {other}",
            "other": other,
            "advice": _RECEIVE,
            **_joined(cause, world, _RECEIVE_BEFORE_JOIN),
        }
    fields = {"doing": doing, "what": what, "read": "get from it", **_joined(cause, world, _GET_BEFORE_JOIN)}
    if failed := failed_of(first.ended, world):
        fields |= {"failed": named(failed), "advice": _SEE_WHY}
    names = {world.processes[other.thread[0]].name: None for other in together(cause)}
    if wait.op in ("feed", "flush") and len(names) == 1:
        fields["who"] = f"{next(iter(names))} waits"  # the process, not also its feeder thread
    return fields


def _joined(cause: Cause, world: World, advice: str) -> dict[str, str]:
    """Return advice for the case that the process with the full pipe is joined; empty where no process joins it."""
    writers = {wait.thread[0] for wait in together(cause)}
    for wait in (*cause.waits, *cause.affected):
        if wait.need is Need.PROCESS and wait.key in writers:
            return {"join": f"join(){site_of(wait, world)}", "advice": advice}
    return {}


_BOTH_SEND = "{each}: the pipe is full in both directions, and neither receives{unless}{consequences}"
_RECEIVE_FIRST = "Let one side receive before it sends, so that both do not send at the same time"
_GET_BEFORE_JOIN = (
    "Get all items of {object}, up to a stop item such as None, before {join}, or let another process get them"
)
_SEE_WHY = "Find out why {failed} failed: let it get from {object} until nothing more will come, also after an error"
_RECEIVE_BEFORE_JOIN = "Receive everything at {other} before {join}, or let another process receive it"
_RECEIVE = "Let a process receive at {other} while this is sent; if both send first, let one receive first"
RULE = Rule(
    "pipe-full",
    __doc__,
    "{who} {doing}{where}: {what} is full, and no process can {read} any more{unless}{because}{consequences}",
    "Let a process get from {object} until nothing more will come",
    _find,
    variants=(_BOTH_SEND,),
    advice_variants=(_RECEIVE_FIRST, _RECEIVE, _GET_BEFORE_JOIN, _SEE_WHY, _RECEIVE_BEFORE_JOIN),
)
