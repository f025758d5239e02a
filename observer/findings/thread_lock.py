"""A thread waits for a lock or a thread inside its process, and no thread there can end this wait.

Most often a process was forked while another thread held a lock (of threading, logging or a library): the lock is
copied, the thread is not, so no thread of the child can release it. Or one thread acquires the same lock twice, for
instance when a logging handler puts into a Queue from inside that Queue's put(). Start processes before threads,
or use spawn or forkserver.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..model import Finding, Process
from .blocking import Blocking, Need
from .dead_waits import Cause
from .rule import Facts, Rule
from .sentences import place_of
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    _join_forks(facts)
    return findings_of(facts, RULE, Need.THREAD, _more)


def _join_forks(facts: Facts) -> None:
    """Make one cause of those of a process's forked children that wait at one line: they miss the same lock."""
    first_of: dict[tuple[object, ...], Cause] = {}
    for index, cause in enumerate(facts.waits.causes):
        wait = cause.primary
        process = facts.world.processes[wait.thread[0]]
        site = place_of(wait, facts.world)
        if index in facts.explained or wait.need is not Need.THREAD or site is None or not _is_forked(process):
            continue
        if len(cause.waits) > 1 or cause.handlers or _is_nested(facts, wait):
            continue
        first = first_of.setdefault((process.parent, site, cause.verdict), cause)
        if first is not cause:
            facts.explained.add(index)
            first.alike.append(wait)
            first.affected.extend(other for other in cause.affected if other not in first.affected)


def _more(facts: Facts, cause: Cause) -> dict[str, str] | None:
    world, first = facts.world, cause.primary
    if cause.handlers and first.thread[0] == world.main:
        return None  # a service that waits for the signal by which it is to end
    process = world.processes[first.thread[0]]
    nested = [wait for wait in cause.waits if _is_nested(facts, wait)]
    if nested:
        return {"template": _NESTED, "advice": _NESTED_ADVICE, "forked": ""}
    if any(wait.need is Need.FILES and wait.thread == (process.key, process.main_thread) for wait in cause.waits):
        return {"template": _EVENT_LOOP, "advice": _EVENT_LOOP_ADVICE, "process": process.name, "forked": ""}
    if not _is_forked(process):
        return {"forked": ""}
    parent = next((candidate for candidate in world.processes.values() if candidate.pid == process.parent), None)
    if parent is None:
        return {"forked": ""}
    line = f" ({process.start_site})" if process.start_site is not None else ""
    if not _had_threads(parent, process):
        return {
            "forked": f"; {process.name} was forked from {parent.name}{line}: a lock that another thread of "
            f"{parent.name} held at that moment is held in the child forever"
        }
    return {
        "forked": f"; {process.name} was forked while {parent.name} had other threads{line}: a lock that one of them "
        "held then is held in the child forever",
        "advice": _FORK_FIRST,
    }


def _is_forked(process: Process) -> bool:
    """Return whether a process is a copy of its parent, by multiprocessing or by `os.fork()`."""
    return process.start_method == "fork" or process.role == "fork"


def _had_threads(parent: Process, child: Process) -> bool:
    """Return whether a process has other threads, or was seen to have them at the time when it forked a child."""
    seen, born = parent.several_threads, child.started
    return (parent.threads or 1) > 1 or (seen is not None and born is not None and seen >= born - _SAMPLE_SECONDS)


def _is_nested(facts: Facts, blocking: Blocking) -> bool:
    place = facts.world.blocked_places.get(blocking.thread)
    return place is not None and place.nested_put


_SAMPLE_SECONDS = 1.0
"""The time between two counts of the threads of a process."""
_FORK_FIRST = "Start processes before threads, or use the start method spawn or forkserver"
_EVENT_LOOP = (
    "{process} waits in its event loop, and no other thread of {process} and no other process can end this wait"
    "{unless}{consequences}"
)
_EVENT_LOOP_ADVICE = (
    "Find the task that is awaited (check --stacks prints the stack of every thread): it may await a Future that "
    "nobody sets, or a lock of asyncio that it holds itself"
)
_NESTED = (
    "{who} for a lock that it holds itself{where}: a handler or finalizer has called put() while the same thread was "
    "inside put() of that Queue already{unless}{consequences}"
)
_NESTED_ADVICE = (
    "Do not put into a Queue in a handler of multiprocessing's own logger (use another logger), nor in a signal "
    "handler or a finalizer"
)

RULE = Rule(
    "thread-lock",
    __doc__,
    "{who} for a lock or a thread inside the same process{where}, and no thread there can end this wait"
    "{unless}{because}{forked}{consequences}",
    "Start processes before threads, or use the start method spawn or forkserver; do not take the same lock twice in "
    "one thread, for instance in a logging handler that puts into a queue",
    _find,
    variants=(_EVENT_LOOP, _NESTED),
    advice_variants=(_EVENT_LOOP_ADVICE, _FORK_FIRST, _NESTED_ADVICE),
)
