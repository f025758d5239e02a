"""A thread waits for the result of a task, and no worker will deliver it.

The pool was terminated before its results were fetched (the end of a `with` block does that), no worker is left, or the
thread that hands over the results has ended with an exception of a callback, or waits in a callback itself. Fetch
results inside the `with` block, let no callback raise or wait, and wait with a time-out.
"""

from __future__ import annotations

from collections.abc import Iterator

from rockproc.probe.layout import POOL

from ..model import Finding, Pool
from ..model.keys import ChannelKey, PoolKey
from ..model.pool import FINAL
from .blocking import Need
from .dead_waits import Cause
from .phrases import at
from .rule import Facts, Rule
from .sentences import items
from .unended import findings_of


def _find(facts: Facts) -> Iterator[Finding]:
    return findings_of(facts, RULE, Need.RESULT, _more)


def _more(facts: Facts, cause: Cause) -> dict[str, str]:
    world, first = facts.world, cause.primary
    pool = world.pools[PoolKey(first.key)]
    if pool.handover_error:
        return _not_handed_over(pool)
    if pool.ended in FINAL:
        return {"template": _TERMINATED, "advice": _FETCH_INSIDE, "pool": pool.name, "never": _cut_off(pool)}
    providers = facts.waits.providers
    if providers.pools.callback_waits(pool):
        return {"template": _CALLBACK_WAITS, "advice": _DO_NOT_WAIT, "pool": pool.name}
    if providers.pools.handover_ended(pool) or (pool.kind != "Pool" and providers.pools.no_thread_delivers(pool)):
        return {"template": _NOBODY_HANDS_OVER, "advice": _LEAVE_RESULTS, "pool": pool.name}
    channel = world.channels.get(ChannelKey(pool.key & ~POOL))
    if channel is not None and providers.feeder_in_import(channel) is not None:
        return {"template": _IN_IMPORT, "advice": _NOT_AT_IMPORT, "pool": pool.name}
    workers = [worker for worker in pool.workers if worker.alive]
    if not workers:
        limit = f" (each ended after {pool.limit} tasks)" if pool.limit else ""
        # From outside it is not known which of them a worker had begun.
        what = "are not finished" if pool.shared_with_unobserved else "wait to be taken up"
        fields = {"pool": pool.name, "limit": limit, "tasks": f"{_tasks(pool.waiting)} {what}"}
        return {"template": _NO_WORKER, "advice": _NO_LIMIT, **fields}
    if any(worker.running for worker in workers):
        fields = {"pool": pool.name, "tasks": _tasks(sum(worker.running for worker in workers))}
        if pool.waiting:
            return {"template": _NO_FREE_WORKER, "advice": _MORE_WORKERS, **fields, "waiting": _tasks(pool.waiting)}
        return {"template": _TASK_WAITS, "advice": _END_ITS_WAIT, **fields}
    if pool.waiting:
        fields = {"pool": pool.name, "tasks": _tasks(pool.waiting)}
        return {"template": _NOT_TAKEN_UP, "advice": _END_NO_WORKER, **fields}
    return {"pool": pool.name}


def _cut_off(pool: Pool) -> str:
    left = max(pool.submitted - pool.done - pool.failed - pool.cancelled, 0)
    if pool.shared_with_unobserved:  # which of them have begun is not known
        return f"{_tasks(left)} not finished"
    return f"{pool.waiting} of {pool.submitted} tasks never began" if pool.waiting else f"{items(left)} were cut off"


def _not_handed_over(pool: Pool) -> dict[str, str]:
    fields = {"pool": pool.name, "error": pool.handover_error, "raised": at(pool.handover_site)}
    if pool.callback_raised:
        return {"template": _CALLBACK, "advice": _CATCH_IN_CALLBACK, **fields}
    if pool.kind not in ("Pool", "ThreadPool"):
        return {"template": _HANDOVER_FAILED, "advice": _DO_NOT_SET, **fields}
    return {"template": _CANNOT_READ, "advice": _PICKLABLE, **fields}


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count} tasks"


