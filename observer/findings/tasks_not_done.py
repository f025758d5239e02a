"""`join()` of a JoinableQueue waits for a `task_done()` that is never called.

`join()` returns once `task_done()` was called as often as items were put. A consumer that forgets the call, raises
before it or is ended after `get()` leaves the count above zero forever. Call `task_done()` for every item, in a
finally block.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Access, Finding
from ..model.keys import ChannelKey
from .blocking import Need
from .dead_waits import Cause
from .rule import Facts, Rule
from .sentences import because, items, lost_with_their_process, others, thread_name
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.TASK_DONE, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    world, first = facts.world, cause.primary
    channel = world.channels[ChannelKey(first.key)]
    access = world.access.get(channel.key) or Access()
    done = sum(access.task_done.values())
    if _getter_has_failed(facts, cause, access):
        left = max(channel.put - channel.lost - channel.died - done, 1)
        who = because(others(cause, world, ended_role=", which got items,"))
        return {"undone": f"{items(left)} will never be done", "because": who, "advice": _CATCH}
    if channel.depth:
        return {"undone": f"{items(channel.depth)} will never be received, because no process can get any more"}
    if channel.lost:
        return {"undone": f"{items(channel.lost)} could not be pickled, so that task_done() is never called"}
    if channel.died:
        return {"undone": lost_with_their_process(channel, world)}
    if channel.shared_with_unobserved:
        return {"undone": "task_done() was not called for all, and no process can do so any more"}
    left = max(channel.got - done, 1)
    who = [
        f"{thread_name(thread, world)} got {count} and called it {access.task_done.get(thread, 0)} times"
        for thread, count in access.completed.items()
        if count > access.task_done.get(thread, 0) and thread[0] in world.processes
    ]
    verb = "was" if left == 1 else "were"
    detail = f" ({'; '.join(who[:3])})" if who else ""
    return {"undone": f"{items(left)} {verb} got without task_done(){detail}, and no process can call it any more"}


def _getter_has_failed(facts: Facts, cause: Cause, access: Access) -> bool:
    """Return True if each process that got items, and has ended, ended with an exception, and nothing hides a count."""
    channel = facts.world.channels[ChannelKey(cause.primary.key)]
    getters = {process for process, _ in access.completed}
    ended = [facts.world.processes.get(key) for key in cause.primary.ended]
    return (
        bool(ended)
        and not channel.shared_with_unobserved
        and all(process is not None and process.error and process.key in getters for process in ended)
    )


_CATCH = (
    "Catch the exception inside the loop, so that the worker goes on, and call {object}.task_done() in a finally block"
)
RULE = Rule(
    "tasks-not-done",
    __doc__,
    "{who} in {call}{where} until every item is done, and {undone}{unless}{because}{consequences}",
    "Call {object}.task_done() for every item that was got, in a finally block, and let a process get them all",
    _find,
    advice_variants=(_CATCH,),
)
