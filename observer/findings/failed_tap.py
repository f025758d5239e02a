"""A function of the standard library is not observed, because its source is not as the probe expects.

The interpreter has changed since the probe was written for it, or its standard library was changed. What the
function does is missing in what is shown; everything else is observed as usual.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity, Verdict
from .phrases import enumerated
from .rule import Facts, Rule

_MAX_NAMES = 3
"""Functions that are named in the message; the report has them all."""


def _find(facts: Facts) -> Iterator[Finding]:
    """Yield at most one finding, whatever the number of functions."""
    world = facts.world
    processes = [process for process in world.processes.values() if process.failed_taps]
    if not processes:
        return
    failed = sorted({name for process in processes for name in process.failed_taps})
    versions = ", ".join(sorted({process.python for process in processes if process.python}))
    fields = {"functions": enumerated(failed, most=_MAX_NAMES), "versions": versions}
    yield RULE.finding(world, Severity.WARNING, Verdict.CERTAIN, fields)


RULE = Rule(
    "failed-tap",
    __doc__,
    "rockproc-tui does not observe {functions}: under Python {versions} the source is not as expected",
    "Counts and waits that depend on these functions are incomplete. Please report this with its version",
    _find,
    needs_history=True,
)
