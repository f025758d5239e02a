"""The program is not observed: nothing that is shown or missing means anything.

The probe is loaded by the interpreter at its start, as its environment asks. A Python older than 3.8, another
implementation than CPython, and the options `-I`, `-E` and `-S` leave it out. Name another interpreter with `--python`,
or leave these options out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rockproc.probe.versions import NEWEST, OLDEST

from ..model import Finding, Severity, Verdict, World
from .rule import Facts, Rule

_PATIENCE = 5.0
"""Seconds that an interpreter may take, on a busy machine, until it imports its first module."""


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    main = world.processes.get(world.main) if world.main is not None else None
    if main is None or world.forgotten.processes or any(process.observed for process in world.processes.values()):
        return
    if main.ended is None and world.now - (main.started or 0.0) < _PATIENCE:
        return
    yield Finding(
        "not-observed",
        Severity.ERROR,
        Verdict.CERTAIN,
        "No process of this program is observed: what runs it is no CPython from 3.8 on, or was told to leave out "
        "what its environment adds (-I, -E, -S)",
        at=world.now,
        processes=(main.key,),
        advice=f"Name a CPython from {OLDEST} to {NEWEST} with --python, and leave out these options",
    )


def _over(world: World, finding: Finding) -> Finding:
    """Correct a finding about an interpreter that was only slow, as on a busy machine."""
    if not any(process.observed for process in world.processes.values()):
        return finding
    return replace(
        finding,
        severity=Severity.INFO,
        message=f"The interpreter took longer than {_PATIENCE:.0f} s to start; the program is observed",
        advice="",
    )


RULE = Rule("not-observed", __doc__, "{text}", "{advice_text}", _find, over=_over)
