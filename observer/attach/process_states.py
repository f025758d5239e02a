"""The processes of a program: names, parents, roles, start methods, phases and exit statuses."""

from __future__ import annotations

import os

from ..decoding.shortening import shorten
from ..kernel.process_table import PAGE_BYTES
from ..kernel.signals import signal_name
from ..model import Phase, Process, State, UnobservedReason, World
from ..model.keys import ENDED_PROCESS, ProcessKey
from ..model.process import UNNAMED_PROCESS
from .process_tree import ProcessEntry
from .program_reading import ProgramReading
from .reading import ProcessReading
from .shared_objects import Kind, SharedObject

_MAX_COMMAND_CHARACTERS = 60
"""Characters of a command line in the name of a process."""


def add_processes(world: World, program: ProgramReading) -> None:
    """Add the processes that were read, and those that have ended and are known by their parent."""
    for reading in program.readings:
        _add_process(world, program, reading)
    _add_ended(world, program)


def ended_process(world: World) -> ProcessKey:
    """Return the process that acquired a lock and has ended: which it was cannot be known any more."""
    process = Process(ENDED_PROCESS, _name_of_ended(world), state=State.GONE, ended=0.0, inspected=True)
    world.processes.setdefault(ENDED_PROCESS, process)
    return ENDED_PROCESS


def _name_of_ended(world: World) -> str:
    """Return a description of it, with the process that it probably was where only one is known to have ended."""
    ended = [process for process in world.processes.values() if process.role == "process" and not process.state.alive]
    failed = [process for process in ended if process.exitcode] or ended
    if len(failed) != 1:
        return UNNAMED_PROCESS
    known = failed[0]
    how = known.signal or ("" if known.exitcode is None else f"exit {known.exitcode}")
    return f"{UNNAMED_PROCESS} (perhaps {', '.join(filter(None, [known.name, f'pid {known.pid}', how]))})"


def _add_process(world: World, program: ProgramReading, reading: ProcessReading) -> None:
    entry = reading.entry
    current = reading.objects.current_process() if reading.objects is not None else None
    process = Process(
        key=ProcessKey(entry.pid), name=_name(reading, current, program.root, is_child=program.is_child(reading))
    )
    process.pid, process.ppid = entry.pid, entry.ppid
    process.parent = (
        program.outer_pid(current.numbers.get("_parent_pid") if current is not None else None) or entry.ppid
    )
    if entry.pid == program.root.pid:
        process.role, process.parent = "main", entry.ppid
    elif not reading.python and entry.state != "Z":
        process.role = entry.helper or ("process" if entry.python else "program")
    elif entry.helper and not program.is_child(reading):
        process.role = entry.helper
    process.start_method = program.start_method(entry)
    process.started = process.created = max(entry.started - program.root.started, 0.0)
    process.cls = current.texts.get("class") if current is not None and process.role == "process" else None
    process.target = current.texts.get("target") if current is not None else None
    process.command = " ".join(entry.arguments) or None
    process.state = _state(entry.state)
    process.inspected = reading.python or entry.state == "Z"
    process.unobserved = UnobservedReason.STARTED_BEFORE
    process.inspection = reading.problem
    process.rss, process.threads = entry.rss_pages * PAGE_BYTES, entry.threads
    main = reading.main_thread
    process.main_thread = main.ident if main is not None else None
    if entry.state == "Z":
        process.ended, process.rss = program.clock.moment(reading.ended), None
        _set_exit(process, entry.status)
    elif process.role == "main" or process.role == "process":
        process.phase = phase_of(reading)
    world.processes[process.key] = process


def _add_ended(world: World, program: ProgramReading) -> None:
    """Add children that their parent has started and that have ended or are zombies: it knows their names."""
    for reading in program.readings:
        for thing in reading.objects.found.values() if reading.objects is not None else ():
            pid = program.outer_pid(thing.numbers.get("pid"))
            if thing.kind is not Kind.PROCESS or pid is None:
                continue
            process = world.processes.get(ProcessKey(pid))
            if process is not None and process.state is State.ZOMBIE:
                process.name, process.parent = thing.texts.get("_name", process.name), reading.pid
                process.role = "process"
            elif process is None and (code := thing.numbers.get("returncode")) is not None:
                process = Process(
                    key=ProcessKey(pid), name=thing.texts.get("_name", f"pid {pid}"), pid=pid, parent=reading.pid
                )
                process.state, process.inspected = State.JOINED, True
                process.unobserved = UnobservedReason.STARTED_BEFORE
                process.exitcode, process.signal = code, signal_name(-code) if code < 0 else None
                process.ended = process.joined = process.started = process.created = 0.0
                world.processes[ProcessKey(pid)] = process


def _name(reading: ProcessReading, current: SharedObject | None, root: ProcessEntry, *, is_child: bool) -> str:
    entry = reading.entry
    if entry.helper and not is_child:
        return entry.helper
    name = current.texts.get("_name", "") if current is not None else ""
    if name and (name != "MainProcess" or entry.pid == root.pid):
        return name
    if entry.pid == root.pid:
        return "MainProcess"
    return entry.helper or shorten(" ".join(entry.arguments), _MAX_COMMAND_CHARACTERS) or f"pid {entry.pid}"


def phase_of(reading: ProcessReading) -> Phase:
    """Return what a process is doing according to the functions of multiprocessing on its stack."""
    main = reading.main_thread
    frames = main.python.frames if main is not None and main.python is not None else ()
    names = [frame.function.rpartition(".")[2] for frame in frames]
    if "_exit_function" in names:
        return Phase.EXITING
    return Phase.RUN if "run" in names else Phase.NONE


def _state(letter: str) -> State:
    if letter in "ZX":
        return State.ZOMBIE
    return State.STOPPED if letter in "Tt" else State.RUNNING


def _set_exit(process: Process, status: int | None) -> None:
    if status is not None:
        process.exitcode = os.waitstatus_to_exitcode(status)
        process.signal = signal_name(-process.exitcode) if process.exitcode < 0 else None
