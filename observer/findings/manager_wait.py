"""A thread waits for a Queue, an Event, a Condition or a Lock of a manager, and no process can end the wait any more.

The manager's server only does what processes ask it to. All that could still call `put()`, `set()`, `notify()` or
`release()` have ended, or wait themselves. Let each do so in a finally block, or wait with a time-out and find out
whether the others still live.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding
from ..model.keys import ManagedKey
from .blocking import Need
from .dead_waits import Cause
from .rule import Facts, Rule
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.MANAGED, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    first = cause.primary
    managed = facts.world.managed.get(ManagedKey(first.key))
    op = first.wait.op if first.wait is not None else ""
    return {
        "answer": _ANSWERS.get((managed.type if managed is not None else "", op)) or _ANSWERS.get(("", op), "end this")
    }


_ANSWERS = {
    ("", "get"): "put() anything there",
    ("", "put"): "get() anything from there",
    ("", "join"): "call task_done()",
    ("", "acquire"): "call release()",
    ("Event", "wait"): "call set()",
    ("Condition", "wait"): "call notify()",
    ("Barrier", "wait"): "arrive there",
}
"""The action that would end a wait, by the type of the object (where it matters) and the method."""

RULE = Rule(
    "manager-wait",
    __doc__,
    "{who} in {call}{where}, an object of a manager, and no process can {answer} any more{unless}{because}"
    "{consequences}",
    "Let a process do that once for each one that waits at {object}, also after an error (in a finally block): for a "
    "Queue, put a stop item such as None for each process that gets",
    _find,
)
