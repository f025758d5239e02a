"""A program that was running already, read from outside: for a verdict, or refreshed for the Lab."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ..attach.attachment import AttachError, Attachment
from ..attach.process_tree import ProcessEntry
from ..findings import FindingTracker
from ..findings.dead_waits import SUSPICION_SECONDS, DeadWaits
from ..findings.undecided import undecided
from ..kernel.signals import python_for, send, signal_name
from ..kernel.stacks import ThreadStacks, read_stacks
from ..model import (
    Command,
    Intervention,
    Plan,
    Pool,
    Process,
    RunState,
    SharedValue,
    Snapshot,
    State,
    TimelineMark,
    World,
)
from ..model.keys import ProcessKey
from ..recording.format import End
from ..recording.history import History
from ..recording.live import LiveRecording
from ..scenarios.launch import Launch
from ..trackers.intervals import StateIntervals
from ..trackers.snapshots import SnapshotBuilder
from .attached_probe import ANSWER_SECONDS, AttachedProbe
from .run import LaunchError

REFRESH_INTERVAL_SECONDS = 1.0
MAX_OTHER_CPU_SHARE = 0.01
"""The largest share of one core for everything but repeated readings."""
JOURNAL_INTERVAL_SECONDS = 0.1
"""The time between two readings of the probe's journals."""
CONFIRM_SECONDS = 1.2
"""The least age of a wait that the rules judge: a younger one may have just begun."""
MAX_CONFIRM_SECONDS = SUSPICION_SECONDS + 1.0
"""The longest time for which a program is read again, until its waits are old enough for a verdict."""
CLOCK_MARGIN_SECONDS = 0.05
"""The tolerance for differences between the scheduler's clock and ours."""
_NO_INTERVENTION = "this program was not started by rockproc-tui: its objects are only partly known"
_REPEAT_SECONDS = 0.05
"""The pause after a reading during which processes have begun or ended, or that lacks frames."""
_WORKERS_PAUSE_SECONDS = 0.3
"""The pause after a reading in which a Pool had replaced workers, while others may end before their first task."""
MAX_STACK_ATTEMPTS = 8
"""The largest number of readings for the sake of frames that change while they are read."""
_UNJUDGED = "Processes have begun or ended during each reading, so that no rule could be asked."
_MAX_HISTORY = 240
"""Samples of CPU and memory that are kept of each process."""
_MAX_UNLOAD_SECONDS = 2 * ANSWER_SECONDS
_MODULE, _COMMAND = "-m", "-c"


