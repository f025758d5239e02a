"""The traffic of managers and pools as the calls that the program has made, instead of the protocol behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from rockproc.observer.model import ManagedObject, Pool, Worker
from rockproc.observer.model.keys import ProcessKey

from ..bases.view import View

_MAX_CALLS = 20_000
_SPECIAL = re.compile(r"__(\w+)__\((.*)\)$", re.DOTALL)
_BRACKETS = {"(": ")", "[": "]", "{": "}"}


class Call(msgspec.Struct, frozen=True, eq=False):
    """A call of a managed object, or a task that a worker of a pool has taken up."""

    at: float
    """Seconds since launch."""
    process: ProcessKey
    """Key of the process that has called, or of the one that made the pool."""
    sender: str
    """The name of the pool; empty for the name of the process."""
    target: str
    """The managed object, or the worker."""
    target_process: ProcessKey | None
    text: str
    """The text of the call: `stock['plum'] = 30`, `roast('java')`."""
    skipped: int = 0
    """The number of calls of the same object since the call before that are not known in detail."""


class CallLog:
    """Collects calls from views: the model knows only the last one of each object and worker."""

    def __init__(self) -> None:
        self._calls: list[Call] = []
        self._last: dict[object, float] = {}
        self._counts: dict[int, int] = {}

    def read(self, view: View) -> list[Call]:
        """Return the calls that are new in a view, in the order of their times."""
        new = sorted([*self._managed(view), *self._tasks(view)], key=lambda call: call.at)
        self._calls += new
        if len(self._calls) > 2 * _MAX_CALLS:
            del self._calls[:_MAX_CALLS]
        return new

    def until(self, moment: float) -> list[Call]:
        """Return all calls that were seen and that had happened at a moment."""
        return [call for call in self._calls if call.at <= moment]

    def _managed(self, view: View) -> Iterator[Call]:
        for managed in view.snapshot.managed:
            at = managed.last_at
            if at is None or at <= self._last.get(managed.key, -1.0):
                continue
            self._last[managed.key] = at
            skipped = max(managed.calls - self._counts.get(managed.key, 0) - 1, 0)
            self._counts[managed.key] = managed.calls
            yield Call(at, managed.caller or ProcessKey(0), "", managed.name, None, python_call(managed), skipped)

    def _tasks(self, view: View) -> Iterator[Call]:
        for pool in view.snapshot.pools:
            for worker in pool.workers:
                yield from self._task(pool, worker)

    def _task(self, pool: Pool, worker: Worker) -> Iterator[Call]:
        key = pool.key, worker.process, worker.thread
        if not worker.task or worker.since is None or worker.since <= self._last.get(key, -1.0):
            return
        self._last[key] = worker.since
        more = f" and {worker.running - 1} more" if worker.running > 1 else ""
        process = None if worker.thread else worker.process
        yield Call(worker.since, pool.owner or ProcessKey(0), pool.name, worker.name, process, worker.task + more)


def python_call(managed: ManagedObject) -> str:
    """Return the last call of a managed object as a learner would write it."""
    name, text = managed.name, managed.last
    special = _SPECIAL.match(text)
    if special is None:
        return f"{name}.{text}"
    method, arguments = special[1], _split(special[2])
    first = arguments[0] if arguments else ""
    second = arguments[1] if len(arguments) > 1 else "…"
    attribute = first.strip("'\"")
    forms = {
        "setitem": f"{name}[{first}] = {second}",
        "getitem": f"{name}[{first}]",
        "delitem": f"del {name}[{first}]",
        "contains": f"{first} in {name}",
        "len": f"len({name})",
        "repr": f"repr({name})",
        "str": f"str({name})",
        "iter": f"iter({name})",
        "getattribute": f"{name}.{attribute}",
        "setattr": f"{name}.{attribute} = {second}",
        "delattr": f"del {name}.{attribute}",
        "iadd": f"{name} += {first}",
        "imul": f"{name} *= {first}",
    }
    return forms.get(method, f"{name}.{text}")


def _split(text: str) -> list[str]:
    """Split arguments at the commas that are in no bracket and no string."""
    parts, begin, closing, quote = [""], 0, "", ""
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote and text[index - 1] != "\\" else quote
        elif character in "'\"":
            quote = character
        elif character in _BRACKETS:
            closing += _BRACKETS[character]
        elif closing and character == closing[-1]:
            closing = closing[:-1]
        elif character == "," and not closing:
            parts[-1] = text[begin:index].strip()
            parts.append("")
            begin = index + 1
    parts[-1] = text[begin:].strip()
    return [part for part in parts if part]
