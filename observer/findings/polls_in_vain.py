"""A thread asks again and again for something that no process can provide any more.

The loop `while True: try: q.get(timeout=1) except Empty: continue` never ends when the process that was to put has
ended or waits itself. Nor does `while not ready.value: pass`, or a loop over `is_set()`, when the process that was to
write the Value or to set the Event has ended. Look in the loop whether the others still live, and stop when they do
not.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity, Verdict, World
from ..model.keys import ValueKey
from .dead_waits import SUSPICION_SECONDS
from .providers import Blocking, Need
from .rule import Facts, Rule
from .sentences import because, call_of, ended_names, site_of, thread_name

_MAX_INNOCENT_POLLS = 3
"""The number of consecutive unsuccessful attempts that is not yet suspicious."""
_NEEDS = (Need.ITEM, Need.MESSAGE, Need.SET, Need.NOTIFY, Need.PERMIT, Need.ARRIVAL, Need.ROOM, Need.TASK_DONE)


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    polls = facts.polls
    for thread, blocking in facts.waits.blockings.items():
        wait = blocking.wait
        if wait is None or not wait.timed or blocking.need not in _NEEDS:
            continue
        poll = polls.get((thread, wait.key))
        if poll is None or thread not in facts.waits.in_vain or not _needed_has_ended(blocking, world):
            continue
        times, since = poll
        if times <= _MAX_INNOCENT_POLLS or world.now - since < SUSPICION_SECONDS:
            continue
        facts.polls.found[thread, wait.key] = RULE.finding(
            world,
            Severity.ERROR,
            Verdict.SUSPECTED,
            {
                "who": thread_name(thread, world),
                "call": call_of(blocking, world),
                "where": site_of(blocking, world),
                "times": times,
                "because": because(ended_names(blocking.ended, world)),
                "since": f"{since:.1f}",
                "seconds": f"{world.now - since:.0f}",
            },
            site=wait.site,
            processes=[thread[0], *blocking.ended],
            objects=[wait.key],
        )
    yield from facts.polls.standing(world)
    yield from _repeated_reads(facts)


def _repeated_reads(facts: Facts) -> Iterator[Finding]:
    """Loops without a time-out that read a Value or ask an Event."""
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
    "{who} has asked {call} {times} times{where} in {seconds} s, in a loop that ends only when it changes, and no "
    "process can change it any more{because}"
)
_END_THE_LOOP = (
    "Look in the loop whether the other processes still live (is_alive(), exitcode), and let those set what the loop "
    "waits for in a finally block"
)
RULE = Rule(
    "polls-in-vain",
    __doc__,
    "{who} has asked {times} times without success in {call}{where}, with a time-out, for {seconds} s; those that "
    "could have answered have ended or wait themselves{because}",
    "Look in the loop whether the other processes still live (is_alive(), exitcode), and stop when they do not",
    _find,
    needs_history=True,
    variants=(_WITHOUT_A_WAIT,),
    advice_variants=(_END_THE_LOOP,),
)
