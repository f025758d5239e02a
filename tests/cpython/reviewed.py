"""The errors and warnings that CPython's own tests of processes provoke, each with the reason."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple


class Reviewed(NamedTuple):
    """A finding that is right."""

    test: str
    """A pattern for the name of the test: `Class.test`."""
    rule: str
    reason: str
    """A sentence about what the tests do."""


REVIEWED = (
    Reviewed("*.test_queue_feeder_*", "unpicklable", "They put objects into a Queue that raise when they are pickled."),
    Reviewed(
        "*TestSharedMemory.test_shared_memory_*",
        "unlinked-in-use",
        "They start a second Python by `subprocess`, whose resource tracker unlinks the segment when it is ended.",
    ),
    Reviewed("*ExecutorDeadlockTest.*", "executor-broken", "Workers crash, exit, or send what cannot be unpickled."),
    Reviewed("*FailingInitializerTest.*", "executor-broken", "The initializer of the workers raises."),
    Reviewed("*ExecutorTest.test_killed_child", "executor-broken", "It terminates a worker."),
    Reviewed("*ExecutorTest.test_broken_process_pool_traceback", "executor-broken", "It terminates a worker."),
    Reviewed("*ExecutorTest.test_force_shutdown_*", "executor-broken", "They kill or terminate all workers."),
    Reviewed(
        "*ExecutorTest.test_*max_tasks*_gh1*",
        "executor-broken",
        "The last worker reaches its task limit when the executor is no longer there to replace it.",
    ),
    Reviewed("*ExecutorTest.test_failed_worker_replacement_*", "executor-broken", "A mock lets no worker start."),
    Reviewed("*ExecutorTest.test_python_finalization_error", "executor-broken", "A mock lets no thread start."),
    Reviewed(
        "*ProcessPoolExecutorTest.test_saturation",
        "errors-never-fetched",
        "The tasks are methods of a Semaphore, which cannot be pickled, and nobody asks for their results.",
    ),
    Reviewed(
        "*.test_processes_terminate",
        "errors-never-fetched",
        "The tasks are local functions, which cannot be pickled, and nobody asks for their results.",
    ),
    Reviewed(
        "*WaitTest.test_all_completed",
        "errors-never-fetched",
        "They wait for a task that divides by 0, and do not ask for its result.",
    ),
    Reviewed("*.test_stderr_flush", "exit-code-ignored", "The child divides by 0, and the test looks only at stderr."),
)


def is_reviewed(test: str, rule: str) -> bool:
    """Return whether a finding about a test of this name is known to be right."""
    return any(rule == known.rule and fnmatchcase(test, known.test) for known in REVIEWED)