class AttachedRun:
    """Offers what `Run` offers, for an attached program. The program is only read, and continues after `stop()`.

    Raises AttachError when there is no such program, or we may not read it.
    """

    recorded = False

    def __init__(self, pid: int, save: Path | None = None) -> None:
        """Prepare to attach.

        Args:
            pid: the pid of any process of the program.
            save: the file for the recording, if it is to be kept.
        """
        self._attachment = Attachment(pid)
        self._save = save
        self.launch = launch_of(self._attachment.root)
        self.exit_code: int | None = None
        self.exit_signal: str | None = None
        self.ended = threading.Event()
        self.main_ended = threading.Event()
        self.world = World(state=RunState.RUNNING)
        self._lock = threading.RLock()
        self._intervals = StateIntervals(self.world)
        self._findings = FindingTracker(self.world, has_history=False)
        self._snapshot_builder = SnapshotBuilder(self.world)
        self._cpu: dict[int, tuple[float, float]] = {}
        """The CPU seconds of processes and the time at which they were read, by pid."""
        self._recording: LiveRecording | None = None
        self._awaited: tuple[Snapshot, Callable[[], None]] | None = None
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._probe: AttachedProbe | None = None
        self._judged = False
        """True once a complete reading has allowed the rules to be applied."""
        self.probed = False
        """True while processes carry the probe, and after `stop` if they did."""
        self.probe_problems: dict[int, str] = {}
        """The reason why the probe could not be loaded into a process, or removed, in one sentence, by pid."""

    def load_probe(self) -> None:
        """Bring the probe into the processes of the program, after the first `read`; `stop` takes it out again.

        Raises AttachError where that is possible for none of them.
        """
        try:
            probe = self._probe = AttachedProbe(self._attachment.root.started)
        except OSError as error:
            raise AttachError(f"there is no room for the probe's records: {error.strerror}.") from error
        self.probe_problems = probe.load(self._attachment.readings)
        probe.read()
        if not probe.messages.pids:
            self._unload_probe()
            root = self._attachment.root.pid
            pid = root if root in self.probe_problems else min(self.probe_problems, default=root)
            reason = self.probe_problems.get(pid, "no process has taken it.")
            raise AttachError(f"the probe cannot be loaded into process {pid}: {reason[:1].lower()}{reason[1:]}")
        self.probed = True
        with self._lock:
            self.world.messages = probe.messages.messages
            self.world.changes += 1
            self._note_probe_problems()
        self._wait_until_old_enough()

    def _wait_until_old_enough(self) -> None:
        """Return when the waits that loading has interrupted are old enough for the rules, if one has found anything.

        They count as new waits: judged at once, a deadlock would seem to have resolved itself.
        """
        deadline = time.monotonic() + MAX_CONFIRM_SECONDS
        while any(finding.active for finding in self.world.findings.values()):
            try:
                found = self._attachment.read()
            except AttachError:
                return  # the next `read` reports it
            with self._lock:
                self._merge(found)
            pause = min(self._seconds_until_old_enough(), deadline - time.monotonic())
            if pause <= 0:
                return
            time.sleep(pause)

    def _unload_probe(self) -> None:
        if self._probe is not None:
            self.probe_problems |= self._probe.unload()
            self._probe = None

    def _note_probe_problems(self) -> None:
        for pid, problem in self.probe_problems.items():
            process = self.world.processes.get(ProcessKey(pid))
            if process is not None and process.state.alive:
                process.inspection = process.inspection or f"No probe: {problem[:1].lower()}{problem[1:]}"

    def read_messages(self) -> None:
        """Take in what the probe has recorded; nothing without a probe."""
        probe = self._probe
        if probe is None:
            return
        with self._lock:
            if probe.read():
                self.world.changes += 1
            self.world.now = max(self.world.now, probe.messages.now)
            probe.add_to(self.world)
            self._note()

    def read(self, *, sparing: bool = False) -> Snapshot:
        """Read the program once. Raises AttachError if it has ended or may not be read.

        Args:
            sparing: see `Attachment.read`.
        """
        found = self._attachment.read(sparing=sparing)
        if self._probe is not None:
            self.read_messages()
            new = self._probe.load_new(self._attachment.readings)
            carriers = self._probe.messages.pids
            self.probe_problems = {
                pid: problem for pid, problem in (self.probe_problems | new).items() if pid not in carriers
            }
        with self._lock:
            self._merge(found)
            if self._probe is not None:
                self._probe.messages.set_peers(self._attachment.socket_peers)
                self._probe.messages.calls.set_keys(self._attachment.managed_keys)
                self._probe.add_to(self.world)
                self._note_probe_problems()
            self._findings.look(settled=self._attachment.complete)
            self._judged = self._judged or self._attachment.complete
            if self._recording is None and self._save is not None:
                self._recording = LiveRecording(self.launch, self.world, self.snapshot, self._save)
            self._note()
            return self.snapshot()

    def read_verdict(self) -> Snapshot:
        """Read the program until it is known whether it is stuck: at once if that is proved, else after some seconds.

        Raises AttachError, as `read`.
        """
        deadline = time.monotonic() + MAX_CONFIRM_SECONDS
        attempts = 0
        while True:
            snapshot, attempts = self.read(), attempts + 1
            if any(finding.severity == "error" and finding.active for finding in snapshot.findings):
                return snapshot
            repeat = self._attachment.incomplete_stacks and attempts < MAX_STACK_ATTEMPTS
            wanted = _REPEAT_SECONDS if repeat or not self._attachment.complete else self._seconds_until_old_enough()
            pause = min(wanted, deadline - time.monotonic())
            if pause <= 0:
                return snapshot
            time.sleep(pause)

    def _seconds_until_old_enough(self) -> float:
        """Return seconds until the youngest wait is old enough for all rules; 0 if all are.

        While a Pool replaces workers it is read again all the time: that none of them takes a task is seen in several
        readings only.
        """
        now = self.world.now
        if any(_replaces_workers(pool, self.world) for pool in self.world.pools.values()):
            return _WORKERS_PAUSE_SECONDS
        processes = self.world.processes.values()
        waits = [wait.since for process in processes for wait in process.waits]
        others = [thread.since for process in processes for thread in process.other_threads or () if thread.blocked]
        if now - max([*waits, *others], default=0.0) >= SUSPICION_SECONDS:
            return 0.0
        needed = [since + CONFIRM_SECONDS for since in waits]
        dead = DeadWaits(self.world)
        needed += [dead.blockings[thread].since + SUSPICION_SECONDS for thread in dead.dead]
        needed += [process.terminated + SUSPICION_SECONDS for process in processes if process.terminated is not None]
        left = max(needed, default=now) - now
        return left + CLOCK_MARGIN_SECONDS if left > 0 else 0.0

    def start(self) -> None:
        """Read the program every second, in a thread. Raises LaunchError with the message of an AttachError."""
        try:
            if self._recording is None:
                self._recording = LiveRecording(self.launch, self.world, self.snapshot, self._save)
            self.read()
        except (AttachError, OSError) as error:
            raise LaunchError(str(error)) from error
        self._thread = threading.Thread(target=self._refresh, name="attached", daemon=True)
        self._thread.start()

    def _refresh(self) -> None:
        read_again_at = time.monotonic() + REFRESH_INTERVAL_SECONDS
        while not self._stopping.wait(
            JOURNAL_INTERVAL_SECONDS if self._probe else max(read_again_at - time.monotonic(), 0.0)
        ):
            try:
                self.read_messages()
                if time.monotonic() >= read_again_at:
                    read_again_at, began = time.monotonic() + REFRESH_INTERVAL_SECONDS, time.thread_time()
                    self.read(sparing=True)
                    used = time.thread_time() - began - self._attachment.reading_seconds
                    read_again_at = max(read_again_at, time.monotonic() + used / MAX_OTHER_CPU_SHARE)
            except AttachError:
                break
            except Exception as error:
                # An error of rockproc is reported once; it does not affect the program.
                self.world.fault = self.world.fault or f"attach: {type(error).__name__}: {error}"
            self._notify()
        self._finish()

    def _finish(self) -> None:
        self._unload_probe()
        self._attachment.close()
        with self._lock:
            world = self.world
            if not self._stopping.is_set():
                for process in world.processes.values():
                    if process.state.alive:
                        self._intervals.become(process, world.now, State.GONE)
                        process.ended, process.waits = world.now, ()
                self._findings.deactivate_all()
            world.state = RunState.ENDED
            world.changes += 1
            self._note(End(at=world.now, exit_code=None, exit_signal=None, totals=(0, 0, 0), faults=self.faults()))
        self.main_ended.set()
        self.ended.set()
        self._notify()

    def _merge(self, found: World) -> None:
        """Bring the world up to what was found, keeping what only it knows: intervals, histories, findings."""
        world = self.world
        world.now, world.main = found.now, found.main
        for key, process in found.processes.items():
            known = world.processes.get(key)
            self._measure(process, known)
            state = process.state
            if known is None:
                world.processes[key] = process
                begins = (process.started or 0.0) if state.alive else world.now
                self._intervals.begin(process, begins)
                world.marks.append(TimelineMark(process.started or 0.0, "started", key))
            else:
                process.state = known.state
                if process.inspection or not state.alive:
                    process.name = known.name  # it was read from memory, which is gone now
                world.processes[key] = process
            wait = process.main_wait
            text = f"{wait.op} {wait.object}" if wait is not None else ""
            self._intervals.become(process, wait.since if wait is not None else world.now, state, text)
        for key, process in list(world.processes.items()):
            if key not in found.processes and process.state.alive:
                self._intervals.become(process, world.now, State.GONE)
                process.ended, process.waits = world.now, ()
                world.marks.append(TimelineMark(world.now, "ended", key))
        world.channels, world.locks, world.pools = found.channels, found.locks, found.pools
        world.managers, world.managed = found.managers, found.managed
        for key, value in found.values.items():
            if (before := world.values.get(key)) is not None:
                _copy_history(value, before, world.now)
        world.values = found.values
        world.access, world.open_ends = found.access, found.open_ends
        world.thread_calls, world.blocked_places = found.thread_calls, found.blocked_places
        world.changes += 1

    def _measure(self, process: Process, known: Process | None) -> None:
        used = self._attachment.cpu_seconds.get(process.key)
        before, now = self._cpu.get(process.key), time.monotonic()
        if used is not None:
            self._cpu[process.key] = used, now
            if before is not None and now > before[1]:
                process.cpu = max(used - before[0], 0.0) / (now - before[1]) * 100
        if known is not None:
            process.cpu_history, process.rss_history = known.cpu_history, known.rss_history
        if process.cpu is not None:
            process.cpu_history = (*process.cpu_history[1 - _MAX_HISTORY :], process.cpu)
        if process.rss is not None:
            process.rss_history = (*process.rss_history[1 - _MAX_HISTORY :], process.rss)

    def _note(self, end: End | None = None) -> None:
        wrong = self._recording.note(end) if self._recording is not None else ""
        self.world.fault = self.world.fault or wrong

    def _notify(self) -> None:
        with self._lock:
            awaited, snapshot = self._awaited, self.snapshot()
            if awaited is None or (snapshot.version, snapshot.state) == (awaited[0].version, awaited[0].state):
                return
            self._awaited = None
        awaited[1]()

    # what others may call

    def snapshot(self) -> Snapshot:
        with self._lock:
            return self._snapshot_builder.build({}, 0.0)

    def await_news(self, known: Snapshot, notify: Callable[[], None]) -> None:
        """Request one notification.

        Args:
            known: the snapshot that the caller has.
            notify: called once, by any thread, when there is a snapshot that differs in more than its time.
        """
        with self._lock:
            self._awaited = known, notify
        self._notify()

    @property
    def history(self) -> History | None:
        return self._recording.history if self._recording is not None else None

    def totals(self) -> tuple[int, int, int]:
        """Return zeros: without a probe no record is written."""
        return 0, 0, 0

    def faults(self) -> list[str]:
        """Return a line for each process that could not be read completely, and for each reason why less is known."""
        with self._lock:
            problems = [
                f"{process.name} ({process.pid}): {process.inspection}"
                for process in self.world.processes.values()
                if process.inspection and process.role in ("main", "process", "fork")
            ]
            if not self._judged:
                problems.append(_UNJUDGED)
            else:
                problems += undecided(self.world)
            return [*problems, *filter(None, [self.world.fault])]

    def signal(self, process_key: ProcessKey, number: int) -> Command:
        """Send a signal to a process that is still the one it was when it was drawn."""
        with self._lock:
            process = self.world.processes.get(process_key)
            at = self.world.now
            if process is None or process.pid is None:
                return self._log(Command(at, f"# signal {number}", "there is no such process any more"))
            python = python_for(process.name, process.pid, number, target_is_handle=False)
            started = self._attachment.started.get(process.pid)
            result = send(process.pid, started, number) if started is not None else f"{process.name} has ended"
            if not result:
                self.world.marks.append(TimelineMark(at, "signal", process_key, signal_name(number)))
            return self._log(Command(at, python, result))

    def plan(self, intervention: Intervention) -> Plan:  # noqa: ARG002
        """Refuse the intervention: only the waits for these objects are known."""
        return Plan("", _NO_INTERVENTION)

    def intervene(self, intervention: Intervention) -> Command:  # noqa: ARG002
        return Command(self.world.now, "# intervene", _NO_INTERVENTION)

    def signal_all(self, number: int) -> Command:
        """Send a signal to every process of the program."""
        with self._lock:
            living = [process.key for process in self.world.processes.values() if process.state.alive]
            sent = sum(not self.signal(key, number).result for key in living)
            python = f"for pid in program: os.kill(pid, signal.{signal_name(number)})  # {sent} processes"
            return self._log(Command(self.world.now, python, "" if sent else "no process is left"))

    def _log(self, command: Command) -> Command:
        self.world.commands.append(command)
        self.world.changes += 1
        return command

    def stacks(self, process_key: ProcessKey) -> ThreadStacks:
        """Return the Python stack of every thread of a process. Takes up to five seconds."""
        with self._lock:
            process, at = self.world.processes.get(process_key), self.world.now
            started = self._attachment.started.get(process.pid or 0) if process is not None else None
        if process is None or process.pid is None or started is None or not process.state.alive:
            return ThreadStacks(process_key, at, problem="It has ended: there is no stack any more.")
        return ThreadStacks(process_key, at, *read_stacks(process.pid, started, pause=False))

    def save(self, path: Path) -> None:
        """Save what has been recorded so far. Raises OSError."""
        if self._recording is None:
            raise OSError("this program is not recorded")
        if not self.ended.is_set():
            with self._lock:
                self._recording.write_until(self.world.now)
        self._recording.save(path)

    def stop(self) -> None:
        """Stop reading the program, which continues."""
        self._stopping.set()
        if self._thread is None:
            self._finish()
        elif self._thread is not threading.current_thread():
            self._thread.join(_MAX_UNLOAD_SECONDS if self._probe is not None else 3)


