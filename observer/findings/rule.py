"""Defines a rule: the function that finds problems, and the templates of their texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from ..model import Finding, Severity, Site, Verdict, World
from ..model.keys import ProcessKey
from ..model.process import UNNAMED_PROCESS
from .dead_waits import DeadWaits
from .lock_loads import LockLoads
from .polls import Polls


class Facts(msgspec.Struct):
    """The input of rules: the world, and its waits that no thread can end."""

    world: World
    waits: DeadWaits
    polls: Polls
    """Series of waits with a time-out that have all timed out."""
    explained: set[int] = msgspec.field(default_factory=set[int])
    """The indices in `waits.causes` of causes that a rule has reported."""
    lock_loads: LockLoads = msgspec.field(default_factory=LockLoads)
    """The locks for which several processes have waited, and for how long."""
    strict: bool = False
    """Report as an error what was proved and is otherwise a warning, because programs may accept it on purpose."""


class Rule(msgspec.Struct, frozen=True):
    """One kind of problem. `find` returns its findings; the text of each comes from one of the rule's templates."""

    name: str
    """A slug, as in `rockproc-tui explain NAME`."""
    explanation: str | None
    """A paragraph that says what goes wrong, why, and what to do about it."""
    template: str
    """The text of a finding, with the names of fields in braces."""
    advice: str
    """A template of what to change in the program, with the names of fields in braces."""
    find: Callable[[Facts], Iterator[Finding]]
    over: Callable[[World, Finding], Finding | None] | None = None
    """A function that changes a finding when it no longer holds, or returns None if nothing is left to say; None if the
    finding then only becomes inactive."""
    past: str = ""
    """The template of a finding that no longer holds, in the past tense; empty if its text stays as it is."""
    needs_history: bool = False
    """True if the rule needs records of the probe: it is not asked about a program that is only read from outside."""
    judges_changes: bool = False
    """True if the rule is also asked about a reading from outside during which processes have begun or ended."""
    explained_by: tuple[str, ...] = ()
    """Names of rules whose findings about the same object say this as well, once they are found."""
    variants: tuple[str, ...] = ()
    """Templates that `find` uses in place of `template`."""
    advice_variants: tuple[str, ...] = ()
    """Templates that `find` uses in place of `advice`."""

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
        """Return a finding of this rule.

        Args:
            world: gives the time.
            severity: see `Severity`.
            verdict: see `Verdict`.
            fields: what the template names; each is exported as text.
            template: one of `variants`, in place of `template`.
            advice: likewise, one of `advice_variants`.
            site: the line that explains most.
            processes: keys of those concerned.
            objects: keys of those concerned.

        Raises:
            ValueError: the rule does not list this template or advice among its variants.
        """
        if (template and template not in self.variants) or (advice and advice not in self.advice_variants):
            raise ValueError(f"{self.name} does not list a template that it uses: {template or advice!r}")
        texts = {name: str(value) for name, value in fields.items()}
        message = (template or self.template).format_map(texts)
        if message.startswith(UNNAMED_PROCESS):  # any other name is one of the program, which stays as it is
            message = message[:1].upper() + message[1:]
        return Finding(
            self.name,
            severity,
            verdict,
            message,
            at=world.now,
            site=site,
            processes=tuple(dict.fromkeys(processes)),
            objects=tuple(dict.fromkeys(item for item in objects if item)),
            advice=(advice or self.advice).format_map(texts),
            fields=texts,
        )
