"""Does what the user wants done to the objects of a running program, as a process of that program would do it.

Semaphores and shared memory are operated where they lie. A message goes through the pipe while the lock of that end of
the Queue is held, as in `multiprocessing.queues`. What cannot be done exactly is refused with the reason.
"""

from __future__ import annotations

import pickle
import time
import zlib
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager

from rockproc.probe import records
from rockproc.probe.layout import DIGEST, PREVIEW, Kind

from ..decoding.assignment import NotAssignable, encode, literal, parse
from ..decoding.preview import preview
from ..decoding.shortening import shorten
from ..journals.reader import Record
from ..kernel import pipe_ends
from ..kernel.pipe_ends import NotSent
from ..kernel.semaphores import Semaphore, Unreachable
from ..model import (
    USER,
    AcquireLock,
    Channel,
    ClearEvent,
    Command,
    DropItem,
    Intervention,
    Lock,
    Plan,
    PutItem,
    ReleaseLock,
    SetEvent,
    SetValue,
    State,
    TimelineMark,
    Wait,
)
from ..model.channel import QUEUES
from ..model.keys import ChannelKey, LockKey
from .observer import Observer

LOCK_SECONDS = 0.3
"""The time within which an internal lock must become free: those of a queue are held for moments."""
WAKE_SECONDS = 0.5
"""The time within which a waiter must answer that it has woken."""
_NOT_FREE = "it is not free, so that acquire(block=False) returns False"
_MAX_DROPPED_CHARACTERS = 60
"""The largest number of characters by which a dropped item is described."""
_PICKLE_PROTOCOL = 4
"""The newest pickle protocol that every supported Python reads."""
_READ_LOCK, _WRITE_LOCK, _BOUND, _UNFINISHED, _TASKS_LOCK = range(5)
"""The places of a queue's semaphores; see `records.Semaphores`."""


class Refused(Exception):
    """An intervention is not done; the message is the reason, as a sentence without its full stop."""


