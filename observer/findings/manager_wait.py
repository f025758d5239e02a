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
from .phrases import named
from .rule import Facts, Rule
from .sentences import failed_of
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.MANAGED, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    first = cause.primary
    managed = facts.world.managed.get(ManagedKey(first.key))
    op = first.wait.op if first.wait is not None else ""
    kind = managed.type if managed is not None else ""
    failed = failed_of(first.ended, facts.world)
    return {
        "answer": _ANSWERS.get((kind, op)) or _ANSWERS.get(("", op), "end this"),
        "failed": f"Find out why {named(failed)} failed. " if failed else "",
        "advice": _STOP_ITEM if op == "get" else _NOTIFY if kind == "Condition" else "",
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

_NOTIFY = (
    "{failed}Let a process change what is waited for, and call notify_all() at {object} after it. After an error, "
    "change it to a state that lets those who wait end"
)
_STOP_ITEM = "{failed}Put a stop item such as None into {object} for each process that gets, also after an error"
RULE = Rule(
    "manager-wait",
    __doc__,
    "{who} in {call}{where}, an object of a manager, and no process can {answer} any more{unless}{because}"
    "{consequences}",
    "{failed}Let a process {answer} once for each one that waits at {object}, also after an error (in a finally block)",
    _find,
    advice_variants=(_NOTIFY, _STOP_ITEM),
)
