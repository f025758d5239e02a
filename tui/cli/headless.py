"""Runs a program without a screen: waits for its end, passes signals on, and ends what is left."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from rockproc.observer.run.prepared_program import LaunchError, PreparedProgram
from rockproc.observer.scenarios.launch import Launch

from .errors import UsageError
from .import_ahead import import_ahead
from .signal_relay import SignalRelay, relaying
from .standard_error import print_error

if TYPE_CHECKING:
    from rockproc.observer.kernel.stacks import ThreadStacks
    from rockproc.observer.model import Process
    from rockproc.observer.report.judgement import Ending
    from rockproc.observer.report.schema import Report
    from rockproc.observer.run.run import Run

TIMED_OUT_STATUS = 124
UNKNOWN_STATUS = 1
LINGER_SECONDS = 1.5
"""Seconds that the program's other processes have to end after the main process. Then they are said to be orphans."""
POLL_INTERVAL_SECONDS = 0.2
"""Seconds between two checks for a reason to end the run early."""
STUCK_CONFIRM_SECONDS = 2.0
"""Seconds for which a proven finding must hold before `check` ends the run."""
START_SECONDS = 15.0
STACK_READERS = 4


class Limits(msgspec.Struct, frozen=True):
    """The limits at which a run is ended."""

    timeout_seconds: float | None = None
    grace_seconds: float = 10.0
    """Seconds that the program has to end after a signal, or after the time limit."""
    stops_when_stuck: bool = False
    """True to end the run when it is proved that the main process can never finish."""
    reads_stacks: bool = False
    """True if the stacks of all threads are read at the time limit, and when the run is ended because it is stuck."""


class Outcome(msgspec.Struct, frozen=True):
    """The outcome of a run that has ended."""

    report: Report
    """The report, made before we ended anything of the run."""
    ending: Ending
    status: int
    """The exit status of the program, as a shell gives it."""
    killed: tuple[str, ...] = ()
    """The processes that were left and killed, as `name (pid)`."""
    stacks: dict[str, ThreadStacks] = msgspec.field(default_factory=dict[str, Any])
    """The stacks that were read, by process as `name (pid)`."""


class _Started:
    """The run, for a thread that may want it before it has been made."""

    def __init__(self) -> None:
        self._run: Run | None = None
        self._known = threading.Event()

    def set(self, run: Run | None) -> None:
        """Give the run; None when it could not be started."""
        self._run = run
        self._known.set()

    def get(self) -> Run | None:
        """Wait for the run."""
        self._known.wait(START_SECONDS)
        return self._run


def watch(
    launch: Launch,
    limits: Limits,
    *,
    stdout_to_stderr: bool = False,
    save: Path | None = None,
    save_last_bytes: int | None = None,
    beside: Callable[[Run], AbstractContextManager[None]] | None = None,
) -> Outcome:
    """Run a program, wait for its end or for a limit, and leave nothing of it. Raises UsageError.

    Args:
        launch: what is started, and how. It has our stdin, stdout and stderr.
        limits: when the run is ended.
        stdout_to_stderr: what the program writes to its stdout goes to our stderr.
        save: where the run is recorded.
        save_last_bytes: what that file may hold at most.
        beside: makes from the started run what accompanies it until it has ended.
    """
    started = _Started()
    relay = SignalRelay(
        lambda pid: (run := started.get()) is not None and run.has(pid),
        lambda number: _deliver(started.get(), number),
        limits.grace_seconds,
    )
    with relaying(relay):
        run: Run | None = None
        try:
            program = PreparedProgram(launch, inherit=True, stdout_to_stderr=stdout_to_stderr)
            try:
                program.start()
                # This import takes longer than a short program, which runs meanwhile.
                from rockproc.observer.run.run import Run

                run = Run(launch, inherit=True, save=save, save_last_bytes=save_last_bytes, program=program)
            except BaseException:
                program.end()
                raise
            run.start()
        except LaunchError as error:
            raise UsageError(str(error)) from error
        finally:
            started.set(run)
        assert run is not None
        if program.complaint:
            print_error(f"rockproc-tui: {program.complaint}.")
        try:
            with beside(run) if beside is not None else nullcontext():
                return _watch(run, relay, limits)
        finally:
            run.stop()


