"""A line changes what it has got from an object of a manager: that is a copy, and the change is lost.

`d['names'].append('x')` asks the manager for `d['names']`, gets a copy of the list by a pipe, and appends to the copy.
Nothing in the manager changes. Store it back (`names = d['names']; names.append('x'); d['names'] = names`), or put a
`manager.list()` into `d` instead of a list.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ..model import Finding, ManagedObject, Severity, Verdict
from .rule import Facts, Rule

_MAX_LINES = 3
_TYPES = (list, dict, set)


def _find(facts: Facts) -> Iterator[Finding]:
    for managed in facts.world.managed.values():
        if not managed.changed_copies:
            continue
        proved = _holds_containers(managed)
        copies = sorted(managed.changed_copies, key=lambda copy: copy.site.line)
        changes = [f"{copy.text} ({copy.site})" for copy in copies]
        yield RULE.finding(
            facts.world,
            Severity.WARNING if proved else Severity.INFO,
            Verdict.CERTAIN if proved else Verdict.SUSPECTED,
            {
                "changes": ", ".join(changes[:_MAX_LINES]),
                "change": "changes a copy" if len(changes) == 1 else "change copies",
                "object": managed.name,
                "type": managed.type,
            },
            site=copies[0].site,
            objects=[managed.key],
        )


def _holds_containers(managed: ManagedObject) -> bool:
    """Return whether its content, as far as it is known, has lists, dicts or sets, and no objects of other types."""
    try:
        content: object = ast.literal_eval(managed.value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    items: list[object] = list(content.values()) if isinstance(content, dict) else []  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]
    if isinstance(content, list):
        items = list(content)  # pyright: ignore[reportUnknownArgumentType]
    return any(isinstance(item, _TYPES) for item in items)


RULE = Rule(
    "changed-copy",
    __doc__,
    "{changes} {change}: {object} is a {type} in a manager, and what it returns is a copy of the item, so that nothing "
    "changes in the manager",
    "Store the changed copy back into {object}, or make the item an object of the manager as well (manager.list())",
    _find,
    needs_history=True,
)
