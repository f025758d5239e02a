"""A thread waits for a permit of a semaphore, and no process can release one any more.

Permits that a process has acquired are not given back when it ends. Use `with semaphore:`, which releases it also when
something is raised.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding
from ..model.keys import LockKey
from .blocking import Need
from .dead_waits import Cause
from .rule import Facts, Rule
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.PERMIT, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    world, first = facts.world, cause.primary
    lock = world.locks[LockKey(first.key)]
    ended = [world.processes[key].name for key in dict.fromkeys(first.ended) if key in world.processes]
    if ended:
        places = dict.fromkeys(str(hold.site) for hold in lock.holders if hold.process in first.ended and hold.site)
        at = f" at {', '.join(list(places)[:2])}" if places else ""
        return {"lost": f"; {' and '.join(ended[:4])} acquired permits{at} and ended without release()"}
    return {"lost": "", "advice": _SAME_ORDER}


_SAME_ORDER = "Take semaphores in the same order everywhere, and give each permit back"
RULE = Rule(
    "permits-lost",
    __doc__,
    "{who} in {call}{where}{lost}, and no process can call release() any more{unless}{because}{consequences}",
    "Use `with {object}:` around each use, or call release() in a finally block, so that each permit is given back",
    _find,
    advice_variants=(_SAME_ORDER,),
)
