"""Reads the processes of a program twice; what changed in between is no evidence of a lasting wait."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress

import msgspec
from msgspec.structs import replace

from ..kernel.procfs import read_proc
from ..kernel.signals import signal_name
from ..model import SignalHandler, Site
from ..model.calls import ANYTHING
from .descriptors import Descriptor, descriptors
from .event_loops import HANDLER, loop_callbacks
from .interpreter import Interpreter, NotReadable, PythonThread
from .memory import Mapping, ProcessMemory, UnreadableMemory, read_mappings
from .operations import Operation, operation
from .process_tree import ProcessEntry, read_entry
from .scheduler_clock import SchedulerClock
from .semaphores import (
    SearchBudget,
    SemLock,
    find_semlocks,
    read_holder,
    read_semlock,
    semaphore_mappings,
    semaphore_value,
)
from .served_objects import ManagerServer, read_server
from .shared_objects import CHANNELS, SharedObjects
from .signal_table import signal_handlers
from .system_calls import ThreadState, handled_signals, inner_number, threads
from .thread_calls import ThreadCalls

PAUSE_SECONDS = 0.1
"""The pause between the first and the second reading."""
_THREAD_STRUCTURE_BYTES = 1024
FORBIDDEN = "The system does not permit reading it."
ENDED = "It ended while it was read."


class ThreadReading(msgspec.Struct):
    state: ThreadState
    python: PythonThread | None = None
    """The thread's Python frames; None for a thread that Python does not know, or if they cannot be read."""
    operation: Operation | None = None
    calls: frozenset[str] = frozenset()
    """The methods that it may call and that end waits of others; see `ThreadCalls`."""
    unread: bool = False
    """True if the thread has run since its frames were read, so its present wait is unknown."""
    lasting: bool = False
    """True if it was in the same system call at both readings, and has not run in between."""
    repeats: bool = False
    """True if it has run in between, and then waited in the same system call again, which has a time-out."""

    @property
    def ident(self) -> int:
        """The thread's `threading.get_ident()`, or the kernel's number if Python does not know the thread."""
        return self.python.ident if self.python is not None else self.state.tid


class ProcessReading(msgspec.Struct):
    entry: ProcessEntry
    handlers: tuple[SignalHandler, ...] = ()
    """The program's handlers of signals."""
    problem: str = ""
    """The reason why something could not be read, as one sentence; empty when all was."""
    ended: float | None = None
    """The time at which a zombie last ran, in seconds since the machine's start; None where that is not known."""
    inner_pid_of_zombie: int | None = None
    """The pid by which a zombie knew itself; None for other processes, and where it is not known."""
    python: bool = False
    """True if its Python objects could be read."""
    version: tuple[int, int] | None = None
    memory: ProcessMemory | None = None
    semaphores: dict[int, int] = msgspec.field(default_factory=dict[int, int])
    """Inodes by the address of the mapping."""
    semlocks: list[SemLock] = msgspec.field(default_factory=list[SemLock])
    semlock_type: int | None = None
    """The address of the type of these objects; None where it is not known, or there are none."""
    search_complete: bool = True
    """True if the search found all objects that could matter; see `unexplained`."""
    descriptors: dict[int, Descriptor] = msgspec.field(default_factory=dict[int, Descriptor])
    threads: dict[int, ThreadReading] = msgspec.field(default_factory=dict[int, ThreadReading])
    """The threads by tid."""
    objects: SharedObjects | None = None
    server: ManagerServer | None = None
    """The server of a manager that runs in it."""
    values: dict[int, int] = msgspec.field(default_factory=dict[int, int])
    """Counters of semaphores by inode, where they were the same at both readings."""
    unsteady: set[int] = msgspec.field(default_factory=set[int])
    """Semaphores that changed between the readings, by inode."""

    @property
    def pid(self) -> int:
        return self.entry.pid

    @property
    def inner_pid(self) -> int:
        """The pid by which it knows itself; see `ThreadState.inner_tid`."""
        main = self.threads.get(self.pid)
        return main.state.inner_tid if main is not None else self.inner_pid_of_zombie or self.pid

    @property
    def main_thread(self) -> ThreadReading | None:
        return self.threads.get(self.pid)

    def counts(self) -> Counter[int]:
        """Return the number of times the process holds each semaphore, by inode; see `SemLock.count`."""
        found: Counter[int] = Counter()
        for semlock in self.semlocks:
            found[semlock.inode] += semlock.count
        return found

    def channel_inodes(self) -> Iterator[int]:
        """Yield the inodes of the pipes and sockets of its Connections and Queues."""
        for thing in self.objects.found.values() if self.objects is not None else ():
            for number in thing.descriptors.values() if thing.kind in CHANNELS else ():
                if number in self.descriptors:
                    yield self.descriptors[number].inode

    def close(self) -> None:
        if self.memory is not None:
            self.memory.close()
            self.memory = None


