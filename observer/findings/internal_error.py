"""rockproc-tui itself has failed, in the probe or in the observer. What is shown may be incomplete.

The program is not affected. `--debug FILE` writes the traceback to a file; please report it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity, Verdict
from .rule import Facts, Rule


def _find(facts: Facts) -> Iterator[Finding]:
    """Yield at most one finding, whatever the number of errors."""
    world = facts.world
    hit = [process for process in world.processes.values() if process.faults]
    first = world.fault or next((f"{process.name}: {process.fault}" for process in hit if process.fault), "")
    first = first or world.forgotten.fault
    if not hit and not first:
        return
    count = sum(process.faults for process in hit) + world.forgotten.faults + bool(world.fault)
    errors = "an error" if count == 1 else f"{count} errors"
    fields = {"errors": errors, "first": first or "no more is known"}
    yield RULE.finding(world, Severity.WARNING, Verdict.CERTAIN, fields)


RULE = Rule(
    "internal-error",
    __doc__,
    "rockproc-tui had {errors} of its own, which did not reach the program: {first}",
    "What is shown may lack something. Run it again with --debug FILE, and please report this error with that file and "
    "the program that brings it about",
    _find,
)
