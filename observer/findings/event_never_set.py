"""A thread waits for an Event, and no process can set it any more.

The process that was to set it has ended, perhaps with an exception, or waits itself. Set the Event in a finally block,
or wait with a time-out and check whether the process is alive.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding
from .blocking import Need
from .rule import Facts, Rule
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.SET)


RULE = Rule(
    "event-never-set",
    __doc__,
    "{who} in {call}{where}, and no process can call set() any more{unless}{because}{consequences}",
    "Let the process that sets {object} do so in a finally block, or wait with a time-out",
    _find,
)
