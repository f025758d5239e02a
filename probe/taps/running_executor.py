"""concurrent/futures/process.py in a program that runs already: the tasks that workers of executors take up."""

from sys import _getframe

from ..weave import Weave
from . import executor, running_queues, tasks
from .executor import cannot_send as cannot_send
from .executor import items as items

VARIANT = "running"
WEAVES = {
    "_process_chunk": executor.WEAVES["_process_chunk"],
    "_sendback_result": Weave(
        before="tap.sending_result(exception)", statements=executor.WEAVES["_sendback_result"].statements
    ),
}


def loaded(module):
    executor._module = module
    running_queues.workers[module._process_worker.__code__] = "call_queue", "call_item", executor._chunk


def sending_result(exception):
    worker = _getframe(2)
    if not tasks.runs_task() and worker.f_code in running_queues.workers:
        running_queues.begin_earlier(worker)
    if exception is not None:
        tasks.raised(exception.exc)
    tasks.sending_result()