def _watch(run: Run, relay: SignalRelay, limits: Limits) -> Outcome:
    from rockproc.observer.report.data import report
    from rockproc.observer.report.judgement import Ending

    import_ahead(run.launch, run.main_ended)
    ending = _wait(run, relay, limits)
    stacks: dict[str, ThreadStacks] = {}
    if ending in (Ending.TIME_LIMIT, Ending.STUCK):
        data = report(run)
        if limits.reads_stacks:
            stacks = _stacks(run)
        _deliver(run, signal.SIGTERM)
        _await_end(run, relay, time.monotonic() + limits.grace_seconds)
    else:
        run.ended.wait(LINGER_SECONDS if run.main_ended.is_set() else 0.0)
        data = report(run)
    killed = tuple(_label(name) for name in _left(run))
    if ending is Ending.TIME_LIMIT:
        status = TIMED_OUT_STATUS
    elif run.main_ended.is_set():
        status = _status(run.exit_code)
    else:
        status = 128 + (relay.number or signal.SIGKILL)
    return Outcome(data, ending, status, killed, stacks)


def print_killed(outcome: Outcome) -> None:
    """Name on stderr what had to be killed."""
    if outcome.killed:
        from rockproc.observer.report.text import printable

        print_error(f"rockproc-tui: killed what was left: {printable(', '.join(outcome.killed))}")


def print_stacks(outcome: Outcome) -> None:
    """Print the stacks that were read before the run was ended on stderr."""
    from rockproc.observer.report.text import printable

    for name, stacks in outcome.stacks.items():
        lines = [f"stacks of {name}:", *([f"  {stacks.problem}"] if stacks.problem else [])]
        for thread in stacks.threads:
            lines.append(f"  thread {thread.name or thread.ident}")
            lines += [f"    {frame.site} {frame.function}: {frame.text.strip()}" for frame in thread.frames]
        print_error("\n".join(printable(line) for line in lines))


def _wait(run: Run, relay: SignalRelay, limits: Limits) -> Ending:
    from rockproc.observer.report.judgement import Ending

    deadline = time.monotonic() + (inf if limits.timeout_seconds is None else limits.timeout_seconds)
    stuck_since: float | None = None
    while True:
        now = time.monotonic()
        until = min(deadline, relay.deadline)
        if run.main_ended.wait(max(min(POLL_INTERVAL_SECONDS, until - now), 0.0)):
            return Ending.SIGNAL if relay.number else Ending.BY_ITSELF
        now = time.monotonic()
        if now >= relay.deadline:
            return Ending.SIGNAL
        if now >= deadline:
            return Ending.TIME_LIMIT
        if limits.stops_when_stuck and not relay.number:
            stuck_since = (stuck_since or now) if _is_stuck(run) else None
            if stuck_since is not None and now - stuck_since >= STUCK_CONFIRM_SECONDS:
                return Ending.STUCK


def _await_end(run: Run, relay: SignalRelay, deadline: float) -> None:
    """Wait until the main process has ended and the others have had a moment, or until there is no more time."""
    while not run.main_ended.is_set() and (left := min(deadline, relay.deadline) - time.monotonic()) > 0:
        run.main_ended.wait(min(POLL_INTERVAL_SECONDS, left))
    if run.main_ended.is_set():
        run.ended.wait(LINGER_SECONDS)


def _is_stuck(run: Run) -> bool:
    return run.snapshot().main_cannot_finish is not None


def _deliver(run: Run | None, number: int) -> None:
    """Send a signal to the main program, as if it had been sent there."""
    main = run.snapshot().main if run is not None else None
    if run is not None and main is not None:
        run.signal(main.key, number)


def _left(run: Run) -> list[Process]:
    from rockproc.observer.model import HELPER_ROLES

    return [process for process in run.snapshot().processes if process.state.alive and process.role not in HELPER_ROLES]


def _stacks(run: Run) -> dict[str, ThreadStacks]:
    from concurrent.futures import ThreadPoolExecutor

    left = _left(run)
    with ThreadPoolExecutor(STACK_READERS) as readers:
        keys = [name.key for name in left]
        return dict(zip(map(_label, left), readers.map(run.stacks, keys), strict=True))


def _label(process: Process) -> str:
    return f"{process.name} ({process.pid})"


def _status(code: int | None) -> int:
    if code is None:
        return UNKNOWN_STATUS
    return 128 - code if code < 0 else code
