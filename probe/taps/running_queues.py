"""multiprocessing/queues.py in a program that runs already: also the tasks of pools that pass through the queues.

The function in which a worker waits for its tasks is in progress and keeps its code, so a task is seen where the worker
takes it from a queue, and its end where the worker puts the result into another one.
"""

from sys import _getframe

from ..journal import count_fault
from ..weave import Weave
from . import queues, tasks
from .queues import add_tap as add_tap
from .queues import asked as asked
from .queues import exc_info as exc_info
from .queues import feeding as feeding
from .queues import flushed as flushed
from .queues import flushing as flushing
from .queues import getting as getting
from .queues import joinable as joinable
from .queues import joined as joined
from .queues import joining as joining
from .queues import loaded as loaded
from .queues import lost as lost
from .queues import made as made
from .queues import operation_failed as operation_failed
from .queues import pipe_broken as pipe_broken
from .queues import put as put
from .queues import remove_lock_taps as remove_lock_taps
from .queues import task_done as task_done
from .queues import waited as waited
from .queues import waiting as waiting

VARIANT = "running"

_LOADS = {"_ForkingPickler.loads(res)": "tap.taken(self, {})"}
_QUEUE_GET, _SIMPLE_GET = queues.WEAVES["Queue.get"], queues.WEAVES["SimpleQueue.get"]
WEAVES = {
    **queues.WEAVES,
    "Queue.get": Weave(before=_QUEUE_GET.before, failed=_QUEUE_GET.failed, calls=_LOADS),
    "SimpleQueue.get": Weave(before=_SIMPLE_GET.before, failed=_SIMPLE_GET.failed, calls=_LOADS),
    "SimpleQueue.put": Weave(before="tap.putting(obj)"),
}

workers = {}
"""By the code of a function that runs the tasks of a pool: its variables for the queue and the task, and a function.

The function returns of a task what the worker will call, the number of calls, and the arguments of the first call.
"""
results = {}
"""By such code: the function that is called with what the worker is about to put into its queue of results."""


def taken(queue, item):
    """Note a task that a worker has taken from its queue; return what was taken."""
    try:
        worker = workers.get(_getframe(2).f_code)
        if worker is not None and item is not None:
            _begin(queue, worker[2](item))
    except Exception:
        count_fault()
    return item


def _begin(queue, chunk):
    if not tasks.serves(queue):
        tasks.worker_begins(queue)
    tasks.task_begins(*chunk)


def begin_earlier(frame):
    """Note the task of a worker that has taken it up before the probe was loaded. frame: of the worker."""
    queue, task, describe = workers[frame.f_code]
    item = frame.f_locals.get(task)
    if item is not None:
        _begin(frame.f_locals[queue], describe(item))
        tasks.began_before()


def putting(item):
    """Note that a worker is about to put a result."""
    frame = _getframe(2)
    result = results.get(frame.f_code)
    if result is not None:
        result(frame, item)
