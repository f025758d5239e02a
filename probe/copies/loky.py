"""loky (joblib, scikit-learn): an executor upon multiprocessing, with locks and worker starts of its own.

As of loky 3.3 to 3.7. Its processes and connections are those of multiprocessing; its queues are subclasses.
"""

from ..weave import Weave

MODULES = {
    "backend.fork_exec": "fork_exec",
    "backend.queues": "queues",
    "backend.synchronize": "synchronize",
    "process_executor": "executor",
}

_EXCEPTION = "exc = _ExceptionWithTraceback(e)"
_QUEUES_OWN = (
    "Queue.__init__",
    "Queue.put",
    "Queue.get",
    "Queue.empty",
    "Queue._finalize_join",
    "JoinableQueue.__init__",
    "JoinableQueue.__setstate__",
    "JoinableQueue.put",
    "JoinableQueue.join",
    "JoinableQueue.task_done",
    "SimpleQueue.__init__",
    "SimpleQueue.get",
    "SimpleQueue.empty",
)
"""The functions that its queues inherit from multiprocessing."""

CHANGES = {
    "backend.queues": {
        **dict.fromkeys(_QUEUES_OWN),
        "Queue._feed": Weave(
            statements={
                "onerror(e, obj)": "tap.lost(send_bytes, e)",
                "pass": "if tap.exc_info()[2].tb_next: tap.lost(send_bytes, tap.exc_info()[1])",
            },
            calls={
                "getattr(e, 'errno', 0) == errno.EPIPE": "tap.pipe_broken(send_bytes, e, buffer, sentinel, {})",
                "util.is_exiting()": "tap.pipe_broken(send_bytes, e, buffer, sentinel, {})",
            },
        ),
    },
    "backend.synchronize": {
        "SemLock.__enter__": Weave(
            calls={
                "self._semlock.acquire()": "{} if self._rockproc is None"
                " else tap.acquire_if_free(self) or tap.entered(self, {})"
            },
            failed="tap.acquire_failed(self)",
        ),
        "SemLock.__exit__": Weave(
            calls={"self._semlock.release()": "{} if self._rockproc is None else tap.release_begins(self) or {}"},
            failed="tap.release_failed(self)",
        ),
        "Barrier.__init__": None,
        "Barrier.__setstate__": None,
    },
    "process_executor": {
        "_process_worker": Weave(
            before="tap.worker_begins(call_queue)",
            statements={
                "r = call_item()": "tap.task_begins(call_item)",
                _EXCEPTION: "tap.raised(e)",
                "result_queue.put(_ResultItem(call_item.work_id, exception=exc))": "tap.sending_result()",
            },
        ),
        "_sendback_result": Weave(before="tap.sending_result()", statements={_EXCEPTION: "tap.cannot_send(e)"}),
        "?_ExecutorManagerThread.terminate_broken": Weave(
            before="tap.broken_with(self.call_queue, self.processes, bpe)"
        ),
        "?_spawn_worker": None,
        "?ProcessPoolExecutor._spawn_process": None,
        "?ProcessPoolExecutor._force_shutdown": None,
        "?_ExecutorManagerThread.flag_executor_shutting_down": None,
    },
}
