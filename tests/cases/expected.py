"""The findings that `check` must report of the programs in `failing/`. Those in `correct/` must pass."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

METHODS = ("fork", "spawn", "forkserver")
CORRECT = sorted((Path(__file__).parent / "correct").glob("*.py"))
FAILING = Path(__file__).parent / "failing"
WITHOUT_MAX_TASKS = ("3.8", "3.9", "3.10")
"""The versions whose executors have no `max_tasks_per_child`."""


@dataclass(frozen=True)
class Expected:
    """The answer of `check` about a failing program."""

    rule: str
    words: tuple[str, ...]
    """Texts that the message of the finding must contain."""
    severity: str = "error"
    status: int = 1
    methods: tuple[str, ...] = METHODS
    """The start methods with which the program fails."""
    unless_printed: str = ""
    """The output of the program when it ended well, by chance or because this Python has been repaired."""
    not_on: tuple[str, ...] = ()
    """Versions on which the program fails in another way, or not at all."""
    silent_with: tuple[str, ...] = ()
    """Additions with which nothing may be found, because they could end the wait."""


EXPECTED = {
    # Since 3.12 main waits for its executor no longer than five minutes, so that this is only suspected there.
    "asyncio_get": Expected("starved-get", ("a thread of main waits in events.get()", "Process-1 ended")),
    "callback_raises": Expected("result-never-comes", ("a callback raised KeyError: ", "callback_raises.py:")),
    "changed_copy": Expected("changed-copy", ("groups['all'].append(…)", "change copies"), "warning", 0),
    "client_and_server_receive": Expected("no-eof", ("wait in recv() of a connection of listener", "each end waits")),
    "empty_asked": Expected(
        "polls-in-vain",
        ("main has asked results.empty()", "Process-1 ended (exit 1, OSError: no disk at "),
    ),
    "empty_asked_by_a_worker": Expected("polls-in-vain", ("has asked jobs.empty()", "main waits for Worker-1 to end")),
    "empty_asked_for_each": Expected("polls-in-vain", ("main has asked results.empty()", "Process-1 ended (exit 0)")),
    "errors_never_fetched": Expected("errors-never-fetched", ("6 of 6 tasks", "KeyError"), "warning", 0),
    "event_never_set_by_the_failed": Expected(
        "polls-in-vain", ("e.wait()", "Process-1 ended (exit 1, ValueError: no at ")
    ),
    "event_polled": Expected(
        "polls-in-vain",
        ("main has asked ready.is_set()", "Process-1 ended (exit 1, RuntimeError: no model at "),
        silent_with=("heartbeat",),
    ),
    "exception_cannot_be_rebuilt": Expected("result-never-comes", ("died when it unpickled one: TypeError",)),
    "exitcode_ignored": Expected("exit-code-ignored", ("FileNotFoundError", "was never checked"), "warning", 0),
    "get_after_with": Expected("result-never-comes", ("was terminated before",)),
    "get_while_holding_lock": Expected("starved-get", ("which main holds since", "Release lock before q.get()")),
    "heartbeat_event_killed_waiter": Expected(
        "waiter-died", ("e.set()", "SIGKILL (kill() by main at ", "inside wait()")
    ),
    "heartbeat_joinable_no_taskdone": Expected("tasks-not-done", ("q.join()", "task_done()")),
    "heartbeat_notify_too_early": Expected(
        "never-notified", ("c.wait()", "notify() or notify_all() was called once, by main at")
    ),
    "heartbeat_one_none_too_few": Expected("starved-get", ("q.get()",)),
    # Under spawn and forkserver the child's copy of the end is closed with it, but main's own is still open.
    "heartbeat_pipe_no_eof": Expected("no-eof", ("a.recv()", "main still has b open")),
    "initializer_fails": Expected("workers-never-begin", ("takes a task", "main waits for a result")),
    "lock_asked": Expected("holder-died", ("while it held lock", "main has tried to acquire it")),
    "lock_asked_of_a_waiter": Expected(
        "polls-in-vain", ("main has tried lock.acquire()", "Process-1 waits in jobs.get()")
    ),
    "lock_order": Expected("lock-order", ("Process-1 acquires journal", "while it holds accounts"), "info", 0),
    "logger_queue": Expected("thread-lock", ("inside put()",)),
    "lost_with_awaited": Expected("starved-get", (" items were lost with Process-1", "os._exit()")),
    "managed_counter": Expected(
        "lost-update", ("of hits['all']", "lost", "manager.Lock()"), "warning", 0, unless_printed="120 120"
    ),
    "managed_event_in_task": Expected("result-never-comes", ("go.wait()", "waits itself")),
    "max_tasks": Expected(
        "result-never-comes",
        ("no worker of executor is left",),
        methods=("fork",),
        unless_printed="64",
        not_on=WITHOUT_MAX_TASKS,
    ),
    "module_lock_spawn": Expected(
        "lost-update", ("of balance", "is another one in each process"), "warning", 0, unless_printed="balance 150 "
    ),
    # From 3.14 on the forkserver itself imports the main module, so that the program ends with an exception.
    "no_main_guard": Expected("no-main-guard", ("before its run() began", "no_main_guard.py:"), methods=("spawn",)),
    "nowait_asked": Expected(
        "polls-in-vain",
        ("main has asked results.get_nowait()", "Process-1 ended (exit 1, OSError: no disk at "),
    ),
    "permits_asked": Expected(
        "polls-in-vain", ("main has tried permits.acquire()", "Process-1 ended (exit 1, OSError")
    ),
    "pipe_asked": Expected(
        "polls-in-vain",
        ("main has asked mine.poll()", "Process-1 ended (exit 1, ZeroDivisionError"),
    ),
    "pipe_polled": Expected("polls-in-vain", ("here.poll()", "Process-1 ended (exit 1, KeyError")),
    "polls_after_the_producer_died": Expected("polls-in-vain", ("q.get()", "Process-1")),
    "polls_dead_workers": Expected("polls-in-vain", ("results.get()", "KeyError")),
    "queue_at_import": Expected("starved-get", ("settings.get()", "waits for the end of an import")),
    "semaphore_sigterm": Expected("permits-lost", ("permits.acquire()", "SIGTERM handler")),
    "set_in_handler": Expected("waiter-died", ("done.set()", "a signal handler calls it")),
    "shared_connection": Expected(
        "overlapping-sends", ("one end of reader ⇄ writer", "got mixed up"), unless_printed="800 lines"
    ),
    "sigterm_inherited": Expected("sigterm-ignored", ("terminate() did not end it",), methods=("fork",)),
    "executor_callback_waits": Expected(
        "result-never-comes",
        ("the thread of executor that hands over results cannot do so, because it waits inside a callback",),
    ),
    "sigterm_set_to_ignore": Expected("sigterm-ignored", ("Process-1 ignores SIGTERM (SIG_IGN)",)),
    "thread_lock_held_at_fork": Expected("thread-lock", ("was forked while main had other threads",)),
    "value_polled": Expected(
        "polls-in-vain",
        ("main has asked ready.value", "Process-1 ended (exit 1, RuntimeError: no model at "),
        silent_with=("heartbeat",),
    ),
    "wait_polled": Expected("polls-in-vain", ("wait() for any of pipes[0], pipes[1], pipes[2]", "KeyError")),
}
"""The expected findings by the name of the program."""
