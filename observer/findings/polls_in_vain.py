"""A thread asks again and again for something that no process can provide any more.

The loop `while True: try: q.get(timeout=1) except Empty: continue` never ends when the process that was to put has
ended or waits itself. The same is true of a loop over `get_nowait()` or `empty()`, and of `while not
lock.acquire(False)` when the process that was to release the lock waits for this one. Nor does `while not ready.value:
pass`, or a loop over `is_set()`, end when the process that was to write the Value or to set the Event has ended. Stop
the loop with an error when one of these has failed, or when all have ended and one more attempt brings nothing. Ask
once more, since a process may answer just before it ends. Only its parent knows the exit code of a process: elsewhere,
let the parent send a stop item.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from ..model import Finding, Process, Severity, Thread, Verdict, Wait, World
from ..model.channel import QUEUES
from ..model.keys import ChannelKey, LockKey, ValueKey
from .blocking import Blocking, Need
from .dead_waits import SUSPICION_SECONDS
from .phrases import named
from .polls import MAX_INNOCENT_POLLS
from .rule import Facts, Rule
from .sentences import because, call_of, ended_names, known_of, process_of, site_of, thread_name, unless_any, waits_in

_MAX_WAITS = 2
"""The largest number of waits of others that are described."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    polls = facts.polls
    for thread, blocking in facts.waits.blockings.items():
        wait = blocking.wait
        if wait is None or not wait.timed or blocking.need not in _ANSWERS:
            continue
        poll = polls.get((thread, wait.polled))
        if poll is None or thread not in facts.waits.in_vain:
            continue
        waiting = _others_that_wait(blocking, facts)
        if not waiting and not _needed_has_ended(blocking, world):
            continue
        times, since = poll
        if _lasts(poll, world) and thread in facts.waits.in_vain_with(_alike(wait, facts)):
            facts.polls.found[thread, wait.polled] = _finding(facts, blocking, waiting, times, since)
    yield from facts.polls.active(world)
    yield from _repeated_reads(facts)


def _lasts(poll: tuple[int, float], world: World) -> bool:
    """Return whether a series of attempts is long enough to be suspicious."""
    times, since = poll
    return times > MAX_INNOCENT_POLLS and world.now - since >= SUSPICION_SECONDS


def _alike(wait: Wait, facts: Facts) -> set[Thread]:
    """Return the threads that have asked for the same object for so long without success, as this wait does."""
    waits = ((thread, blocking.wait) for thread, blocking in facts.waits.blockings.items())
    same = (thread for thread, other in waits if other is not None and other.polled == wait.polled)
    found = ((thread, facts.polls.get((thread, wait.polled))) for thread in same)
    return {thread for thread, poll in found if poll is not None and _lasts(poll, facts.world)}


def _finding(facts: Facts, blocking: Blocking, waiting: list[Blocking], times: int, since: float) -> Finding:
    """Return the finding about a series of waits that have all timed out.

    Args:
        facts: the world and its dead waits.
        blocking: the last of these waits.
        waiting: the waits of those that could answer.
        times: the number of attempts.
        since: the time of the first one.
    """
    world, wait = facts.world, blocking.wait
    assert wait is not None
    ended = known_of(blocking.ended, world)
    reasons = [ended_names(blocking.ended, world)] if ended else []
    reasons += [waits_in(other, world) for other in waiting[:_MAX_WAITS]]
    return RULE.finding(
        world,
        Severity.ERROR,
        Verdict.SUSPECTED,
        {
            "who": thread_name(blocking.thread, world),
            "call": call_of(blocking, world),
            "where": site_of(blocking, world),
            "times": times,
            "answer": _ANSWERS[blocking.need],
            "because": because("; ".join(reasons)),
            "unless": _unless(blocking, facts),
            "since": f"{since:.1f}",
            "seconds": f"{world.now - since:.0f}",
            "object": wait.object,
            "failed": next((_with_site(process) for process in ended if process.error), ""),
            **(_about(ended, world) if ended else {"other": process_of(waiting[0], world).name}),
        },
        advice=_advice(ended, world.processes[blocking.thread[0]], blocking),
        site=wait.site,
        processes=[blocking.thread[0], *blocking.ended],
        objects=[wait.key],
    )


