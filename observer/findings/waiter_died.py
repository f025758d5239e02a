"""`set()` or `notify()` never returns, because a process was ended or interrupted while it waited.

An Event, a Condition and a Barrier count those that wait, and `set()` and `notify()` wait until each of them has woken.
A process that is killed inside `wait()` is still counted, and never answers (cpython#75158). Nor does a thread that is
interrupted inside `wait()` by a signal, when the signal's handler calls `set()` for the same Event. Let a process that
waits end by itself, and let a handler only set a flag.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding
from .blocking import Need
from .dead_waits import Cause
from .rule import Facts, Rule
from .sentences import ended_names, thread_name
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.WAKE_UP, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    world, first = facts.world, cause.primary
    if first.wait is not None and first.wait.nested:
        return {"caller": thread_name(first.thread, world), "template": _NESTED, "advice": _NESTED_ADVICE}
    several = len(set(first.ended)) > 1
    return {
        "caller": thread_name(first.thread, world),
        "killed": ended_names(first.ended, world),
        "are": "are still counted as waiters" if several else "is still counted as a waiter",
        "they": "they" if several else "it",
    }


_NESTED = (
    "{call}{where} never returns in {caller}: it waits until all waiters have woken, and a signal handler calls it "
    "inside {object}.wait() of the same thread, which cannot wake before the handler returns{unless}{consequences}"
)
_NESTED_ADVICE = (
    "Let the signal handler only set a variable; wait in a loop with a time-out, `while not stop: {object}.wait(0.1)`"
)

RULE = Rule(
    "waiter-died",
    __doc__,
    "{call}{where} never returns in {caller}: {killed} inside wait(), and {are} there: only {they} could "
    "answer{unless}{consequences}",
    "Do not terminate() or kill() a process that may be inside {object}.wait(): call {object}.set(), and let it end by "
    "itself",
    _find,
    variants=(_NESTED,),
    advice_variants=(_NESTED_ADVICE,),
)
