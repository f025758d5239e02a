"""The program is not observed: nothing that is shown or missing means anything.

The probe is loaded by the interpreter at its start, as its environment asks. A Python older than 3.8, another
implementation than CPython, and the options `-I`, `-E` and `-S` leave it out. Name another interpreter with `--python`,
or leave these options out.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace
from rockproc.probe.versions import NEWEST, OLDEST

from ..model import Finding, Severity, UnobservedReason, Verdict, World
from .rule import Facts, Rule

_INTERPRETER_START_SECONDS = 5.0
"""Seconds that an interpreter may take, on a busy machine, until it imports its first module."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    main = world.processes.get(world.main) if world.main is not None else None
    if main is None or world.forgotten.processes or _is_observed(world):
        return
    if main.ended is None and world.now - (main.started or 0.0) < _INTERPRETER_START_SECONDS:
        return
    fields = {"oldest": OLDEST, "newest": NEWEST}
    yield RULE.finding(world, Severity.ERROR, Verdict.CERTAIN, fields, processes=(main.key,))


def _is_observed(world: World) -> bool:
    """Return whether a process carries the probe, or the program is one to which rockproc-tui was attached."""
    processes = world.processes.values()
    return any(process.probed or process.unobserved is UnobservedReason.STARTED_BEFORE for process in processes)


def _over(world: World, finding: Finding) -> Finding:
    """Correct a finding about an interpreter that was only slow, as on a busy machine."""
    if not _is_observed(world):
        return finding
    fields = {**finding.fields, "patience": f"{_INTERPRETER_START_SECONDS:.0f}"}
    return replace(finding, severity=Severity.INFO, message=_SLOW.format_map(fields), advice="", fields=fields)


_SLOW = "The interpreter took longer than {patience} s to start; the program is observed"
RULE = Rule(
    "not-observed",
    __doc__,
    "No process of this program is observed: what runs it is no CPython from 3.8 on, or was told to leave out what its "
    "environment adds (-I, -E, -S)",
    "Name a CPython from {oldest} to {newest} with --python, and leave out these options",
    _find,
    over=_over,
    variants=(_SLOW,),
)
