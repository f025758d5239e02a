"""A rule: what it finds, and the one template of its text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..model import Finding, Severity, Site, Verdict, World
from ..model.keys import ProcessKey
from .dead_waits import DeadWaits
from .polls import Polls


@dataclass
class Facts:
    """The facts from which rules reason: the world, and the waits in it that nobody can end."""

    world: World
    waits: DeadWaits
    polls: Polls
    """Waits with a time-out that have ended in vain, one after the other."""
    explained: set[int] = field(default_factory=set[int])
    """Indices into `waits.causes` of those that a rule has reported."""
    strict: bool = False
    """Report as an error what was proved and is otherwise a warning, because programs may accept it on purpose."""


@dataclass(frozen=True)
class Rule:
    """One kind of problem. `find` returns its findings; each has the text of `template`, filled with its fields."""

    name: str
    """A slug, as in `rockproc-tui explain NAME`."""
    explanation: str | None
    """One paragraph: what goes wrong, why, and what to do about it."""
    template: str
    """The text of a finding, with the names of fields in braces."""
    advice: str
    """What to change in the program, with the names of fields in braces."""
    find: Callable[[Facts], Iterator[Finding]]
    over: Callable[[World, Finding], Finding] | None = None
    """Changes a finding that no longer holds, where there is more to say than that it is over."""
    also: Mapping[str, str] = field(default_factory=dict[str, str])
    """Explanations of the findings that it reports under another name than its own, by that name."""
    needs_history: bool = False
    """It rests on what the probe has recorded: a program that is only read from outside is not asked for it."""

    @property
    def has_template(self) -> bool:
        """False if `find` writes each text by itself."""
        return self.template != "{text}"

    def finding(
        self,
        world: World,
        severity: Severity,
        verdict: Verdict,
        fields: Mapping[str, object],
        *,
        site: Site | None = None,
        processes: Iterable[ProcessKey] = (),
        objects: Iterable[int] = (),
        template: str = "",
        advice: str = "",
    ) -> Finding:
        """A finding of this rule.

        Args:
            world: gives the time.
            severity: see `Severity`.
            verdict: see `Verdict`.
            fields: what the template names; each is exported as text.
            template: in place of the rule's own, for a variant of it.
            advice: likewise.
            site: the line that explains most.
            processes: keys of those concerned.
            objects: keys of those concerned.
        """
        texts = {name: str(value) for name, value in fields.items()}
        return Finding(
            self.name,
            severity,
            verdict,
            (template or self.template).format_map(texts),
            at=world.now,
            site=site,
            processes=tuple(dict.fromkeys(processes)),
            objects=tuple(dict.fromkeys(item for item in objects if item)),
            advice=(advice or self.advice).format_map(texts),
            fields=texts,
        )