def _others_that_wait(blocking: Blocking, facts: Facts) -> list[Blocking]:
    """Return the waits of all that could answer, if none of them has a time-out, and they depend on this one."""
    others = dict.fromkeys(provider.thread for provider in blocking.providers if provider.thread != blocking.thread)
    waits = [facts.waits.blockings.get(thread) for thread in others if thread in facts.waits.in_vain]
    found = [wait for wait in waits if wait is not None and wait.wait is not None and not wait.timed]
    return found if len(found) == len(others) else []


def _advice(ended: list[Process], polls: Process, blocking: Blocking) -> str:
    if not ended:
        return _ANSWER_FIRST
    if _is_elsewhere(ended, polls):
        return _STOP_ITEM if blocking.need is Need.ITEM else _FROM_ITS_PARENT
    return _SEE_WHY if any(process.error for process in ended) else ""


def _is_elsewhere(ended: list[Process], polls: Process) -> bool:
    """Return True if the process that polls has started none of these, and so cannot see their exit codes."""
    return bool(ended) and all(process.parent != polls.pid for process in ended)


def _about(ended: list[Process], world: World) -> dict[str, str]:
    """Return fields about processes that have ended, and about the one that has started them."""
    one = len(ended) == 1
    parents = {process.parent for process in ended}
    names = [process.name for process in world.processes.values() if process.pid in parents and process.state.alive]
    starter = f"the process that has started {'it' if one else 'each of them'}"
    return {
        "other": named(ended),
        "have": "has" if one else "have",
        "starter": names[0] if len(parents) == 1 and len(names) == 1 else starter,
    }


def _with_site(process: Process) -> str:
    """Return how a process failed, with the line: `Process-1 failed (app.py:5)`."""
    return f"{process.name} failed{f' ({process.error_site})' if process.error_site is not None else ''}"


def _repeated_reads(facts: Facts) -> Iterator[Finding]:
    """Yield loops without a time-out that read a Value, or ask an Event, a Pipe or a Queue."""
    world = facts.world
    for read in world.repeated_reads.values():
        blocking = facts.waits.blockings.get(read.thread)
        if blocking is None or blocking.need is not Need.CHANGE or read.thread not in facts.waits.in_vain:
            continue
        # Since the last process has ended, and the Value was last written, the loop has had time to see that.
        value = world.values.get(ValueKey(read.key))
        ended = [process.ended or 0.0 for process in world.processes.values()]
        since = max([read.since, *ended, (value.changed if value is not None else 0.0) or 0.0])
        waiting = _others_that_wait(_with_likely(blocking), facts) if _asks_a_channel_or_lock(blocking) else []
        if not (blocking.ended or waiting) or world.now - since < SUSPICION_SECONDS or _is_of_a_holder(blocking, world):
            continue
        alike = {other.thread for other in world.repeated_reads.values() if other.key == read.key and other.only_waits}
        if read.thread not in facts.waits.in_vain_with(alike):
            continue
        reader = world.processes[read.thread[0]]
        known = known_of(blocking.ended, world)
        reasons = [ended_names(blocking.ended, world)] if blocking.ended else []
        reasons += [waits_in(other, world) for other in waiting[:_MAX_WAITS]]
        yield RULE.finding(
            world,
            Severity.ERROR,
            Verdict.SUSPECTED,
            {
                "who": thread_name(read.thread, world),
                "call": call_of(blocking, world),
                "where": site_of(blocking, world),
                "object": blocking.wait.object if blocking.wait is not None else "",
                "times": f"{read.times:,}",
                "asked": "tried" if read.method == "acquire" else "asked",
                "because": because("; ".join(reasons)),
                "unless": _unless(blocking, facts),
                "since": f"{read.since:.1f}",
                "seconds": f"{world.now - read.since:.0f}",
                **(_about(known, world) if known else {"other": process_of(waiting[0], world).name}),
            },
            template=_WITHOUT_A_WAIT,
            advice=_advice_to_end(blocking, known, reader, world),
            site=read.site,
            processes=[read.thread[0], *blocking.ended],
            objects=[read.key],
        )


def _with_likely(blocking: Blocking) -> Blocking:
    """Return a wait without the threads that have never used the object, which `_unless` names."""
    return replace(blocking, providers=[provider for provider in blocking.providers if provider.likely])


