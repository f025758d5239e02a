"""One run: the program under its keeper, a thread that observes it, and the signals that are sent to it."""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
import time
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..keeper.output import Lines, Output
from ..keeper.session import sweep
from ..kernel.exit_watcher import ExitWatcher
from ..kernel.identity import start_time
from ..kernel.process_stats import ProcessSampler
from ..kernel.signals import python_for, send, signal_name
from ..log import Log
from ..model import Command, Intervention, Plan, Process, RunState, Snapshot, State, TimelineMark
from ..model.keys import ProcessKey
from ..scenarios.launch import Launch
from .fair_lock import FairLock
from .observer import Observer
from .poll_schedule import POLL_INTERVAL_SECONDS, PollSchedule
from .prepared_program import LaunchError, PreparedProgram
from .wake_up import WakeUp

# A run without a screen mostly does without these, and they take long to import.
if TYPE_CHECKING:
    from ..kernel.stacks import ThreadStacks
    from ..recording.format import End
    from ..recording.history import History
    from ..recording.live import LiveRecording
    from .interventions import Interventions

log = Log(__name__)
MAX_LOGGED_FAULTS = 20
"""The largest number of logged faults: a fault in every poll would fill the disk."""
_JOURNAL_FOUND_SECONDS = 0.3
"""Seconds after which the journal of a new process has been found."""

__all__ = ["LaunchError", "Run"]


