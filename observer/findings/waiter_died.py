"""`set()` or `notify()` never returns, because a process was ended while it waited.

An Event, a Condition and a Barrier count those that wait, and `set()` and `notify()` wait until each of them has woken.
A process that is killed inside `wait()` is still counted, and never answers (cpython#75158). Let a process that waits
end by itself, or wait with a time-out in a loop.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding
from .dead_waits import Cause
from .providers import Need
from .rule import Facts, Rule
from .sentences import ended_names, thread_name
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.WAKE_UP, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    world, first = facts.world, cause.primary
    return {"caller": thread_name(first.thread, world), "killed": ended_names(first.ended, world)}


RULE = Rule(
    "waiter-died",
    __doc__,
    "{call}{where} never returns in {caller}: {killed} inside wait(), is still counted as a waiter there, and only it "
    "could answer{unless}{consequences}",
    "Never end a process that waits at {object}: let it end by itself",
    _find,
)
