"""concurrent/futures/process.py: ProcessPoolExecutor (CPython 3.8 to 3.15).

Since 3.9 the thread that manages the workers has a class of its own. Workers are started in `_adjust_process_count`, in
`_spawn_process` (3.9 to 3.13), or in the function `_spawn_worker` (3.14). An executor is identified by the queue from
which its workers take tasks.
"""

from ..journal import count_fault
from ..layout import Closed, Op
from ..weave import Weave
from . import tasks
from .tasks import cannot_send as cannot_send
from .tasks import hands_over as hands_over
from .tasks import items as items
from .tasks import raised as raised
from .tasks import sending_result as sending_result
from .tasks import wait_ended as wait_ended
from .tasks import worker_added as worker_added
from .tasks import worker_begins as worker_begins

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 (type comments name it)

_EXCEPTION = "exc = _ExceptionWithTraceback(e, e.__traceback__)"
_STARTS_WORKER = Weave(statements={"?self._processes[p.pid] = p": "tap.worker_added(self._call_queue, p)"})

WEAVES = {
    "_process_chunk": Weave(calls={"chunk": "tap.items({})"}),
    "_process_worker": Weave(
        before="tap.worker_begins(call_queue)",
        statements={
            "r = call_item.fn(*call_item.args, **call_item.kwargs)": "tap.task_begins(call_item)",
            _EXCEPTION: "tap.raised(e)",
        },
    ),
    "_sendback_result": Weave(before="tap.sending_result()", statements={_EXCEPTION: "tap.cannot_send(e)"}),
    "_SafeQueue._on_queue_feeder_error": Weave(
        statements={"work_item = self.pending_work_items.pop(obj.work_id, None)": "tap.unsent(self, obj, e)"}
    ),
    "ProcessPoolExecutor.__init__": Weave(after="tap.made(self)"),
    "ProcessPoolExecutor._adjust_process_count": _STARTS_WORKER,
    "?ProcessPoolExecutor._spawn_process": _STARTS_WORKER,
    "?_spawn_worker": Weave(statements={"processes[p.pid] = p": "tap.worker_added(call_queue, p)"}),
    "ProcessPoolExecutor.submit": Weave(
        statements={"self._pending_work_items[self._queue_count] = w": "tap.submitted(self, w)"}
    ),
    "?ProcessPoolExecutor._force_shutdown": Weave(before="tap.terminating(self)"),
    "ProcessPoolExecutor.shutdown": Weave(
        before="tap.closing(self, wait)", after="tap.wait_ended()", failed="tap.wait_ended()"
    ),
    "?_ExecutorManagerThread.run": Weave(
        before="tap.hands_over(self.call_queue)", failed="tap.handover_failed(self.call_queue)"
    ),
    "?_ExecutorManagerThread.add_call_item_to_queue": Weave(
        statements={"del self.pending_work_items[work_id]": "tap.cancelled(self.call_queue, work_item)"}
    ),
    "?_ExecutorManagerThread.flag_executor_shutting_down": Weave(
        calls={"work_item.future.cancel()": "tap.cancel_returned(self.call_queue, work_item, {})"}
    ),
    "?_ExecutorManagerThread.terminate_broken": Weave(before="tap.broken(self.call_queue, self.processes, cause)"),
    "?_add_call_item_to_queue": Weave(
        statements={"del pending_work_items[work_id]": "tap.cancelled(call_queue, work_item)"}
    ),
    "?_queue_management_worker": Weave(
        before="tap.hands_over(call_queue)",
        failed="tap.handover_failed(call_queue)",
        statements={"pending_work_items.clear()": "tap.broken(call_queue, processes, cause)"},
    ),
}

REQUIRED = ("tap.worker_added",)

_module = None  # type: Any


def loaded(module):
    global _module
    _module = module
    module.ProcessPoolExecutor._rockproc = None


def made(executor):
    limit = getattr(executor, "_max_tasks_per_child", None)
    tasks.made(executor, "ProcessPoolExecutor", executor._call_queue, executor._max_workers, limit)


def _chunk(call):
    """Return the function that a worker will call, the number of calls, and the arguments of the first call."""
    function = call.fn
    if type(function) is _module.partial and function.func is _module._process_chunk:
        chunk = call.args[0]
        return function.args[0], len(chunk), chunk[0]
    return function, 1, call.args


def submitted(executor, work):
    work.future._rockproc = executor._rockproc
    tasks.submitted(executor, _chunk(work)[1])


def task_begins(call):
    tasks.task_begins(*_chunk(call))


def unsent(queue, call, error):
    tasks.unsent(queue, _chunk(call)[1], error)


def cancelled(queue, work):
    tasks.cancelled(queue, _chunk(work)[1])


def cancel_returned(queue, work, done):
    try:
        if done:
            cancelled(queue, work)
    except Exception:
        count_fault()
    return done


def handover_failed(queue):
    """Note that the thread that hands over results ends with an exception."""
    key = tasks.key_of(queue)
    if key:
        tasks.not_handed_over(key, by_callback=False)


def broken(queue, workers, cause):
    """Record why an executor is broken. cause: the traceback of an exception, in parts as `traceback` makes them.

    It is None where a worker has ended, and for reasons of 3.14 that have a text of their own.
    """
    tasks.closed(tasks.key_of(queue), Closed.BROKEN)
    by_sentinel = {worker.sentinel: worker for worker in workers.values()}
    ended = [by_sentinel[sentinel] for sentinel in _module.mp.connection.wait(list(by_sentinel), 0)]
    tasks.broken(queue, ended, _could_not_be_read(cause or ()))


def broken_with(queue, workers, error):
    """Do what `broken` does, with the exception that loky gives the tasks."""
    text = getattr(error.__cause__, "tb", "")
    broken(queue, workers, text.strip('\n"').splitlines(keepends=True) if type(text) is str else ())


_READ_RESULTS = (", in wait_result_broken_or_wakeup\n", ", in _queue_management_worker\n")
"""The functions that read results: of CPython 3.9 to 3.15, and of 3.8."""


def _could_not_be_read(cause):
    """Return the exception, as text, if it was raised when a result was read; empty if it has another origin."""
    if not any(name in part for part in cause for name in _READ_RESULTS):
        return ""
    return [part for part in cause if part[:1] != " "][-1].strip()


def terminating(executor):
    """`terminate_workers()` or `kill_workers()` is called (3.14)."""
    if executor._rockproc is not None:
        tasks.closed(executor._rockproc.key, Closed.TERMINATED)


def closing(executor, wait):
    if executor._rockproc is not None:
        tasks.closed(executor._rockproc.key, Closed.CLOSED)
        if wait:
            tasks.awaiting(executor._rockproc, Op.JOIN)
