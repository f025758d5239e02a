"""A problem that can be proved or is strongly suspected."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from .keys import ProcessKey
from .severity import Severity, Verdict
from .site import Site

_FORMER_RULES = {"rockproc": "internal-error"}
"""The present names of rules that had another name in an earlier version."""


def present_rule(name: str) -> str:
    """Return the present name of a rule. Recordings of earlier versions may have a former one."""
    return _FORMER_RULES.get(name, name)


class Finding(msgspec.Struct, frozen=True):
    """A problem that can be proved or strongly suspected from the world."""

    rule: str
    """A slug: `deadlock`, `zombie`."""
    severity: Severity
    verdict: Verdict
    message: str
    at: float
    site: Site | None = None
    processes: tuple[ProcessKey, ...] = ()
    objects: tuple[int, ...] = ()
    advice: str = ""
    """The change to the program that would repair it."""
    active: bool = True
    """False once it no longer holds."""
    fields: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    """The values of the fields in the rule's template: processes, objects, lines, operations, exceptions, times."""

    @property
    def key(self) -> tuple[object, ...]:
        """The identity of the finding, which stays the same when its text changes."""
        return self.rule, tuple(sorted(self.processes)), tuple(sorted(self.objects))
