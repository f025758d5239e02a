"""A thread waits for any of several objects at once, and none of them can become ready.

`multiprocessing.connection.wait()` returns when there is a message in one of the Pipes that it is given, or when one of
the processes has ended. Here no process can send a message any more, and none of the processes can end. Close the ends
of Pipes that a process does not use, or pass a time-out to `wait()`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding
from .blocking import Need
from .rule import Facts, Rule
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.ANY)


RULE = Rule(
    "nothing-ready",
    __doc__,
    "{who} for {object}{where}, and none of them can become ready{unless}{because}{consequences}",
    "Pass the sentinels of the processes to wait() as well: they become ready when a process ends. Close the ends of "
    "Pipes that a process does not use, right after start()",
    _find,
)