def refresh(reading: ProcessReading, entry: ProcessEntry, clock: SchedulerClock) -> bool:
    """Update a reading cheaply, and return True if no thread of the process has run since.

    What the frames and the memory of a thread that has run would say now is then unknown, and it counts as running.
    """
    memory = reading.memory
    reading.entry = entry
    if memory is None:
        return False
    try:
        now = threads(memory, clock)
    except OSError:
        now = {}
    found: dict[int, ThreadReading] = {}
    same = now.keys() == reading.threads.keys()
    for tid, state in now.items():
        known = reading.threads.get(tid)
        if known is not None and (known.state.switches, known.state.call) == (state.switches, state.call):
            known.lasting = state.letter == known.state.letter and not known.unread
            known.repeats = False
            found[tid] = known
        else:
            found[tid] = ThreadReading(state, unread=True, calls=known.calls if known else frozenset({ANYTHING}))
        same = same and not found[tid].unread
    reading.threads = found
    reading.values, reading.unsteady = _values(reading), set()
    if not same:
        reading.semlocks = _present(memory, reading)
    return same


def read_processes(entries: Iterable[ProcessEntry], clock: SchedulerClock) -> list[ProcessReading]:
    """Return a reading of each process, which the caller closes. A process that ends meanwhile may be left out."""
    found = [read_process(entry, clock) for entry in entries]
    _search(found)
    if found:
        time.sleep(PAUSE_SECONDS)
    for reading in found:
        _confirm(reading, clock)
    return found


def read_process(entry: ProcessEntry, clock: SchedulerClock) -> ProcessReading:
    """Return the first reading, of objects with names. `problem` says what could not be read; nothing is raised."""
    reading = ProcessReading(entry)
    if entry.state in "ZX":
        with suppress(OSError):
            reading.inner_pid_of_zombie = inner_number(read_proc(f"{entry.pid}/status"))
            reading.ended = clock.last_ran(f"{entry.pid}/task/{entry.pid}")
        return reading
    try:
        _read(reading, clock)
    except PermissionError:
        reading.problem = FORBIDDEN
    except (FileNotFoundError, ProcessLookupError):
        reading.problem = ENDED
    except OSError as error:
        reading.problem = f"It cannot be read: {error.strerror}."
    now = read_entry(entry.pid)
    if now is None or now.started != entry.started:
        reading.close()
        return ProcessReading(entry, problem=ENDED)
    if now.image != entry.image:
        reading.entry = now  # it was seen before or within its exec, with its parent's arguments or with none
    return reading


def _read(reading: ProcessReading, clock: SchedulerClock) -> None:
    pid = reading.pid
    memory = reading.memory = ProcessMemory(pid)
    # States before everything else, so that a thread that goes on in between is seen to have gone on: before frames,
    # and before the mappings, among which a semaphore that it waits for must be.
    reading.threads = {tid: ThreadReading(state) for tid, state in threads(memory, clock).items()}
    mappings = read_mappings(pid)
    reading.semaphores = semaphore_mappings(mappings)
    reading.descriptors = descriptors(pid)
    reading.values = _values(reading)
    if not mappings:  # its memory has been released, and it is no zombie yet
        reading.problem = ENDED
        return
    interpreter: Interpreter | None = None
    try:
        interpreter = Interpreter(memory, mappings)
    except NotReadable as error:
        reading.problem = str(error) if read_mappings(pid) else ENDED
    else:
        reading.python, reading.version = True, interpreter.version
        python = interpreter.threads()
        for tid, thread in _by_tid(memory, python, reading.threads).items():
            reading.threads[tid].python = thread
            reading.threads[tid].operation = operation(thread.frames)
        reading.objects = SharedObjects(interpreter, python, reading.inner_pid)
        _add_calls(reading, interpreter, mappings, python)
        reading.server = read_server(interpreter.objects, python)
        for thread in reading.threads.values():
            if thread.operation is not None and thread.operation.subject is not None:
                reading.objects.at(thread.operation.subject)  # it may have no name
        reading.semlock_type = interpreter.namespace("_multiprocessing").get("SemLock")
        _add_reachable(reading, memory)


