"""Loads the probe into every process of a running program, and removes it again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

from rockproc import probe

from ..attach.process_tree import read_entry
from ..attach.reading import ProcessReading, read_processes
from ..attach.scheduler_clock import SchedulerClock
from ..attach.scripts import interpreters, interrupt_wait, may_be_interrupted, obstacle, request, run
from ..keeper.session import SCRIPT_SUFFIX, Session, self_removing_script, sweep
from ..kernel.identity import start_time
from ..model import World
from .attached_messages import AttachedMessages
from .code_cache import code_cache

ANSWER_SECONDS = 10.0
"""The longest wait for a process to execute a script."""
DETACH_ATTEMPTS = 4
"""The number of attempts to detach: a call that began with the probe may have ended by the next attempt."""
_DETACH_PAUSE_SECONDS = 0.1
_POLL_SECONDS = 0.02
_LOOK_AGAIN_SECONDS = 0.3
"""A process that has not answered within this time may be blocked: it is inspected again, and interrupted."""
_ENTRY = Path(probe.__file__).parent / "entry"
_NO_ANSWER = "It has not executed any Python code since."
_HELPERS = ("resource tracker",)
_OBSERVED = "It is observed already."
"""The answer of a process that carries the probe; see `probe/entry/attach.py`."""
_ProcessStart = tuple[int, float]
"""The pid and the start of a process, which distinguishes it from a later process with the same pid."""


class AttachedProbe:
    """The session folder, the processes that carry the probe, and the messages that they record."""

    def __init__(self, program_started: float) -> None:
        """Make a session folder. Raises OSError where that is not possible.

        Args:
            program_started: the start of the program, in seconds since the machine's start.
        """
        sweep()
        self._session = Session()
        self._session.make()
        cache, _ = code_cache()
        folder = str(self._session.path)
        self._settings = "\n".join([folder, str(cache or folder), "auto", "", "attached"])
        self._script = self._session.path.with_suffix(SCRIPT_SUFFIX)
        self._pending: set[int] = set()
        """The pids of the processes that may still execute the script later."""
        self._clock = SchedulerClock()
        self._start_times: dict[int, float] = {}
        """The start of each process that carries the probe, by pid."""
        self._asked: set[_ProcessStart] = set()
        """The processes that were asked to load the probe, with or without success, and those that never will be."""
        self._bare: set[_ProcessStart] = set()
        """The processes that the last `load_new` found without the probe."""
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - program_started
        self.messages = AttachedMessages(self._session.path, time.monotonic_ns() - int(age * 1e9))

    def load(self, readings: Iterable[ProcessReading]) -> dict[int, str]:
        """Bring the probe into processes; return by pid why that is not possible for some of them."""
        reasons: dict[int, str] = {}
        able: list[ProcessReading] = []
        for reading in readings:
            start = reading.pid, reading.entry.started
            if reading.entry.state in "ZX" or reading.entry.helper in _HELPERS or not reading.entry.python:
                self._asked.add(start)
                continue
            reason = obstacle(reading)
            if reason:
                reasons[reading.pid] = reason  # it may pass: its Python is starting, or it is stopped
            else:
                self._asked.add(start)
                able.append(reading)
        if not able:
            return reasons
        self._write_script("prepare")
        for python in interpreters(able):
            run(python, [str(self._script)])
        return reasons | {pid: answer for pid, answer in self._execute("attach", able).items() if answer}

    def load_new(self, readings: Iterable[ProcessReading]) -> dict[int, str]:
        """Load the probe into new processes that have not inherited it; return the reasons as `load`.

        A forkserver may fork a child in the moment in which it takes the probe itself. A process is asked when the
        second call in succession finds it without the probe, because one that has inherited it creates its journal a
        moment later. One that could not be asked is tried again at each call.
        """
        new = {
            (reading.pid, reading.entry.started): reading
            for reading in readings
            if reading.pid not in self.messages.pids and (reading.pid, reading.entry.started) not in self._asked
        }
        due = [reading for start, reading in new.items() if start in self._bare]
        self._bare = set(new)
        if not due:
            return {}
        return {pid: reason for pid, reason in self.load(due).items() if reason != _OBSERVED}

    def unload(self) -> dict[int, str]:
        """Take the probe out of every process, and remove all files; return by pid what was not possible."""
        reasons: dict[int, str] = {}
        tried: set[int] = set()
        while True:
            self.read()
            # Processes that have been forked in the meantime are unloaded, too.
            left = [pid for pid in self._alive() if pid not in tried]
            if not left:
                break
            tried.update(left)
            for attempt in range(DETACH_ATTEMPTS):
                last = attempt == DETACH_ATTEMPTS - 1
                left = self._detach(left, reasons, last=last)
                if not left or last:
                    break
                time.sleep(_DETACH_PAUSE_SECONDS)
        self.messages.close()
        self._session.remove()
        if pending := [pid for pid in self._pending if start_time(pid) is not None]:
            self._write(self_removing_script(self._script, pending))
        else:
            self._script.unlink(missing_ok=True)
        return {pid: reason for pid, reason in reasons.items() if reason}

    def _detach(self, pids: list[int], reasons: dict[int, str], *, last: bool) -> list[int]:
        """Take the probe out of processes; note why not, and return those of which something is left."""
        readings = self._read(pids)
        able: list[ProcessReading] = []
        for reading in readings:
            reasons[reading.pid] = obstacle(reading)
            if not reasons[reading.pid]:
                able.append(reading)
        answers = self._execute("leave" if last else "detach", able)
        for pid, answer in answers.items():
            reasons[pid] = answer
        for reading in readings:
            reading.close()
        return [pid for pid, answer in answers.items() if answer]

    def read(self) -> bool:
        """Take in what the processes have recorded; return whether that was anything."""
        for pid in self.messages.pids - self._start_times.keys():
            self._start_times[pid] = start_time(pid) or 0.0
        return self.messages.read(time.monotonic_ns(), set(self._alive()))

    def add_to(self, world: World) -> None:
        """Add what was recorded to a world that was read from outside."""
        self.messages.add_to(world)

    def _alive(self) -> list[int]:
        return [pid for pid, started in self._start_times.items() if started and start_time(pid) == started]

    def _read(self, pids: Iterable[int]) -> list[ProcessReading]:
        entries = [read_entry(pid) for pid in pids]
        return read_processes([entry for entry in entries if entry is not None], self._clock)

    def _execute(self, action: str, readings: list[ProcessReading]) -> dict[int, str]:
        """Have processes execute the script that loads the probe or removes it; return their answers by pid."""
        if not readings:
            return {}
        self._write_script(action)
        problem = request(readings, self._script)
        if problem:
            return {reading.pid: problem for reading in readings}
        self._interrupt(readings)
        answers: dict[int, str] = {}
        waiting = {reading.pid: reading.entry.started for reading in readings}
        now = time.monotonic()
        deadline, look_again = now + ANSWER_SECONDS, now + _LOOK_AGAIN_SECONDS
        while waiting and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
            for pid, started in list(waiting.items()):
                answer = self._session.path / f"{pid}.{action}"
                if answer.exists():
                    answers[pid] = answer.read_text()
                    answer.unlink()
                    del waiting[pid]
                elif (entry := read_entry(pid)) is None or entry.started != started or entry.state in "ZX":
                    del waiting[pid]
            if waiting and time.monotonic() >= look_again:
                again = self._read(waiting)
                self._interrupt(again)
                for reading in again:
                    reading.close()
                look_again = time.monotonic() + _LOOK_AGAIN_SECONDS
        self._pending |= waiting.keys()
        return answers | dict.fromkeys(waiting, _NO_ANSWER)

    @staticmethod
    def _interrupt(readings: Iterable[ProcessReading]) -> None:
        for reading in readings:
            if may_be_interrupted(reading):
                try:
                    interrupt_wait(reading)
                except OSError:
                    continue  # it has ended, or a debugger traces it: it answers when it runs again

    def _write_script(self, action: str) -> None:
        call = f"\nact({action!r}, {self._settings!r}, {str(_ENTRY)!r})\n"
        self._write((_ENTRY / "attach.py").read_text() + call)

    def _write(self, text: str) -> None:
        descriptor = os.open(self._script, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "w") as file:  # noqa: PTH123 (a descriptor)
            file.write(text)