_WAITS = "{who} for {call}{where}, and "
_REST = "{unless}{because}{consequences}"
_TERMINATED = _WAITS + "{pool} was terminated before ({never}): its results can never come" + _REST
_NO_WORKER = _WAITS + "no worker of {pool} is left{limit}, while {tasks}" + _REST
_NOT_TAKEN_UP = _WAITS + "no worker of {pool} takes what waits ({tasks})" + _REST
_NO_FREE_WORKER = _WAITS + "{waiting} of {pool} can only begin when one of the {tasks} before has ended" + _REST
_TASK_WAITS = _WAITS + "what {pool} runs ({tasks}) waits itself for what no process can do any more" + _REST
_CALLBACK = _WAITS + "a callback raised {error}{raised}, so that the result was not handed over" + _REST
_CANNOT_READ = (
    _WAITS + "the thread of {pool} that hands over results died when it unpickled one: {error}{raised}" + _REST
)
_HANDOVER_FAILED = _WAITS + "the thread of {pool} that hands over results has ended with {error}{raised}" + _REST
_NOBODY_HANDS_OVER = (
    _WAITS + "the thread of {pool} that hands over results has ended with an exception, or a callback waits in it for"
    " another result of {pool}" + _REST
)
_CALLBACK_WAITS = (
    _WAITS + "the thread of {pool} that hands over results cannot do so, because it waits inside a callback" + _REST
)
_IN_IMPORT = (
    _WAITS + "the thread that sends its tasks to the workers waits for the end of an import, and this result is"
    " awaited inside of it{unless}{consequences}"
)
_NOT_AT_IMPORT = "Start {pool} in a function that is called after the import, not while a module is imported"
_DO_NOT_WAIT = "Do not wait in a callback: let it note the result, and wait in another thread"
_LEAVE_RESULTS = (
    "Look on stderr for an exception of that thread; do not call set_result() or set_exception() of a future that"
    " {pool} has returned, nor result() inside a callback"
)
_DO_NOT_SET = "Do not call set_result() or set_exception() of a future that {pool} has returned"
_CATCH_IN_CALLBACK = "Catch inside the callback what it may raise"
_PICKLABLE = (
    "Return and raise only what pickle can rebuild: an exception class with its own __init__ must pass all its "
    "arguments on to super().__init__() and make its text in __str__(), or define __reduce__()"
)
_FETCH_INSIDE = "Fetch the results inside the `with` block: its end terminates {pool}"
_NO_LIMIT = "Remove max_tasks_per_child: with it, a bug of CPython can stop the executor (cpython#115634)"
_END_NO_WORKER = (
    "Look on stderr for why workers ended. Do not kill single workers of a Pool: call {pool}.terminate(), and make "
    "another one"
)
_MORE_WORKERS = "Let no task of {pool} wait for another one, or give {pool} more workers than tasks that wait"
_END_ITS_WAIT = "In the task, wait with a time-out; or let the awaited process answer before the result is requested"
RULE = Rule(
    "result-never-comes",
    __doc__,
    _WAITS + "no worker of {pool} has a task any more" + _REST,
    "Look on stderr for what a thread of {pool} has raised, let no callback raise (a KeyError of one is not even "
    "printed), and wait with get(timeout)",
    _find,
    variants=(
        _CALLBACK,
        _CALLBACK_WAITS,
        _CANNOT_READ,
        _HANDOVER_FAILED,
        _IN_IMPORT,
        _TERMINATED,
        _NO_WORKER,
        _NOT_TAKEN_UP,
        _NOBODY_HANDS_OVER,
        _NO_FREE_WORKER,
        _TASK_WAITS,
    ),
    advice_variants=(
        _CATCH_IN_CALLBACK,
        _DO_NOT_SET,
        _DO_NOT_WAIT,
        _PICKLABLE,
        _FETCH_INSIDE,
        _NO_LIMIT,
        _NOT_AT_IMPORT,
        _END_NO_WORKER,
        _LEAVE_RESULTS,
        _MORE_WORKERS,
        _END_ITS_WAIT,
    ),
)
