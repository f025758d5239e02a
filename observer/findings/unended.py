"""The common part of the rules about waits: one finding for each cause whose first wait needs a certain thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..model import Finding, Severity, World
from .blocking import Need
from .dead_waits import Cause
from .rule import Facts, Rule
from .sentences import because, call_of, consequences, others, place_of, together, unless, where_they_wait, who_waits

Fields = Callable[[Facts, Cause], "dict[str, str] | None"]


def findings_of(facts: Facts, rule: Rule, need: Need, more: Fields | None = None) -> Iterator[Finding]:
    """Yield a finding of a rule for each cause that no other rule has explained.

    Args:
        facts: the world and its dead waits.
        rule: whose findings they are.
        need: what the first wait of the cause is for.
        more: fields besides those that all these rules have; `template` and `advice` among them replace the rule's
            own. None where the rule does not apply.
    """
    world = facts.world
    for index, cause in enumerate(facts.waits.causes):
        first = cause.primary
        if index in facts.explained or first.need is not need:
            continue
        fields = {
            "who": who_waits(cause, world),
            "call": call_of(first, world),
            "object": first.wait.object if first.wait is not None else "",
            "where": where_they_wait(cause, world),
            "because": because(others(cause, world)),
            "unless": unless(cause, world),
            "consequences": consequences(cause, world),
            "since": f"{first.since:.1f}",
        }
        added = more(facts, cause) if more is not None else {}
        if added is None:
            continue
        template, advice = added.pop("template", ""), added.pop("advice", "")
        facts.explained.add(index)
        waits = [*cause.waits, *together(cause)]
        yield rule.finding(
            world,
            Severity.WARNING if _only_daemons(cause, world) else Severity.ERROR,
            cause.verdict,
            {**fields, **added},
            site=place_of(first, world),
            processes=[wait.thread[0] for wait in together(cause)] + list(first.ended),
            objects=[first.key] if first.key else [wait.key for wait in waits],
            template=template,
            advice=advice,
        )


def _only_daemons(cause: Cause, world: World) -> bool:
    """Return True if the end of the program ends every waiting process, so that nothing depends on them."""
    return all(world.processes[wait.thread[0]].daemon for wait in (*cause.waits, *cause.affected))