def _replaces_workers(pool: Pool, world: World) -> bool:
    """Return True if a Pool with tasks has a worker that was started later than its process began to wait."""
    owner = world.processes.get(pool.owner) if pool.owner is not None else None
    if pool.kind != "Pool" or pool.ended or not pool.submitted or owner is None or not owner.waits:
        return False
    waits_since = min(wait.since for wait in owner.waits)
    workers = [world.processes[worker.process] for worker in pool.workers if worker.process in world.processes]
    return bool(pool.ended_without_task) or any((worker.started or 0.0) > waits_since for worker in workers)


def _copy_history(value: SharedValue, before: SharedValue, now: float) -> None:
    """Copy facts that only earlier readings know to a segment."""
    value.changed, value.history = before.changed, before.history
    if before.value != value.value:
        value.changed = now
        if isinstance(value.value, (int, float)):
            value.history = (*value.history[1 - _MAX_HISTORY :], float(value.value))
    if before.unlinked is not None:
        value.unlinked = before.unlinked
    value.opened_by = tuple(dict.fromkeys((*before.opened_by, *value.opened_by)))


def launch_of(root: ProcessEntry) -> Launch:
    """Return what a program was started with, as far as the arguments of its main process show."""
    words = list(root.arguments)
    python = root.executable or (words[0] if words else "python")
    place = 1
    while place < len(words) and words[place].startswith("-") and words[place] not in (_MODULE, _COMMAND):
        place += 2 if words[place] in ("-W", "-X") else 1
    rest = words[place:]
    module = rest[:1] == [_MODULE]
    if module:
        rest = rest[1:]
    elif rest[:1] == [_COMMAND]:
        rest = [_COMMAND]
    script = rest[0] if rest else python
    return Launch(script, tuple(rest[1:]), python, module=module, folder=_folder(root.pid))


def _folder(pid: int) -> str | None:
    try:
        return os.readlink(f"/proc/{pid}/cwd")  # noqa: PTH115
    except OSError:
        return None