class Run:
    """One launch of a program under observation, from `start()` until `ended` is set or `stop()` is called.

    Any thread may call any method.
    """

    recorded = False

    def __init__(
        self,
        launch: Launch,
        *,
        inherit: bool = False,
        save: Path | None = None,
        save_last_bytes: int | None = None,
        program: PreparedProgram | None = None,
    ) -> None:
        """Prepare the run.

        Args:
            launch: what is started, and how.
            inherit: the program has our stdin, stdout and stderr; otherwise its output is taken into the world.
            save: where the run is recorded; without it the recording is a file without a name.
            save_last_bytes: what that file may hold at most; the oldest part of the run is then dropped.
            program: the launch, if it has been prepared, or also started, already; the run ends it.
        """
        self.launch = launch
        self._program = program
        self._save, self._save_last_bytes = save, save_last_bytes
        self._recording: LiveRecording | None = None
        self.started = threading.Event()
        """This is set once `start()` has returned."""
        self.ended = threading.Event()
        """This is set when no process of the run is left."""
        self.main_ended = threading.Event()
        self.exit_code: int | None = None
        self.exit_signal: str | None = None
        self._inherit = inherit
        self._lock = FairLock()
        self._published: Snapshot | None = None
        """The state after the last poll, for callers that must not wait for the present poll."""
        self._awaited: tuple[Snapshot, Callable[[], None]] | None = None
        """The callback of `await_news`, and the snapshot that its caller knows already."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._exits = ExitWatcher()
        self._sampler = ProcessSampler()
        self._lines = Lines()
        self._schedule = PollSchedule()
        self._wake_up: WakeUp | None = None
        self._empty = False
        self._error = ""
        self._complaint = ""
        """A problem with the cache of woven code, for the user."""
        self._logged_faults = 0
        self._launched = time.monotonic_ns()

    def start(self) -> None:
        """Start the program. Raises LaunchError if it cannot be executed."""
        self._output = None if self._inherit else Output()
        program = self._program = self._program or self._prepare()
        self._keeper = program.keeper
        self._wake_up = WakeUp()
        self._launched = program.launched_ns or time.monotonic_ns()
        self._observer = Observer(
            program.session.path, self._launched, paced=self.launch.detail == "auto", strict=self.launch.strict
        )
        try:
            if program.launched_ns is None:
                program.start()
            self._complaint = program.complaint
            sweep()
            self._await_start()
            self._record()
        except BaseException as error:
            self._release_resources()
            if isinstance(error, OSError):
                raise LaunchError(f"cannot start {self.launch.python}: {error}") from error
            raise
        self._thread = threading.Thread(target=self._observe, name="observer", daemon=True)
        self._thread.start()
        self.started.set()

    def _prepare(self) -> PreparedProgram:
        stdout, stderr = self._output.child_fds() if self._output is not None else (None, None)
        try:
            program = PreparedProgram(self.launch, stdout=stdout, stderr=stderr, inherit=self._inherit)
        except BaseException:
            if self._output is not None:
                self._output.close()
            raise
        if self._output is not None:
            self._output.close_child_side()
        return program

    def _await_start(self) -> None:
        deadline = time.monotonic() + 10
        with selectors.DefaultSelector() as selector:
            selector.register(self._keeper.fileno(), selectors.EVENT_READ)
            while not self._observer.world.processes and not self._error:
                selector.select(0.1)
                self._hear_keeper()
                if time.monotonic() > deadline:
                    self._error = "it did not start within 10 seconds"
        if self._error:
            raise LaunchError(f"cannot start {self.launch.python}: {self._error}")

    def _record(self) -> None:
        """Begin to write down every moment of the run. Raises LaunchError where that was asked for and cannot be."""
        if self._inherit and self._save is None:
            return  # nobody can look back
        from ..recording.live import LiveRecording

        try:
            self._recording = LiveRecording(
                self.launch, self._observer.world, self._observer.snapshot, self._save, self._save_last_bytes
            )
        except OSError as error:
            if self._save is not None:
                raise LaunchError(f"cannot record into {self._save}: {error.strerror}") from error

    # the observer's thread

    def _observe(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._keeper.fileno(), selectors.EVENT_READ, "keeper")
            assert self._wake_up is not None
            selector.register(self._wake_up, selectors.EVENT_READ, "user")
            if self._exits.fileno() >= 0:
                selector.register(self._exits.fileno(), selectors.EVENT_READ, "exits")
            for descriptor in self._output.filenos() if self._output is not None else ():
                selector.register(descriptor, selectors.EVENT_READ, "output")
            schedule = self._schedule
            while not self._stopping.is_set():
                self._lock.give_way()
                for key, _ in selector.select(schedule.rest):
                    schedule.wake(at_once=key.data == "keeper")
                    if key.data == "user":
                        self._wake_up.clear()
                    elif key.data == "exits":
                        self._read_exits()
                    elif key.data == "output":
                        self._hear_output(key.fd)
                        assert self._output is not None
                        if key.fd not in self._output.filenos():
                            selector.unregister(key.fd)
                if not schedule.rest:
                    with schedule.look():
                        try:
                            self._tick()
                        except Exception as error:
                            # After an internal error the program keeps its keeper, and the user can end the run.
                            self._failed(f"observer: {type(error).__name__}: {error}", error)
                    if self._empty:
                        break
        try:
            self._finish()
        except Exception as error:
            self._failed(f"observer: {type(error).__name__}: {error}", error)
        finally:
            # Even after an error no other thread may wait for this one forever.
            try:
                self._release_resources()
            finally:
                self.main_ended.set()
                self.ended.set()

    def _tick(self) -> None:
        with self._lock:
            self._hear_keeper()
            now = time.monotonic_ns()
            at = self._observer.seconds(now)
            self._read_exits()
            self._observer.read(now)
            self._schedule.quiet = self._observer.quiet
            gone = [pid for pid in self._observer.new_pids if not self._watch_exit(pid)]
            if self._schedule.finds():
                # Right after the counts, which an exit that is noticed later would contradict.
                self._observer.find()
            for pid in gone:  # its parent has collected it already, and only the parent's record has the exit status
                self._observer.process_tracker.died(pid, None, self._observer.seconds(time.monotonic_ns()))
            awaited = self._observer.process_tracker.samples.awaits_exec
            # In a run that is over, nothing is left to be sampled.
            if not self._empty and self._schedule.samples(new=awaited or bool(self._observer.new_pids)):
                with self._schedule.sample():
                    self._sample(at)
            for line in self._lines.flush(at):
                self._observer.world.output.append(line)
            self._note()
            self._publish()

    def _watch_exit(self, pid: int) -> bool:
        """Watch a new process, which may end before the next sample. Return False if it is there no longer."""
        started = start_time(pid)
        if started is not None:
            self._exits.watch(pid, started)
        return started is not None

    def _publish(self) -> None:
        if not self._inherit:  # without a screen it is asked for at the end only
            self._published = self._observer.snapshot()
            self._notify()

    def _notify(self) -> None:
        published, awaited = self._published, self._awaited
        if published is not None and awaited is not None:
            known, notify = awaited
            if (published.version, published.state) != (known.version, known.state):
                self._awaited = None
                notify()

    def _failed(self, what: str, error: Exception | None = None) -> None:
        """Keep the first error of rockproc for its finding, and log each one for `--debug`. The run continues."""
        if error is None or self._logged_faults < MAX_LOGGED_FAULTS:
            self._logged_faults += 1
            log.error("%s", what, exc_info=error)
        world = self._observer.world
        world.fault = world.fault or what

    def _note(self, end: End | None = None) -> None:
        wrong = self._recording.note(end) if self._recording is not None else ""
        if wrong:
            self._failed(wrong)

    def _sample(self, at: float) -> None:
        tracker = self._observer.process_tracker
        known = set(tracker.create_times)
        stats = self._sampler.sample(self._keeper.pid, time.monotonic())
        tracker.samples.apply(stats, at, self._observer.seconds(time.monotonic_ns()))
        self._observer.sample(at)
        for pid, sample in stats.items():
            if pid not in known:
                self._exits.watch(pid, sample.create_time)
        self._observer.new_pids.clear()

    def _hear_keeper(self) -> None:
        world, tracker = self._observer.world, self._observer.process_tracker
        for event in self._keeper.read_events():
            at = self._observer.seconds(event.get("at_ns", self._launched))
            pid, name = event.get("pid", 0), event.get("event")
            if name == "started":
                tracker.main_started(pid, at, "main")
                world.state = RunState.RUNNING
            elif name == "failed":
                self._error = event.get("error", "it could not be executed")
            elif name == "reaped":
                status = event.get("status", 0)
                main = world.processes.get(world.main) if world.main is not None else None
                if main is not None and main.pid == pid:
                    code = os.waitstatus_to_exitcode(status)
                    self.exit_code, self.exit_signal = code, signal_name(-code) if code < 0 else None
                    self._observer.read(time.monotonic_ns())
                    tracker.reaped(pid, status, at)
                    if tracker.samples.awaits_exec:  # what it has executed is known at once only while it lives
                        self._schedule.sample_soon()
                    self.main_ended.set()
                else:
                    if not tracker.has_pid(pid):  # its journal has not been read yet
                        self._observer.read(time.monotonic_ns())
                    tracker.reaped(pid, status, at)
            elif name in ("empty", "gone"):
                self._empty = True
                if world.main is None:
                    self._error = self._error or "the process between it and rockproc-tui was killed"

    def _read_exits(self) -> None:
        with self._lock:
            for ended in self._exits.read():
                at = self._observer.seconds(ended.at_ns)
                self._observer.process_tracker.died(ended.pid, ended.status, at, collected=ended.collected)
                self._schedule.sample_soon()

    def _hear_output(self, descriptor: int) -> bool:
        """Take in what has been printed; False when there was nothing."""
        assert self._output is not None
        chunks = self._output.read(descriptor)
        with self._lock:
            at = self._observer.seconds(time.monotonic_ns())
            for line in self._lines.feed(at, chunks):
                self._observer.world.output.append(line)
        return bool(chunks)

    def _finish(self) -> None:
        """Take in the rest, and let everything of the run go."""
        if stopped := self._stopping.is_set():
            with self._lock:
                # Findings are searched before the processes are ended, since those exits are not the program's.
                self._observer.read(time.monotonic_ns())
                self._observer.find()
            self._keeper.end()
        with self._lock:
            for descriptor in self._output.filenos() if self._output is not None else ():
                while self._hear_output(descriptor):
                    pass
            at = self._observer.seconds(time.monotonic_ns())
            for line in self._lines.flush(at, everything=True):
                self._observer.world.output.append(line)
            while self._observer.read(time.monotonic_ns(), settled=True):
                pass
            self._hear_keeper()
            self._observer.all_ended(stopped=stopped)
            if log.has_details:
                self._observer.log_totals()
            self._observer.world.state = RunState.ENDED
            self._observer.world.changes += 1
            if self._recording is not None:
                from ..recording.format import End

                self._note(
                    End(
                        at=self._observer.world.now,
                        exit_code=self.exit_code,
                        exit_signal=self.exit_signal,
                        totals=self._observer.totals(),
                        faults=self.faults(),
                    )
                )
            self._publish()

    def _release_resources(self) -> None:
        """Release what reading needs. What has been seen stays in the world, and in the recording."""
        if self._program is not None:
            self._program.end()
        self._observer.close()
        self._exits.close()
        if self._output is not None:
            self._output.close()
        if self._wake_up is not None:
            self._wake_up.close()

    # what others may call

    def snapshot(self) -> Snapshot:
        """Return the state as of the last completed poll; the caller never waits for the present one."""
        if self._published is not None:
            return self._published
        with self._lock:
            return self._observer.snapshot()

    def refresh(self) -> Snapshot:
        """Take in all that the program has done until now, search for findings, and return the state."""
        with self._lock:
            if not self.ended.is_set():
                self._read_exits()
                self._observer.read(time.monotonic_ns())
                self._observer.find()
            return self._observer.snapshot()

    def await_news(self, known: Snapshot, notify: Callable[[], None]) -> None:
        """Request a notification of news: a snapshot that differs from a known one in more than its time.

        Only the newest caller is notified: once, or twice if there is such a snapshot at the time of the call.

        Args:
            known: the snapshot that the caller has.
            notify: called by any thread.
        """
        self._awaited = known, notify
        self._notify()

    def totals(self) -> tuple[int, int, int]:
        """Return the numbers of records written, operations counted without one, and records that found no room."""
        with self._lock:
            return self._observer.totals()

    def faults(self) -> list[str]:
        """Return a line for each process in which the probe has failed, and for each fault of the observer."""
        with self._lock:
            return [*self._observer.faults(), *filter(None, [self._observer.world.fault, self._complaint])]

    def has(self, pid: int) -> bool:
        """Return whether that is or was a process of the run. One that has just been forked may not be known yet."""
        deadline = time.monotonic() + _JOURNAL_FOUND_SECONDS
        while pid:
            with self._lock:
                if any(process.pid == pid for process in self._observer.world.processes.values()):
                    return True
            import psutil

            with contextlib.suppress(psutil.Error, AttributeError):  # it is gone; or there is no keeper yet
                return any(parent.pid == self._keeper.pid for parent in psutil.Process(pid).parents())
            if time.monotonic() > deadline or self.ended.is_set():
                return False
            time.sleep(POLL_INTERVAL_SECONDS)
        return False

    def signal(self, process_key: ProcessKey, number: int) -> Command:
        """Send a signal to a process that is still the one it was when it was drawn."""
        with self._lock:
            world = self._observer.world
            at = self._observer.seconds(time.monotonic_ns())
            process = world.processes.get(process_key)
            if process is None:
                return self._log(Command(at, f"# signal {number}", "there is no such process any more"))
            if process.pid is None:
                python = python_for(process.name, 0, number, target_is_handle=True).partition("  #")[0]
                return self._log(Command(at, python, f"{process.name} was not started: there is no process to signal"))
            python = python_for(process.name, process.pid, number, target_is_handle=not process.known_only_by_pid)
            started = self._start_of(process, at)
            if started is None:
                result = (
                    f"{process.name} has ended" if process.ended is not None else f"{process.name} is not known yet"
                )
            else:
                result = send(process.pid, started, number)
            if not result:
                world.marks.append(TimelineMark(at, "signal", process_key, signal_name(number)))
                self._look_soon()
            return self._log(Command(at, python, result))

    @cached_property
    def _interventions(self) -> Interventions:
        from .interventions import Interventions

        return Interventions(self._observer)

    def plan(self, intervention: Intervention) -> Plan:
        """Return the Python that an intervention equals, and the reason if it would be refused."""
        with self._lock:
            return self._interventions.plan(intervention)

    def intervene(self, intervention: Intervention) -> Command:
        """Do what the user wants to an object of the program. Takes up to a second."""
        with self._lock:
            command = self._interventions.do(intervention)
            self._look_soon()
            return command

    def _look_soon(self) -> None:
        """Let the observer see soon what the user's act does, also while it rests because nothing has happened."""
        self._schedule.sample_soon()
        if self._wake_up is not None:
            self._wake_up.wake()

    def _start_of(self, process: Process, at: float) -> float | None:
        """Return when a living process started, which distinguishes it from a later one with its pid."""
        times = self._observer.process_tracker.create_times
        if process.pid not in times and process.state.alive:
            self._sample(at)  # so young that it is only known from its journal
        return times.get(process.pid or 0)

    def stacks(self, process_key: ProcessKey) -> ThreadStacks:
        """Return the Python stack of every thread of a process. Takes up to five seconds."""
        with self._lock:
            at = self._observer.seconds(time.monotonic_ns())
            process = self._observer.world.processes.get(process_key)
            pid = process.pid if process is not None else None
            started = self._start_of(process, at) if process is not None else None
            pause = process is not None and process.state is State.RUNNING
        from ..kernel.stacks import ThreadStacks, read_stacks

        if process is None or pid is None:
            return ThreadStacks(process_key, at, problem="It was not started: there is no process to look into.")
        if started is None or not process.state.alive:
            return ThreadStacks(process_key, at, problem=f"{process.name} has ended: there is no stack any more.")
        return ThreadStacks(process_key, at, *read_stacks(pid, started, pause=pause))

    def signal_all(self, number: int) -> Command:
        """Send a signal to every process of the run."""
        with self._lock:
            world = self._observer.world
            at = self._observer.seconds(time.monotonic_ns())
            living = [process for process in list(world.processes.values()) if process.state.alive]
            # All are looked up first: the children of a parent that has just been killed may be missing in a sample.
            targets = [(process, self._start_of(process, at)) for process in living]
            count = 0
            for process, started in targets:
                if process.pid is not None and started is not None and not send(process.pid, started, number):
                    count += 1
                    world.marks.append(TimelineMark(at, "signal", process.key, signal_name(number)))
            self._look_soon()
            name = signal_name(number)
            python = f"for pid in run: os.kill(pid, signal.{name})  # {count} processes"
            return self._log(Command(at, python, "" if count else "no process is left"))

    def _log(self, command: Command) -> Command:
        self._observer.world.commands.append(command)
        return command

    @property
    def history(self) -> History | None:
        """The past states of the run, if it is recorded."""
        return self._recording.history if self._recording is not None else None

    def save(self, path: Path) -> None:
        """Save what has been recorded so far. Raises OSError."""
        if self._recording is None:
            raise OSError("this run is not recorded")
        if not self.ended.is_set():  # all of a run that is over has been written
            with self._lock:
                self._recording.write_until(self._observer.seconds(time.monotonic_ns()))
        self._recording.save(path)

    def stop(self) -> None:
        """End every process of the run and remove its folder. Returns within two seconds."""
        self._stopping.set()
        if self._wake_up is not None:
            self._wake_up.wake()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(3)
        elif self._thread is None and self._program is not None:
            self._program.end()
