"""multiprocessing/pool.py: Pool and ThreadPool, and the results that they give (CPython 3.8 to 3.15).

A pool is known by the queue from which its workers take their tasks.
"""

import weakref

from ..journal import count_fault as count_fault
from ..layout import Closed, Op
from ..weave import Weave
from . import tasks
from .tasks import asked as asked
from .tasks import cannot_send as cannot_send
from .tasks import imap_read as imap_read
from .tasks import items as items
from .tasks import sending_result as sending_result
from .tasks import wait_ended as wait_ended
from .tasks import wait_returned as wait_returned
from .tasks import worker_added as worker_added
from .tasks import worker_begins as worker_begins
from .tasks import worker_ends as worker_ends

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 (type comments name it)

_GENERATED = "tap.imap_task_made(self, result_job, func, x)"
_MAPPED = """
self._taskqueue.put(
    (self._guarded_task_generation(result._job, mapper, task_batches), None)
)
"""

WEAVES = {
    "mapstar": Weave(calls={"args": "tap.with_items({})"}),
    "starmapstar": Weave(calls={"args[1]": "tap.items({})"}),
    "worker": Weave(
        before="tap.worker_begins(inqueue)",
        statements={
            "result = (True, func(*args, **kwds))": "tap.task_begins(func, args)",
            "result = (False, e)": "tap.raised(e)",
            "put((job, i, result))": "tap.sending_result()",
            "wrapped = MaybeEncodingError(e, result[1])": "tap.cannot_send(e)",
        },
        after="tap.worker_ends()",
    ),
    "Pool.__init__": Weave(statements={"self._repopulate_pool()": "tap.made(self)"}),
    "Pool._repopulate_pool_static": Weave(statements={"pool.append(w)": "tap.worker_added(inqueue, w)"}),
    "Pool.apply_async": Weave(
        statements={"self._taskqueue.put(([(result._job, 0, func, args, kwds)], None))": "tap.submitted(self, 1)"}
    ),
    "Pool._map_async": Weave(statements={_MAPPED.strip(): "tap.mapped(self, result)"}),
    "Pool._guarded_task_generation": Weave(statements={"yield (result_job, i, func, (x,), {})": _GENERATED}),
    "Pool._handle_tasks": Weave(statements={"job, idx = task[:2]": "tap.unsent(put, task, e)"}),
    "Pool._handle_results": Weave(failed="tap.cannot_read(outqueue)"),
    "Pool.close": Weave(before="tap.closing(self)"),
    "Pool._terminate_pool": Weave(before="tap.terminating(inqueue)"),
    "Pool.join": Weave(before="tap.joining(self)", after="tap.wait_ended()", failed="tap.wait_ended()"),
    "ApplyResult.__init__": Weave(after="tap.result_made(self, pool, error_callback)"),
    "ApplyResult._set": Weave(failed="tap.callback_raised(self)"),
    "MapResult._set": Weave(failed="tap.callback_raised(self)"),
    "ApplyResult.get": Weave(before="tap.asked(self._rockproc)"),
    "ApplyResult.successful": Weave(before="tap.asked(self._rockproc)"),
    "ApplyResult.wait": Weave(before="tap.waiting(self, timeout)", after="tap.wait_ended()", failed="tap.wait_ended()"),
    "IMapIterator.__init__": Weave(after="tap.imap_made(self, pool)"),
    "IMapIterator._set_length": Weave(before="tap.imap_read(self._rockproc)"),
    "IMapIterator.next": Weave(
        before="tap.asked(self._rockproc)",
        calls={"self._cond.wait(timeout)": "tap.next_wait_begins(self, timeout) or tap.wait_returned({})"},
        failed="tap.wait_ended()",
    ),
}

_module = None  # type: Any


def loaded(module):
    global _module
    _module = module
    module.Pool._rockproc = module.ApplyResult._rockproc = module.IMapIterator._rockproc = None


def _chunk(function, arguments):
    """Return the function that a worker will call, the number of calls, and the arguments of the first call."""
    if function is _module._helper_reraises_exception:  # what the program iterates over has raised
        return function, 0, ()
    if function is _module.mapstar:
        function, chunk = arguments[0]
        return function, len(chunk), chunk[:1]
    if function is _module.starmapstar:
        function, chunk = arguments[0]
        return function, len(chunk), chunk[0] if type(chunk[0]) is tuple else chunk[:1]
    return function, 1, arguments


def with_items(arguments):
    if type(arguments) is not tuple or len(arguments) != 2:
        return arguments
    return arguments[0], items(arguments[1])


def task_begins(function, arguments):
    tasks.task_begins(*_chunk(function, arguments))


def raised(error):
    tasks.raised(error.exc if type(error) is _module.ExceptionWithTraceback else error)


def made(pool):
    kind = "ThreadPool" if isinstance(pool, _module.ThreadPool) else "Pool"
    tasks.made(pool, kind, pool._inqueue, pool._processes, pool._maxtasksperchild)
    if pool._rockproc is not None:
        _keys_by_results[pool._outqueue] = pool._rockproc.key


_keys_by_results = weakref.WeakKeyDictionary()
"""The keys of the pools that were made here, by the queue of their results."""


def cannot_read(results):
    """Note that the thread that hands over results ends with an exception, from a callback or from unpickling."""
    key = _keys_by_results.get(results)
    if key is not None:
        tasks.not_handed_over(key, by_callback=False)


def callback_raised(result):
    if result._rockproc is not None:
        tasks.not_handed_over(result._rockproc.key, by_callback=True)


def result_made(result, pool, error_callback):
    """Note a new result. It drops its reference to the pool when it arrives, and may be requested after that."""
    tap = getattr(pool, "_rockproc", None)
    if tap is not None:
        result._rockproc = tap
        if error_callback is not None:
            tasks.asked(tap)


def imap_made(iterator, pool):
    result_made(iterator, pool, None)
    tasks.imap_begins(iterator._rockproc)


def submitted(pool, count):
    tasks.submitted(pool, count)


def mapped(pool, result):
    if result._chunksize > 0:
        tasks.submitted(pool, len(result._value))


def imap_task_made(pool, job, function, item):
    """Count a task of an `imap`; the tasks of a `map` are counted at its call."""
    if isinstance(pool._cache.get(job), _module.IMapIterator):
        tasks.submitted(pool, _chunk(function, (item,))[1])


def unsent(put, task, error):
    tasks.unsent(put.__self__, _chunk(task[2], task[3])[1], error)


def closing(pool):
    if pool._state == _module.RUN and pool._rockproc is not None:
        tasks.closed(pool._rockproc.key, Closed.CLOSED)


def terminating(queue):
    tasks.closed(tasks.key_of(queue), Closed.TERMINATED)


def joining(pool):
    tasks.awaiting(pool._rockproc, Op.JOIN)


def waiting(result, timeout):
    pool = result._pool
    if pool is not None and not result._event.is_set():
        tasks.awaiting(pool._rockproc, timeout=timeout)


def next_wait_begins(iterator, timeout):
    try:
        if iterator._pool is not None:
            tasks.awaiting(iterator._pool._rockproc, timeout=timeout)
    except Exception:
        count_fault()