def _add_calls(
    reading: ProcessReading, interpreter: Interpreter, mappings: list[Mapping], python: list[PythonThread]
) -> None:
    """Add what the threads and the handlers of signals may call."""
    if reading.objects is None:
        return
    calls = ThreadCalls(interpreter, reading.objects)
    all_known = len(python) == sum(thread.python is not None for thread in reading.threads.values())
    for thread in reading.threads.values():
        if thread.python is not None:
            thread.calls = calls.of_thread(thread.python)
        elif not all_known:
            thread.calls = frozenset({ANYTHING})  # perhaps one that Python knows
    found = signal_handlers(interpreter, mappings)
    if found is None:  # only the kernel says which signals are handled, but not how
        found = dict.fromkeys(handled_signals(reading.pid))
    main = reading.main_thread
    frames = main.python.frames if main is not None and main.python is not None else ()
    callbacks = loop_callbacks(interpreter.objects, frames)
    reading.handlers = tuple(
        _handler(number, calls, address, callbacks.get(number)) for number, address in found.items()
    )


def _handler(number: int, calls: ThreadCalls, address: int | None, callback: tuple[int, int] | None) -> SignalHandler:
    """Describe the handler of a signal. If an event loop handles it, `callback` is its function and the arguments."""
    code = calls.code(address)
    if code is None:
        return SignalHandler(signal_name(number), "", None)
    called = calls.of_function(address)
    if code.function == HANDLER and callback is not None:
        function, arguments = callback
        called |= calls.of_value(function) | calls.of_value(arguments)
        code = calls.code(function) or code
    return SignalHandler(signal_name(number), code.function, Site(code.path, code.first_line), tuple(sorted(called)))


def _search(readings: list[ProcessReading]) -> None:
    """Search the memory of processes that may hold a semaphore in a way that their names do not show."""
    budget = SearchBudget()
    inodes = unexplained(readings)
    for reading in readings:
        memory = reading.memory
        if memory is None or inodes.isdisjoint(reading.semaphores.values()):
            continue
        try:
            mappings = read_mappings(reading.pid)
        except OSError:
            reading.search_complete, reading.problem = False, ENDED
            continue
        semlocks = find_semlocks(memory, mappings, budget, reading.semlock_type)
        known = {semlock.address for semlock in reading.semlocks}
        reading.semlocks += [semlock for semlock in semlocks.found if semlock.address not in known]
        reading.search_complete = semlocks.complete
        if not semlocks.complete:
            reading.problem = reading.problem or "Its memory is large, and was searched for locks only in part."


def unexplained(readings: list[ProcessReading]) -> set[int]:
    """Return the inodes of semaphores for which the objects that have a name do not account.

    They do where each process that has the semaphore has a named object for it, and the permits that these say they
    hold are those that are missing: a hidden object that holds one would make a difference.
    """
    parts = {inode for reading in readings for inode in _parts(reading)}
    found: set[int] = set()
    for inode in {inode for reading in readings for inode in reading.semaphores.values()} - parts:
        having = [reading for reading in readings if inode in reading.semaphores.values()]
        named = [[semlock for semlock in reading.semlocks if semlock.inode == inode] for reading in having]
        values = {reading.values.get(inode) for reading in having}
        value = values.pop() if len(values) == 1 else None
        if value is None or not all(named):
            found.add(inode)
            continue
        first = named[0][0]
        held = sum(semlock.count for semlocks_of_object in named for semlock in semlocks_of_object)
        if value + (bool(held) if first.recursive else held) != first.maximum:
            found.add(inode)
    return found


