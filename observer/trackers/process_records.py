"""Applies the records of the probe about processes: their handles, starts, phases, signals and ends."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from rockproc.probe import records
from rockproc.probe.layout import Kind

from ..decoding.errors import without_addresses
from ..decoding.shortening import shorten
from ..journals.reader import Journal, Record
from ..kernel.signals import ignores, signal_name
from ..kernel.unobserved_reason import reason_by_name
from ..model import Phase, Process, SentSignal, SignalHandler, State, World
from ..model.keys import ProcessKey
from ..source.questions import called_methods, last_line
from .process_table import ProcessTable
from .service_roles import role_by_command
from .source import Source

MAX_COMMAND_CHARACTERS = 60
"""Characters of a command line in the name of a process that has no other."""
_LAUNCH_SECONDS = 10.0
"""`Popen()` returns within this time after the process was first seen, unless the pid was reused."""


class ProcessRecords:
    """Applies records about processes to a world; each kind has a handler of its own."""

    def __init__(self, world: World, table: ProcessTable) -> None:
        self._world = world
        self._table = table
        self.handlers = self._handlers()
        """The function for each kind of record. It may replace `source.process` by the process of the handle."""

    def probe_started(self, journal: Journal, record: Record, at: float) -> Process:
        """Return the process whose journal begins with this record."""
        process = self._table.by_pid.get(journal.pid)
        content = records.ProbeStarted.unpack(record)
        how = content.how
        # The process may have ended before its journal was read.
        if process is None or (process.ended is not None and process.ended < at):
            process = self._table.provisional(journal.pid, at, "program")
            process.parent = journal.parent
            self._table.unmarked.append((at, process))
        elif how == "fork" and process.known_only_by_pid:
            process.parent = journal.parent  # the operating system does not report a parent that has ended
            process.created = process.started = min(process.started or at, at)  # a sample saw it later than it began
        # A child of the forkserver has its command line, and may have been mistaken for another forkserver.
        if how == "fork" and process.role in ("program", "forkserver"):
            process.role = "fork"
            parent = self._table.by_pid.get(journal.parent)
            process.name = f"fork of {parent.name}" if parent is not None else f"fork {journal.pid}"
            if all(process is not unmarked for _, unmarked in self._table.unmarked):
                process.name = self._table.names.name(process.key, process.name)
        if how == "fork" and (parent := self._table.by_pid.get(journal.parent)) is not None:
            process.handlers = parent.handlers
        process.probed, process.unobserved = True, None
        process.python = content.python
        process.main_thread = record.key
        return process

    def _handlers(self) -> dict[int, Callable[[Source, Record, float], None]]:
        return {
            Kind.FILE: self._file,
            Kind.TAP_FAILED: self._tap_failed,
            Kind.SUBINTERPRETER: self._subinterpreter,
            Kind.IN_LIBRARY: self._in_library,
            Kind.AWAITED: self._awaited,
            Kind.HANDLE: self._handle,
            Kind.START: self._handle,
            Kind.STARTED: self._started,
            Kind.BOOTSTRAP: self._bootstrap,
            Kind.RUN: self._run,
            Kind.EXITING: self._exiting,
            Kind.EXIT: self._exit,
            Kind.LAUNCHED: self._launched,
            Kind.REAPED: self._reaped,
            Kind.SIGNAL_HANDLER: self._signal_handler,
            Kind.SIGNAL: self._signal,
            Kind.RAISED: self._raised,
            Kind.EXITCODE_READ: self._exitcode_read,
        }

    def _file(self, source: Source, record: Record, _at: float) -> None:
        file = records.File.unpack(record)
        source.files[file.number] = os.fsdecode(file.path)

    def _tap_failed(self, source: Source, record: Record, _at: float) -> None:
        name = records.TapFailed.unpack(record).name
        if name not in source.process.failed_taps:
            source.process.failed_taps += (name,)

    def _subinterpreter(self, source: Source, _record: Record, _at: float) -> None:
        source.process.subinterpreters += 1

    def _in_library(self, source: Source, record: Record, _at: float) -> None:
        library_site = source.site(records.InLibrary.unpack(record).site)
        if library_site is not None:
            source.in_library[record.key] = library_site

    def _awaited(self, source: Source, record: Record, _at: float) -> None:
        source.awaited[record.key] = records.Awaited.unpack(record)

    def _started(self, source: Source, record: Record, at: float) -> None:
        handle = self._table.known(ProcessKey(record.key), source, at)
        started = records.Started.unpack(record)
        handle.start_method = started.start_method or handle.start_method
        self._table.bind(handle, started.pid, at)
        if handle.phase == Phase.STARTING:
            handle.phase = Phase.NONE

    def _bootstrap(self, source: Source, record: Record, at: float) -> None:
        handle = self._table.known(ProcessKey(record.key), source, at)
        self._table.bind(handle, source.journal.pid, at)
        handle.probed, handle.unobserved = True, None
        handle.main_thread = record.thread
        handle.phase = Phase.BOOTSTRAP
        handle.python = source.process.python
        handle.failed_taps = source.process.failed_taps
        handle.subinterpreters = source.process.subinterpreters
        handle.handlers = source.process.handlers
        source.process = handle

    def _run(self, source: Source, _record: Record, at: float) -> None:
        source.process.phase = Phase.RUN
        source.process.ran = True
        self._table.mark(at, "run", source.process)

    def _exiting(self, source: Source, _record: Record, at: float) -> None:
        """Note that a process is about to end: multiprocessing then calls `terminate()` on its daemons."""
        source.process.phase = Phase.EXITING
        for child in self._world.processes.values():
            if child.daemon and child.parent == source.journal.pid and child.state.alive:
                self._terminate(child, at)

    def _exit(self, source: Source, record: Record, at: float) -> None:
        source.process.phase = Phase.EXITING
        self._table.announced_codes[source.process.key] = records.Exit.unpack(record).exit_code
        if source.process.ended is not None:
            self._table.ended(source.process, at, None)

    def _reaped(self, source: Source, record: Record, at: float) -> None:
        reaped = records.Reaped.unpack(record)
        process = self._table.by_pid.get(reaped.pid)
        if process is not None:
            process.joined_at_exit = source.process.phase is Phase.EXITING
            self._table.ended(process, at, reaped.exit_code)
            self._table.leave(process, at, State.JOINED)

    def _signal_handler(self, source: Source, record: Record, _at: float) -> None:
        name = signal_name(record.key)
        kept = tuple(handler for handler in source.process.handlers if handler.signal != name)
        handler = records.SignalHandler.unpack(record)
        site = source.site(handler.site)
        calls = called_methods(site.path, site.line) if site is not None and handler.is_python else None
        last = last_line(site.path, site.line) if calls is not None and site is not None else 0
        found = SignalHandler(name, handler.name, site, tuple(sorted(calls or ())), last)
        added = (found,) if handler.is_python else ()
        source.process.handlers = (*kept, *added)

    def _signal(self, source: Source, record: Record, at: float) -> None:
        target = self._world.processes.get(ProcessKey(record.key))
        if target is None:
            return
        number = records.Signal.unpack(record).number
        name = signal_name(number)
        target.sent_signal = SentSignal(name, source.process.name, at, source.site(record.site))
        self._table.mark(at, "signal", target, name)
        if number == signal.SIGKILL:
            self._table.killed.add(target.key)
        if number == signal.SIGTERM:
            self._terminate(target, at)

    def _terminate(self, process: Process, at: float) -> None:
        process.terminated = at
        process.ignores_sigterm = process.pid is not None and ignores(process.pid, signal.SIGTERM)

    def _raised(self, source: Source, record: Record, _at: float) -> None:
        raised = records.Raised.unpack(record)
        source.process.error = without_addresses(raised.error)
        source.process.error_site = source.site(raised.site)

    def _exitcode_read(self, source: Source, record: Record, at: float) -> None:
        self._table.known(ProcessKey(record.key), source, at).exitcode_read = True

    def _launched(self, source: Source, record: Record, at: float) -> None:
        """Note a program or a resource tracker, which may have ended before anybody could see what it executes."""
        launched = records.Launched.unpack(record)
        process = self._table.by_pid.get(launched.pid)
        if process is None or (process.started is not None and at - process.started > _LAUNCH_SECONDS):
            process = self._table.provisional(launched.pid, at, "program")
            self._table.unmarked.append((at, process))
        if process.known_only_by_pid:
            process.parent = source.journal.pid
        service = role_by_command(" ".join(launched.arguments))
        if service is not None:
            self._table.names.release(process.key)
            process.role = process.name = service
            process.unobserved = None  # it may have been looked at between its fork and its exec
            return
        if process.command is None and process.role == "program":
            process.name = shorten(" ".join(launched.arguments), MAX_COMMAND_CHARACTERS) or process.name
        self._table.presumed[process.key] = reason_by_name(launched.arguments, followed=launched.followed)
        if process.ended is not None:
            self._table.presume(process)

    def _handle(self, source: Source, record: Record, at: float) -> None:
        process = self._table.known(ProcessKey(record.key), source, at)
        handle = records.Handle.unpack(record)
        process.name = self._table.names.name(process.key, handle.name)
        process.cls = handle.class_name
        process.target = handle.target or process.target
        process.args = handle.arguments if handle.target else process.args
        process.daemon = handle.daemon
        process.start_method = handle.start_method or process.start_method
        if record.kind == Kind.START:
            if process.pid is None:  # otherwise it is started a second time, which will raise
                process.phase = Phase.STARTING
                process.started, process.start_site = at, source.site(record.site)
        else:
            process.site, process.library_site = source.site(record.site), source.in_library.pop(record.key, None)
            self._table.mark(at, "created", process)
