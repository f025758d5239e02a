"""A program into which the probe has not come: nothing that is shown, or not shown, of it means anything."""

from __future__ import annotations

from collections.abc import Iterator

from rockproc.probe.versions import NEWEST, OLDEST

from ..model import Finding, Severity, Verdict
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


RULE = Rule("not-observed", __doc__, "{text}", "{advice_text}", _find)
