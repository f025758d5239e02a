"""Imports what the end of a run needs, while the program runs.

It is not imported earlier, because a program without processes needs little of it. When such a program ends, nothing
is left to do.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from threading import Event

from rockproc.observer.scenarios.launch import Launch

MODULES = (
    *("source.name_finder", "source.unshared_changes", "findings.exit_code_ignored", "findings.zombie"),
    *("findings.serial_processes", "findings.ended_inside", "findings.not_shared", "findings.sigterm_ignored"),
    *("findings.orphans", "findings.oversubscription", "findings.holder_died", "findings.lock_order"),
    *("findings.released_unheld", "findings.lock_convoy", "findings.lost_with_process", "findings.unpicklable"),
    *("findings.overlapping_sends", "findings.overlapping_receives", "findings.queue_grows"),
    *("findings.large_messages", "findings.busy_polling", "findings.task_lost", "findings.executor_broken"),
    *("findings.pool_stuck", "findings.workers_never_begin", "findings.errors_never_fetched", "report.text"),
    *("source.loops", "decoding.preview"),
)
"""Modules of the observer, those that are needed soonest first."""
MAX_BYTES = 1_000_000


def import_ahead(launch: Launch, ended: Event) -> None:
    """Import the modules one by one until the program has ended, if it may use processes."""
    for module in MODULES if _may_use_processes(launch) else ():
        if ended.is_set():
            return
        import_module(f"rockproc.observer.{module}")


def _may_use_processes(launch: Launch) -> bool:
    """Return whether the file of the program names a module for processes. Files that it imports are not read."""
    if launch.module:
        return True
    try:
        with Path(launch.script).open("rb") as file:
            source = file.read(MAX_BYTES)
    except OSError:
        return False
    return b"multiprocessing" in source or b"concurrent" in source
