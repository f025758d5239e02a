"""A child changes an ordinary variable, and its parent reads it: each has its own copy, so that the change is lost.

A process shares neither globals nor attributes nor the lists that it gets as arguments with the one that has started
it. `counter += 1` on a global, `self.result = …` in `run()` and `results.append(…)` change the copy of the child only.
Send the result back: as the return value of a task of a Pool, or through a Queue or a Pipe. Or keep it in a Value, an
Array or an object of a manager. Use an Event where one process tells another to stop.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Process, Severity, UnsharedChange, UnsharedKind, Verdict, World
from ..model.keys import ProcessKey
from .rule import Facts, Rule

_ARGUMENT = (
    "{process} {changes} its own copy of {name} at {change}, which it got as an argument: {parent} reads {name} at "
    "{read} and does not see the change{also}"
)
_ATTRIBUTE = (
    "{process} {changes} {name} at {change} in its own copy of the object: {parent} reads it at {read} and does not "
    "see the change{also}"
)
_FLAG = (
    "{process} goes on in the loop at {read} until {name} has changed, and {parent} changes only its own copy of it, "
    "at {change}{also}"
)
_USE_AN_EVENT = "Give {process} an Event as an argument: call set() on it in {parent}, and ask is_set() in the loop"


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    by_processes: dict[tuple[ProcessKey, ...], list[UnsharedChange]] = {}
    for change in world.unshared.values():
        known = [process for key in change.processes if (process := world.processes.get(key)) is not None]
        if change.kind is UnsharedKind.FLAG:
            known = [process for process in known if _is_joined(world, change, process)]
        if known:
            by_processes.setdefault(tuple(process.key for process in known), []).append(change)
    for keys, changes in by_processes.items():
        change = min(changes, key=lambda change: change.private)
        first = world.processes[keys[0]].name
        parent = world.processes.get(change.parent) if change.parent is not None else None
        others = [f"{other.name} ({other.change})" for other in changes if other is not change]
        yield RULE.finding(
            world,
            Severity.INFO if change.private else Severity.WARNING,
            Verdict.SUSPECTED,
            {
                "process": first if len(keys) == 1 else f"{first} ({len(keys) - 1} more do the same)",
                "parent": parent.name if parent is not None else "its parent",
                "name": change.name,
                "changes": "may change" if change.conditional else "changes",
                "change": change.change,
                "read": change.read,
                "also": f"; nor does it share {', '.join(others)}" if others else "",
            },
            site=change.read if change.kind is UnsharedKind.FLAG else change.change,
            processes=keys,
            template=_TEMPLATES.get(change.kind, ""),
            advice=_USE_AN_EVENT if change.kind is UnsharedKind.FLAG else "",
        )


def _is_joined(world: World, change: UnsharedChange, process: Process) -> bool:
    """Return whether the parent has changed the flag and now waits for the end of the process.

    Before that, the parent may still end it in another way.
    """
    parent = world.processes.get(change.parent) if change.parent is not None else None
    if parent is None or process.ended is not None:
        return False
    return any(
        wait.op == "join"
        and wait.key == process.key
        and (wait.site is None or wait.site.path != change.change.path or wait.site.line > change.change.line)
        for wait in parent.waits
    )


_TEMPLATES = {
    UnsharedKind.ARGUMENT: _ARGUMENT,
    UnsharedKind.ATTRIBUTE: _ATTRIBUTE,
    UnsharedKind.FLAG: _FLAG,
}

RULE = Rule(
    "not-shared",
    __doc__,
    "{process} {changes} its own copy of the global {name} at {change}: {parent} reads {name} at {read} and does not "
    "see the change{also}",
    "Return the result from a task of a Pool, send it through a Queue or a Pipe, or keep {name} in a Value, an Array "
    "or an object of a manager",
    _find,
    needs_history=True,
    variants=(_ARGUMENT, _ATTRIBUTE, _FLAG),
    advice_variants=(_USE_AN_EVENT,),
)
