"""The activities of the processes at the time limit, in words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from .schema import Process, Wait

_MAX_ENDED = 3
"""The largest number of processes that ended alike and are named."""
_WORDS = {
    "feed": "the feeder thread of {object} waits until it can write",
    "flush": "{who} waits until the feeder thread of {object} has written everything",
    "result": "{who} waits for a result of {object}",
    "value": "{who} waits for {object}.value",
}


def activity(process: Process) -> list[str]:
    """Return what a living process does, a text for each of its threads that waits and one for its main thread."""
    texts = [_waits(wait) for wait in process.waits]
    return list(dict.fromkeys([process.doing, *texts] if process.doing else texts))


def _waits(wait: Wait) -> str:
    who = "" if wait.main else "another thread"
    words = _WORDS.get(wait.op, "{who} waits in {op}() of {object}" if wait.object else "{who} waits in {op}()")
    if wait.object.startswith("any of "):
        words = "{who} waits in {op}() for {object}"
    text = words.format(who=who, op=wait.op, object=wait.object).lstrip()
    where = f" ({wait.site})" if wait.site else ""
    return f"{text}{where}{', with a time-out' if wait.timed else ''}"


def ended(processes: Sequence[Process]) -> list[str]:
    """Return how the processes that failed had ended, those that ended alike in one text."""
    alike: dict[str, list[Process]] = defaultdict(list)
    for process in processes:
        if process.exitcode:
            alike[process.signal or f"exit {process.exitcode}"].append(process)
    texts: list[str] = []
    for how, some in alike.items():
        shown = ", ".join(f"{process.name} ({process.pid})" for process in some[:_MAX_ENDED])
        more = f" and {len(some) - _MAX_ENDED} more" if len(some) > _MAX_ENDED else ""
        texts.append(f"{shown}{more}: had ended, {how}")
    return texts