class Interventions:
    """Plans and does interventions. The caller holds the lock of the run."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._world = observer.world

    def plan(self, intervention: Intervention) -> Plan:
        """Return the Python that an intervention equals, and whether it would be refused. Changes nothing."""
        python = self._python(intervention)
        try:
            self._check(intervention)
        except Refused as error:
            return Plan(python, str(error))
        return Plan(python)

    def do(self, intervention: Intervention) -> Command:
        """Do it, and note it as an act of the user."""
        python = self._python(intervention)
        at = self._observer.seconds(time.monotonic_ns())
        result = ""
        try:
            self._check(intervention)
            python += self._do(intervention)
        except Refused as error:
            result = str(error)
        if not result:
            self._world.marks.append(TimelineMark(at, "user", USER, python))
        command = Command(at, python, result)
        self._world.commands.append(command)
        return command

    # what it equals

    def _python(self, intervention: Intervention) -> str:
        name = self._name(intervention)
        match intervention:
            case SetValue(key, assignment):
                value = self._world.values.get(key)
                bare = value is not None and value.lock is not None and not self._is_reachable(value.lock)
                return f"{name}{'.get_obj()' if bare else ''}{_tidy(assignment)}"
            case SetEvent():
                return f"{name}.set()"
            case ClearEvent():
                return f"{name}.clear()"
            case AcquireLock():
                return f"{name}.acquire(block=False)"
            case ReleaseLock():
                return f"{name}.release()"
            case PutItem(key, text):
                channel = self._world.channels.get(key)
                kind = channel.kind if channel is not None else ""
                if kind not in QUEUES:
                    return f"{name}.send({text.strip()})"
                return f"{name}.put({text.strip()}{'' if kind == 'SimpleQueue' else ', block=False'})"
            case DropItem(key):
                channel = self._world.channels.get(key)
                return f"{name}.get({'' if channel and channel.kind == 'SimpleQueue' else 'block=False'})"

    def _name(self, intervention: Intervention) -> str:
        world = self._world
        match intervention:
            case SetValue(key):
                found = world.values.get(key)
            case PutItem(key) | DropItem(key):
                found = world.channels.get(key)
                if found is not None and found.ends is not None and isinstance(intervention, PutItem):
                    return found.ends[intervention.end]
            case _:
                found = world.locks.get(intervention.key)
        return found.name if found is not None else "?"

    def _is_reachable(self, key: LockKey | ChannelKey) -> bool:
        try:
            with self._semaphores(key):
                return True
        except Refused:
            return False

    # whether it can be done

    def _check(self, intervention: Intervention) -> None:
        """Check that an intervention is possible. Raises Refused if not."""
        match intervention:
            case SetValue():
                self._encoded(intervention)
            case SetEvent(key) | ClearEvent(key):
                with self._semaphores(key):
                    self._check_waiters(key, intervention)
            case AcquireLock(key):
                with self._semaphores(key) as (semaphore,):
                    if semaphore.value == 0:
                        raise Refused(_NOT_FREE)
            case ReleaseLock(key):
                self._check_release(self._lock(key))
            case PutItem():
                self._check_put(intervention)
            case DropItem(key):
                channel = self._channel(key)
                if channel.kind not in QUEUES:
                    raise Refused("a Pipe has no lock: its reader may be in the middle of a message")
                if channel.depth == 0:
                    raise Refused(f"{channel.name} is empty")
                with self._semaphores(key):
                    pass

    def _check_waiters(self, key: int, intervention: Intervention) -> None:
        """Raise Refused if `set()` would wait for ever for a stopped or dead waiter."""
        if not isinstance(intervention, SetEvent):
            return
        lock, access = self._lock(LockKey(key)), self._world.access.get(key)
        for hold in lock.waiters:
            process = self._world.processes.get(hold.process)
            if process is not None and process.state is State.STOPPED:
                raise Refused(f"{process.name} waits for it and is frozen: set() would wait until it goes on")
        if access is not None and "wait" in access.died_inside.values():
            raise Refused("a process has ended while it waited for it: set() would wait for its answer endlessly")

    def _check_release(self, lock: Lock) -> None:
        if lock.kind == "RLock" and not self._observer.user_cells.holds(lock.key):
            raise Refused("release() raises AssertionError: only the thread that has acquired an RLock may release it")
        with self._semaphores(lock.key) as (semaphore,):
            most = {"Lock": 1, "RLock": 1, "BoundedSemaphore": self._observer.lock_tracker.initial(lock.key)}
            if semaphore.value >= most.get(lock.kind, semaphore.value + 1):
                raise Refused("release() raises ValueError: semaphore or lock released too many times")

    def _check_put(self, intervention: PutItem) -> None:
        channel = self._channel(intervention.key)
        if len(_pickled(intervention.literal)) > pipe_ends.MESSAGE_BYTES:
            raise Refused(f"the item has more than {pipe_ends.MESSAGE_BYTES} bytes, which a pipe takes in one piece")
        if channel.kind in QUEUES:
            with self._semaphores(channel.key):
                if channel.maxsize and channel.depth >= channel.maxsize:
                    raise Refused(f"{channel.name} is full: put(block=False) raises queue.Full")
        elif channel.kind != "Pipe":
            raise Refused("nothing can be sent through a connection to a listener from outside")
        elif any(wait.op == "send" and wait.key == channel.key for wait in self._waits()):
            raise Refused("a process is in the middle of a send() there, and a Pipe has no lock")

    def _waits(self) -> Iterator[Wait]:
        for process in self._world.processes.values():
            yield from process.waits

    # doing it

    def _do(self, intervention: Intervention) -> str:
        """Return a comment that says what came of it, where its Python does not. Raises Refused."""
        comment = ""
        cells, now = self._observer.user_cells, time.monotonic_ns()
        match intervention:
            case SetValue(key):
                self._set_value(intervention)
            case SetEvent(key):
                with self._semaphores(key) as (lock, *counts, flag), _held(lock, "the Event's internal lock"):
                    flag.acquire()
                    flag.release()
                    self._note_event(key, is_set=True)
                    _notify_all(*counts)
            case ClearEvent(key):
                with self._semaphores(key) as (lock, *_, flag), _held(lock, "the Event's internal lock"):
                    flag.acquire()
                    self._note_event(key, is_set=False)
            case AcquireLock(key):
                with self._semaphores(key) as (semaphore,):
                    if not semaphore.acquire():
                        raise Refused(_NOT_FREE)
                    cells.acquired(key, now)
            case ReleaseLock(key):
                with self._semaphores(key) as (semaphore,):
                    # Counted before the lock is free, so that no process seems to acquire it before.
                    cells.released(key)
                    semaphore.release()
            case PutItem(key):
                if self._channel(key).kind in QUEUES:
                    self._put(self._channel(key), intervention.literal)
                else:
                    self._send(self._channel(key), intervention)
            case DropItem(key):
                comment = f"  # {self._drop(self._channel(key))}"
        self._world.changes += 1
        return comment

    def _note_event(self, key: LockKey, *, is_set: bool) -> None:
        self._lock(key).value = int(is_set)
        if is_set:
            self._observer.user_cells.event_set(key)

    def _encoded(self, intervention: SetValue) -> tuple[int, bytes]:
        layout = self._observer.value_tracker.layout(intervention.key)
        if layout is None:
            raise Refused("its memory cannot be reached from here: no process has it any more, or /dev/shm is full")
        try:
            steps, value = parse(intervention.assignment)
            found = encode(layout, steps, value)
        except NotAssignable as error:
            raise Refused(str(error)) from error
        return found.offset, found.data

    def _set_value(self, intervention: SetValue) -> None:
        offset, data = self._encoded(intervention)
        value, cells = self._world.values[intervention.key], self._observer.user_cells
        with ExitStack() as stack:
            if value.lock is not None and self._is_reachable(value.lock):
                (lock,) = stack.enter_context(self._semaphores(value.lock))
                stack.enter_context(_held(lock, f"{value.name}.get_lock()"))
            cells.wrote(value.key, time.monotonic_ns())
            try:
                self._observer.value_tracker.write(value.key, offset, data)
            except OSError as error:
                raise Refused(f"its memory cannot be written: {error.strerror}") from error

    def _put(self, channel: Channel, text: str) -> None:
        """Do what `Queue.put(block=False)` and its feeder thread do."""
        with self._semaphores(channel.key) as semaphores, ExitStack() as undo:
            bound = semaphores[_BOUND] if len(semaphores) > _BOUND else None
            if bound is not None:
                if not bound.acquire():
                    raise Refused(f"{channel.name} is full: put(block=False) raises queue.Full")
                undo.callback(bound.release)
            if len(semaphores) > _UNFINISHED:
                unfinished = semaphores[_UNFINISHED]
                with _held(semaphores[_TASKS_LOCK], f"the lock of {channel.name}.task_done()"):
                    unfinished.release()
                undo.callback(unfinished.acquire)
            with _held(semaphores[_WRITE_LOCK], f"the writing lock of {channel.name}"):
                self._send_bytes(channel, channel.key, _pickled(text), is_socket=False)
            undo.pop_all()

    def _send(self, channel: Channel, intervention: PutItem) -> None:
        second = self._observer.channel_tracker.other_end(channel.key) if channel.duplex else channel.key
        inode = channel.key if intervention.end == 0 else second
        if inode is None:
            raise Refused("its other end is not known")
        self._send_bytes(channel, inode, _pickled(intervention.literal), is_socket=channel.duplex)

    def _send_bytes(self, channel: Channel, inode: int, data: bytes, *, is_socket: bool) -> None:
        try:
            pipe_ends.send(self._living_pids(), inode, data, is_socket=is_socket)
        except NotSent as error:
            raise Refused(str(error)) from error
        number = self._observer.user_cells.sent(inode)
        if channel.kind in ("Queue", "JoinableQueue"):
            self._record(Kind.PUT, inode, number, 0, b"")
        self._record_message(Kind.SENT, inode, number, data)

    def _drop(self, channel: Channel) -> str:
        """Do what `Queue.get(block=False)` does, and return the beginning of the item."""
        with self._semaphores(channel.key) as semaphores:
            with _held(semaphores[_READ_LOCK], f"the reading lock of {channel.name}"):
                try:
                    data = pipe_ends.take(self._living_pids(), channel.key)
                except NotSent as error:
                    raise Refused(str(error)) from error
            if len(semaphores) > _BOUND:
                semaphores[_BOUND].release()
        self._record_message(Kind.RECEIVED, channel.key, self._observer.user_cells.received(channel.key), data)
        return shorten(preview(data, len(data)), _MAX_DROPPED_CHARACTERS)

    def _record_message(self, kind: int, inode: int, number: int, data: bytes) -> None:
        head = data[:DIGEST]
        identity = records.message_identity(number, zlib.crc32(head, len(data) & 0xFFFFFFFF))
        self._record(kind, inode, len(data), identity, head[:PREVIEW])

    def _record(self, kind: int, inode: int, a: int, b: int, payload: bytes) -> None:
        now = time.monotonic_ns()
        tracker = self._observer.channel_tracker
        tracker.step_of_user(Record(now, 0, inode, a, b, 0, kind, payload), self._observer.seconds(now))
        tracker.publish()

    # the objects

    def _lock(self, key: LockKey) -> Lock:
        found = self._world.locks.get(key)
        if found is None:
            raise Refused("there is no such lock any more")
        return found

    def _channel(self, key: ChannelKey) -> Channel:
        found = self._world.channels.get(key)
        if found is None:
            raise Refused("there is no such queue or pipe any more")
        return found

    def _living_pids(self) -> list[int]:
        return [
            process.pid for process in self._world.processes.values() if process.pid is not None and process.state.alive
        ]

    @contextmanager
    def _semaphores(self, key: LockKey | ChannelKey) -> Generator[list[Semaphore]]:
        """Open the semaphores of an object. Raises Refused."""
        try:
            opened = self._observer.semaphores.open(key)
        except Unreachable as error:
            raise Refused(str(error)) from error
        try:
            yield opened
        finally:
            for semaphore in opened:
                semaphore.close()


@contextmanager
def _held(lock: Semaphore, name: str) -> Generator[None]:
    """Hold an internal lock. Raises Refused."""
    if not lock.acquire(LOCK_SECONDS):
        raise Refused(f"{name} is not free: a process has held it for {LOCK_SECONDS} s")
    try:
        yield
    finally:
        lock.release()


def _notify_all(sleeping: Semaphore, woken: Semaphore, wakes: Semaphore) -> None:
    """Do what `Condition.notify_all()` does, but wait for a limited time. Its lock is held.

    Raises Refused when a waiter does not wake: it then continues to wait as if it had not been notified.
    """
    while woken.acquire():  # those whose wait has timed out since the last time
        sleeping.acquire()
    sleepers = 0
    while sleeping.acquire():
        wakes.release()
        sleepers += 1
    asleep = 0
    for _ in range(sleepers):
        if asleep or not woken.acquire(WAKE_SECONDS):
            asleep += 1
            if wakes.acquire():
                sleeping.release()
            else:
                woken.acquire(WAKE_SECONDS)  # it has just taken it
                asleep -= 1
    if asleep:
        raise Refused(f"it is set, but {asleep} of {sleepers} waiters did not wake within {WAKE_SECONDS} s")
    while wakes.acquire():
        pass


def _pickled(text: str) -> bytes:
    try:
        return pickle.dumps(literal(text), _PICKLE_PROTOCOL)
    except NotAssignable as error:
        raise Refused(str(error)) from error


def _tidy(assignment: str) -> str:
    text = assignment.strip()
    return text if text.startswith((".", "[")) else f" {text}"
