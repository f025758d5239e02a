"""multiprocessing/pool.py in a program that runs already: the tasks of Pools, as their workers take them up.

ThreadPools are left out: their threads take tasks from a queue that is written in C.
"""

from . import pool, running_queues, tasks
from .pool import items as items
from .pool import with_items as with_items

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 (type comments name it)

VARIANT = "running"
WEAVES = {name: pool.WEAVES[name] for name in ("mapstar", "starmapstar")}

_module = None  # type: Any


def loaded(module):
    global _module
    _module = pool._module = module
    running_queues.workers[module.worker.__code__] = "inqueue", "task", _chunk
    running_queues.results[module.worker.__code__] = _result


def _chunk(task):
    return pool._chunk(task[2], task[3])


def _result(frame, item):
    """Count the end of a task. A result that cannot be pickled is followed by the error that says so."""
    succeeded, value = item[2]
    if type(value) is _module.MaybeEncodingError:
        tasks.cannot_send(value)
        return
    if not tasks.runs_task():
        running_queues.begin_earlier(frame)
    if not succeeded:
        pool.raised(value)
    tasks.sending_result()
