"""A thread asks again and again for something that no process can provide any more.

The loop `while True: try: q.get(timeout=1) except Empty: continue` never ends when the process that was to put has
ended or waits itself. Nor does `while not ready.value: pass`, or a loop over `is_set()`, when the process that was to
write the Value or to set the Event has ended. Check in the loop that the others are alive, and stop when they are not.
Only its parent can ask a process whether it is alive: elsewhere, let the parent send a stop item.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Process, Severity, Verdict, World
from ..model.keys import ValueKey
from .blocking import Blocking, Need
from .dead_waits import SUSPICION_SECONDS
from .rule import Facts, Rule
from .sentences import because, call_of, ended_names, process_of, site_of, thread_name, waits_in

_MAX_INNOCENT_POLLS = 3
"""The number of consecutive unsuccessful attempts that is not yet suspicious."""
_MAX_WAITS = 2
"""The largest number of waits of others that are described."""
_NEEDS = (Need.ITEM, Need.MESSAGE, Need.SET, Need.NOTIFY, Need.PERMIT, Need.ARRIVAL, Need.ROOM, Need.TASK_DONE)


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    polls = facts.polls
    for thread, blocking in facts.waits.blockings.items():
        wait = blocking.wait
        if wait is None or not wait.timed or blocking.need not in _NEEDS:
            continue
        poll = polls.get((thread, wait.key))
        if poll is None or thread not in facts.waits.in_vain:
            continue
        waiting = _others_that_wait(blocking, facts)
        if not waiting and not _needed_has_ended(blocking, world):
            continue
        times, since = poll
        if times <= _MAX_INNOCENT_POLLS or world.now - since < SUSPICION_SECONDS:
            continue
        ended = [world.processes[key] for key in blocking.ended if key in world.processes]
        waits = "; ".join(waits_in(other, world) for other in waiting[:_MAX_WAITS])
        facts.polls.found[thread, wait.key] = RULE.finding(
            world,
            Severity.ERROR,
            Verdict.SUSPECTED,
            {
                "who": thread_name(thread, world),
                "call": call_of(blocking, world),
                "where": site_of(blocking, world),
                "times": times,
                "because": because(ended_names(blocking.ended, world) if ended else waits),
                "since": f"{since:.1f}",
                "seconds": f"{world.now - since:.0f}",
                "other": ended[0].name if ended else process_of(waiting[0], world).name,
                "failed": next((_with_site(process) for process in ended if process.error), ""),
            },
            advice=_advice(ended, world.processes[thread[0]]),
            site=wait.site,
            processes=[thread[0], *blocking.ended],
            objects=[wait.key],
        )
    yield from facts.polls.active(world)
    yield from _repeated_reads(facts)


def _others_that_wait(blocking: Blocking, facts: Facts) -> list[Blocking]:
    """Return the waits of all that could answer, if none of them has a time-out, and they depend on this one."""
    others = dict.fromkeys(provider.thread for provider in blocking.providers if provider.thread != blocking.thread)
    waits = [facts.waits.blockings.get(thread) for thread in others if thread in facts.waits.in_vain]
    found = [wait for wait in waits if wait is not None and wait.wait is not None and not wait.timed]
    return found if len(found) == len(others) else []


def _advice(ended: list[Process], polls: Process) -> str:
    if not ended:
        return _ANSWER_FIRST
    if all(process.parent != polls.pid for process in ended):
        return _FROM_ITS_PARENT
    return _SEE_WHY if any(process.error for process in ended) else ""


def _with_site(process: Process) -> str:
    """Return how a process failed, with the line: `Process-1 failed (app.py:5)`."""
    return f"{process.name} failed{f' ({process.error_site})' if process.error_site is not None else ''}"


def _repeated_reads(facts: Facts) -> Iterator[Finding]:
    """Yield loops without a time-out that read a Value or ask an Event."""
    world = facts.world
    for read in world.repeated_reads.values():
        blocking = facts.waits.blockings.get(read.thread)
        if blocking is None or blocking.need is not Need.CHANGE or read.thread not in facts.waits.in_vain:
            continue
        # Since the last process has ended, and the Value was last written, the loop has had time to see that.
        value = world.values.get(ValueKey(read.key))
        ended = [process.ended or 0.0 for process in world.processes.values()]
        since = max([read.since, *ended, (value.changed if value is not None else 0.0) or 0.0])
        if not blocking.ended or world.now - since < SUSPICION_SECONDS:
            continue
        yield RULE.finding(
            world,
            Severity.ERROR,
            Verdict.SUSPECTED,
            {
                "who": thread_name(read.thread, world),
                "call": call_of(blocking, world),
                "where": site_of(blocking, world),
                "times": f"{read.times:,}",
                "because": because(ended_names(blocking.ended, world)),
                "since": f"{read.since:.1f}",
                "seconds": f"{world.now - read.since:.0f}",
            },
            template=_WITHOUT_A_WAIT,
            advice=_END_THE_LOOP,
            site=read.site,
            processes=[read.thread[0], *blocking.ended],
            objects=[read.key],
        )


def _needed_has_ended(blocking: Blocking, world: World) -> bool:
    return any(key in world.processes for key in blocking.ended)


_WITHOUT_A_WAIT = (
    "{who} has asked {call} {times} times{where} in {seconds} s, in a loop that ends only when the answer changes, and "
    "no process can change it any more{because}"
)
_END_THE_LOOP = (
    "Check in the loop that the other processes are alive (is_alive(), exitcode); or let them set what the loop waits "
    "for in a finally block, and check their exitcode"
)
_SEE_WHY = (
    "Find out why {failed}. In the loop, check that the other processes are alive (is_alive(), exitcode), and stop "
    "with an error when they are not"
)
_ANSWER_FIRST = (
    "Let {other} provide it before it waits for something else, or end the loop in {who} after some attempts"
)
_FROM_ITS_PARENT = (
    "Let the process that has started {other} notice that it has ended (join(), exitcode) and inform {who}, for "
    "instance by a stop item"
)
RULE = Rule(
    "polls-in-vain",
    __doc__,
    "{call}{where} in {who} has timed out {times} times in {seconds} s; those that could have answered have ended "
    "or wait themselves{because}",
    "Check in the loop that the other processes are alive (is_alive(), exitcode), and stop with an error when they "
    "are not",
    _find,
    needs_history=True,
    variants=(_WITHOUT_A_WAIT,),
    advice_variants=(_ANSWER_FIRST, _END_THE_LOOP, _FROM_ITS_PARENT, _SEE_WHY),
)