def _parts(reading: ProcessReading) -> Iterator[int]:
    """Yield the semaphores that are counters or signals inside of other objects: nobody holds them."""
    for thing in reading.objects.found.values() if reading.objects is not None else ():
        for part, address in thing.semaphores.items():
            if part.rpartition(".")[2] in _COUNTERS and address in reading.semaphores:
                yield reading.semaphores[address]


_COUNTERS = ("_sleeping_count", "_woken_count", "_wait_semaphore", "_flag", "_unfinished_tasks")


def _add_reachable(reading: ProcessReading, memory: ProcessMemory) -> None:
    """Add the objects of semaphores that the program can reach by name."""
    known = {semlock.address for semlock in reading.semlocks}
    for address in reading.objects.semlocks if reading.objects is not None else ():
        found = read_semlock(memory, address, reading.semaphores) if address not in known else None
        if found is not None:
            reading.semlocks.append(found)


def _by_tid(
    memory: ProcessMemory, python: list[PythonThread], known: dict[int, ThreadReading]
) -> dict[int, PythonThread]:
    """Assign Python's threads to the kernel's thread ids.

    Before 3.11 Python does not store that number, and up to 3.12 a forked child may have kept its parent's: it is then
    looked up in the structure of the C library, whose address is the thread's ident.
    """
    found: dict[int, PythonThread] = {}
    tids = {thread.state.inner_tid: tid for tid, thread in known.items()}
    for thread in python:
        tid = tids.get(thread.native or 0) or _tid_of(memory, thread.ident, tids)
        if tid is not None and tid not in found:
            found[tid] = thread
    left = [thread for thread in python if thread not in found.values()]
    missing = [tid for tid in known if tid not in found]
    if len(left) == len(missing) == 1:
        found[missing[0]] = left[0]
    return found


def _tid_of(memory: ProcessMemory, ident: int, tids: dict[int, int]) -> int | None:
    try:
        data = memory.read(ident, _THREAD_STRUCTURE_BYTES)
    except UnreadableMemory:
        return None
    numbers = (int.from_bytes(data[place : place + 4], "little") for place in range(0, len(data), 4))
    return next((tids[number] for number in numbers if number in tids), None)


def _present(memory: ProcessMemory, reading: ProcessReading) -> list[SemLock]:
    """Read the known objects of semaphores again: a thread that has run may have acquired or released one."""
    found: list[SemLock] = []
    for semlock in reading.semlocks:
        with suppress(UnreadableMemory):
            thread, count = read_holder(memory, semlock)
            found.append(replace(semlock, thread=thread, count=count))
    return found


def _values(reading: ProcessReading) -> dict[int, int]:
    found: dict[int, int] = {}
    memory = reading.memory
    if memory is None:
        return found
    for address, inode in reading.semaphores.items():
        with suppress(UnreadableMemory):
            found[inode] = semaphore_value(memory, address)
    return found


def _confirm(reading: ProcessReading, clock: SchedulerClock) -> None:
    """Read the state of the threads again, and note which of them have not changed."""
    memory = reading.memory
    if memory is None:
        return
    try:
        now = threads(memory, clock)
    except OSError:
        now = {}
    for tid, thread in reading.threads.items():
        later = now.get(tid)
        same = later is not None and (later.call, later.letter) == (thread.state.call, thread.state.letter)
        thread.lasting = same and later is not None and later.switches == thread.state.switches
        thread.repeats = same and thread.state.call.timed and not thread.lasting
    values = _values(reading)
    reading.unsteady = {inode for inode, value in reading.values.items() if values.get(inode) != value}
    kept: list[SemLock] = []
    for semlock in reading.semlocks:
        try:
            _, count = read_holder(memory, semlock)
        except UnreadableMemory:
            continue
        if count == semlock.count:
            kept.append(semlock)
        else:
            reading.unsteady.add(semlock.inode)
    reading.semlocks = kept
