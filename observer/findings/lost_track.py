"""The journal of a process is damaged, so that nothing more is known of what the process does.

The probe writes the journal into memory that it shares with rockproc-tui. A program that writes into memory which is
not its own, or changes the files of the session folder, can damage it. The other processes are observed as before.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Severity, UnobservedReason, Verdict
from .rule import Facts, Rule


def _find(facts: Facts) -> Iterator[Finding]:
    world = facts.world
    for process in world.processes.values():
        if process.unobserved is UnobservedReason.DAMAGED_JOURNAL:
            yield RULE.finding(
                world, Severity.WARNING, Verdict.CERTAIN, {"process": process.name}, processes=(process.key,)
            )


RULE = Rule(
    "lost-track",
    __doc__,
    "rockproc-tui lost track of {process}: its journal is damaged",
    "Counts are incomplete from then on. Look for code that writes into memory or files which are not its own: ctypes, "
    "an extension module, or something that tidies up /dev/shm",
    _find,
)