def _unless(blocking: Blocking, facts: Facts) -> str:
    """Return a clause about the signal handlers and threads that could end a loop, but probably do not."""
    reader = facts.world.processes[blocking.thread[0]]
    unlikely = [provider.thread for provider in blocking.providers if not provider.likely]
    able = [thread for thread in unlikely if thread != blocking.thread and thread not in facts.waits.in_vain]
    return unless_any([(reader, handler) for handler in reader.handlers], able, facts.world, "ends the loop")


def _asks_a_channel_or_lock(blocking: Blocking) -> bool:
    """Return whether others that wait are a reason. A loop over a Value or an Event may be one that Ctrl-C ends."""
    return not blocking.ended and blocking.wait is not None and blocking.wait.op not in ("value", "is_set")


def _is_of_a_holder(blocking: Blocking, world: World) -> bool:
    """Return whether a loop tries to acquire a lock whose holder has ended, which the rule `holder-died` reports."""
    lock = world.locks.get(LockKey(blocking.key))
    return bool(blocking.ended) and lock is not None and lock.kind in ("Lock", "RLock")


def _advice_to_end(blocking: Blocking, ended: list[Process], reader: Process, world: World) -> str:
    channel = world.channels.get(ChannelKey(blocking.key))
    is_queue = channel is not None and channel.kind in QUEUES
    if not ended:
        return _ANSWER_FIRST
    if _is_elsewhere(ended, reader):
        return _STOP_ITEM if is_queue else _FROM_ITS_PARENT
    if blocking.wait is not None and blocking.wait.op == "acquire":
        return _ACQUIRE_AGAIN
    is_attempt = blocking.wait is not None and blocking.wait.op == "get_nowait"
    return _TRY_AGAIN if is_attempt else _END_THE_LOOP


def _needed_has_ended(blocking: Blocking, world: World) -> bool:
    return any(key in world.processes for key in blocking.ended)


_WITHOUT_A_WAIT = (
    "{who} has {asked} {call} {times} times{where} in {seconds} s, in a loop that ends only when the answer changes, "
    "and probably no process will change it any more{unless}{because}"
)
_FAILED = "stop with an error when a process has failed (its exitcode is neither None nor 0), or when all have ended "
_END_THE_LOOP = f"In the loop, {_FAILED}and {{call}}, read once more after that, is still the same"
_TRY_AGAIN = (
    f"In the loop, {_FAILED}and one more {{call}} after that gets no item (one may have put it just before it ended)"
)
_ACQUIRE_AGAIN = f"In the loop, {_FAILED}and one more {{call}} after that fails as well"
_ONCE_MORE = _FAILED + "and one more {call} after that has timed out (one may have answered just before it ended)"
_SEE_WHY = "Find out why {failed}. In the loop, " + _ONCE_MORE
_ANSWER_FIRST = "Let {other} answer before it waits for something else, or let {who} end its loop after some attempts"
_ONLY_ITS_PARENT = "Only {starter} can see that {other} {have} ended (join(), exitcode): let it then "
_STOP_ITEM = _ONLY_ITS_PARENT + (
    "put a stop item such as None for {who} into {object}, and let {who} end its loop when it gets that"
)
_FROM_ITS_PARENT = _ONLY_ITS_PARENT + "tell {who} to stop, for instance by an Event that {who} looks at in its loop"
_ANSWERS = {
    Need.ITEM: "put anything there",
    Need.MESSAGE: "send anything there",
    Need.SET: "set it",
    Need.NOTIFY: "notify it",
    Need.PERMIT: "release it",
    Need.ARRIVAL: "arrive there",
    Need.ROOM: "read anything from there",
    Need.TASK_DONE: "call task_done()",
    Need.ANY: "make any of them ready",
}
"""The verb phrase for what would end the wait, by what the thread needs."""
RULE = Rule(
    "polls-in-vain",
    __doc__,
    "{call}{where} in {who} has timed out {times} times in {seconds} s, and probably no process will {answer} any more"
    "{unless}{because}",
    "In the loop, " + _ONCE_MORE,
    _find,
    needs_history=True,
    variants=(_WITHOUT_A_WAIT,),
    advice_variants=(_ACQUIRE_AGAIN, _ANSWER_FIRST, _END_THE_LOOP, _FROM_ITS_PARENT, _SEE_WHY, _STOP_ITEM, _TRY_AGAIN),
)
