"""The contents of records: a class with typed fields for each kind, which the probe packs and the observer unpacks.

Fields that are numbers are declared first. The first two of them are the words `a` and `b` of the record, further ones
begin its payload. Texts, bytes and tuples follow, each but the last behind its length, so that any text can stand in
any field.

Records of single operations are written on hot paths, which hand these words to `journal.operation` one by one and
make no object. A test compares what they write with what `pack` gives.
"""

from __future__ import annotations

import struct
from _operator import itemgetter

from .layout import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` takes milliseconds to import, and the program would find it in `sys.modules`.
    from typing import Any, ClassVar, Protocol

    from typing_extensions import Self, dataclass_transform

    class Packed(Protocol):
        """A record as the observer's reader returns it, as far as `unpack` needs it."""

        @property
        def a(self) -> int: ...
        @property
        def b(self) -> int: ...
        @property
        def payload(self) -> bytes: ...

    class Tuple:
        """A tuple to everybody but the checker, for which the fields of `Content` are attributes."""

        def __getitem__(self, place: int | slice) -> Any: ...
        def __len__(self) -> int: ...
else:
    Tuple = tuple

    def dataclass_transform(**_options):
        return lambda cls: cls


_LENGTH = struct.Struct("@I")
_NUMBER = struct.Struct("@q")
_NUMBERS = ("int", "bool")


class TruncatedRecord(ValueError):
    """The payload of a record is shorter than its own length fields say."""


@dataclass_transform(frozen_default=True)
class Content(Tuple):
    """The content of a record, apart from its time, its thread, the key of its object and its line."""

    KIND = 0
    _fields: ClassVar[tuple[tuple[str, str], ...]] = ()
    """The name and type of each field."""
    _count: ClassVar[int] = 0
    """The number of fields that are numbers."""
    _further: ClassVar[struct.Struct] = struct.Struct("@")
    """The format of the numbers that are in the payload."""

    if not TYPE_CHECKING:

        def __new__(cls, *values):
            return tuple.__new__(cls, values)

    def __init_subclass__(cls) -> None:
        own = cls.__dict__.get("__annotations__", {})  # noqa: RUF063 (Python 3.8 has no `inspect.get_annotations`)
        if own:
            cls._fields = fields = (*cls._fields, *own.items())
            cls._count = count = sum([kind in _NUMBERS for _, kind in fields])
            if count > 2:
                cls._further = struct.Struct("@%dq" % (count - 2))
            for position, (name, _) in enumerate(fields):
                setattr(cls, name, property(itemgetter(position)))

    def pack(self) -> tuple[int, int, bytes]:
        """The words `a` and `b` of the record, and its payload."""
        count = self._count
        payload = self._further.pack(*self[2:count]) if count > 2 else b""
        if len(self) > count:
            for part in self[count:-1]:
                data = _encode(part)
                payload += _LENGTH.pack(len(data)) + data
            payload += _encode(self[-1])
        return self[0] if count else 0, self[1] if count > 1 else 0, payload

    @classmethod
    def unpack(cls, record: Packed) -> Self:
        """The content of a record of this kind; raises TruncatedRecord when its payload is shorter than it must be."""
        count, payload = cls._count, record.payload
        try:
            words = (record.a, record.b, *cls._further.unpack_from(payload))
            numbers = [word != 0 if kind == "bool" else word for (_, kind), word in zip(cls._fields[:count], words)]
            return cls(*numbers, *_parts(cls._fields[count:], payload, cls._further.size))
        except struct.error as error:
            raise TruncatedRecord("a record of kind %d is cut: %s" % (cls.KIND, error)) from None


def _parts(fields, payload, at):
    """Yield the texts, bytes and tuples of a payload from an offset on."""
    for name, kind in fields[:-1]:
        begin = at + _LENGTH.size
        at = begin + _LENGTH.unpack_from(payload, at)[0]
        if at > len(payload):
            raise struct.error("%s has no end" % name)
        yield _decode(kind, payload[begin:at])
    for _, kind in fields[-1:]:
        yield _decode(kind, payload[at:])


def _encode(value) -> bytes:
    """Encode a value. Undecodable bytes of file names are kept; other lone surrogates become question marks."""
    if isinstance(value, str):
        try:
            return str.encode(value, "utf-8", "surrogateescape")
        except UnicodeEncodeError:
            return str.encode(value, "utf-8", "replace")
    if isinstance(value, bytes):
        return value
    items = [_NUMBER.pack(item) if isinstance(item, int) else _encode(item) for item in value]
    return b"".join([_LENGTH.pack(len(item)) + item for item in items])


def _decode(kind, part):
    if kind == "bytes":
        return part
    if kind == "str":
        return part.decode("utf-8", "replace")
    items = []
    while part:
        end = _LENGTH.size + _LENGTH.unpack_from(part)[0]
        items.append(part[_LENGTH.size : end])
        part = part[end:]
    return tuple([_NUMBER.unpack(item)[0] if "int" in kind else item.decode("utf-8", "replace") for item in items])


# what a process is, and what it meets


class File(Content):
    """A number that stands for a source file in the sites of this journal. Has no object."""

    KIND = Kind.FILE
    number: int
    path: bytes
    """The name as the file system has it; see `os.fsdecode`."""


class Label(Content):
    """A number that stands for a method of proxies, or for a function of a pool's tasks, in cells. Has no object."""

    KIND = Kind.METHOD
    number: int
    name: str


class Awaited(Content):
    """Several objects for which threads wait together. The key is the number that cells have for them."""

    KIND = Kind.AWAITED
    count: int
    kinds: tuple[int, ...]
    """The kinds of the first objects: `CellKind.CHANNEL`, `CellKind.PROCESS`, or 0 for anything else."""
    keys: tuple[int, ...]
    """Their keys; 0 for anything else."""
    types: tuple[str, ...]
    """The names of their types."""


class CellLeft(Content):
    """An object has died in a living process, and its cell will be reused. The key is that of the object."""

    KIND = Kind.CELL_LEFT
    words: bytes
    """The cell as it was; see `layout.CELL`."""


class TapFailed(Content):
    """A tap does not fit the interpreter and is left out. Has no object."""

    KIND = Kind.TAP_FAILED
    name: str
    """The qualified name of the function of the standard library."""
    reason: str


# processes. The key is that of the handle: the maker's pid << 32 and its number there


class ProbeStarted(Content):
    """The probe has begun in a process. The key is the ident of its main thread."""

    KIND = Kind.PROBE_STARTED
    pid: int
    parent_pid: int
    how: str
    """`exec`, `fork`, or `attach` for a process that had begun without the probe."""
    python: str
    """The version: `3.12.1`."""
    executable: str
    arguments: tuple[str, ...]


class Handle(Content):
    """`Process(...)` has made a handle."""

    KIND = Kind.HANDLE
    daemon: bool
    name: str
    class_name: str
    target: str
    """The qualified name of the function; empty without one."""
    arguments: str
    """The arguments as source code."""
    start_method: str
    """Empty where it is not known yet."""


class Start(Handle):
    """`start()` begins."""

    KIND = Kind.START


class Started(Content):
    """`start()` returns."""

    KIND = Kind.STARTED
    pid: int
    start_method: str
    """Empty where the program starts processes by a class of its own."""


class Bootstrap(Content):
    """`_bootstrap()` begins in the child."""

    KIND = Kind.BOOTSTRAP
    name: str


class Run(Content):
    """`run()` begins in the child."""

    KIND = Kind.RUN


class Exiting(Content):
    """`run()` is over; finalizers and feeder threads are waited for."""

    KIND = Kind.EXITING


class Exit(Content):
    """The child is about to end."""

    KIND = Kind.EXIT
    exit_code: int


class Reaped(Content):
    """The parent has the exit status of a child. Has no object."""

    KIND = Kind.REAPED
    pid: int
    exit_code: int
    """Negative for a signal."""


class Launched(Content):
    """`subprocess.Popen` has started a program, or multiprocessing its resource tracker. Has no object."""

    KIND = Kind.LAUNCHED
    pid: int
    followed: bool
    """It is observed, too, if it is a Python."""
    arguments: tuple[str, ...]
    """The first words of its command line, each cut at a length."""


class Subinterpreter(Content):
    """The program has created another interpreter in this process, which is not observed. Has no object."""

    KIND = Kind.SUBINTERPRETER


class Signal(Content):
    """`terminate()` or `kill()` is called."""

    KIND = Kind.SIGNAL
    number: int


class SignalHandler(Content):
    """The program has set a handler of a signal. The key is the signal's number."""

    KIND = Kind.SIGNAL_HANDLER
    is_python: bool
    """A function of Python, and not one of C, the default or to ignore it."""
    site: int
    """The line at which the function is defined."""
    name: str


class PassedObjects(Content):
    """A process gets objects of multiprocessing with its arguments or attributes."""

    KIND = Kind.PASSED_OBJECTS
    keys: tuple[int, ...]


class Raised(Content):
    """`run()` has ended with an exception."""

    KIND = Kind.RAISED
    unused: int
    site: int
    """The innermost line of the program in its traceback."""
    error: str


class InLibrary(Content):
    """An object is about to be announced that a library makes; the line of its announcement is the program's own."""

    KIND = Kind.IN_LIBRARY
    site: int
    """The line of the library that makes it."""


class ExitCodeRead(Content):
    """The program has read `Process.exitcode`."""

    KIND = Kind.EXITCODE_READ


class Joined(Content):
    """`join()` returns."""

    KIND = Kind.JOINED
    ended: bool
    """False after a time-out."""


# channels. The key is the inode of the reading end


class Channel(Content):
    """A Queue, a Pipe or a connection is made."""

    KIND = Kind.CHANNEL
    other_end: int
    """The inode of the other end of a duplex Pipe; otherwise 0."""
    max_size: int
    """Items that a Queue may hold; 0 for any number."""
    kind: str
    """The name of its class; `Connection` for one to a listener, and `Pipe` for others."""
    maker: str
    """The function of the standard library that makes it for a larger object, as `pool.__init__`; otherwise empty."""
    maker_line: str
    """The file and line of that function where it makes the channel, as `…/pool.py:191`."""
    address: str
    """The address at which the listener of a connection listens."""


class Put(Content):
    """An item has gone into the buffer of a Queue."""

    KIND = Kind.PUT
    number: int
    """Its number among those that the process has put."""


class Sent(Content):
    """A message has gone into the pipe."""

    KIND = Kind.SENT
    size: int
    """Bytes."""
    identity: int
    """See `message_identity`."""
    head: bytes
    """The first bytes."""


class Received(Sent):
    """A message has come out of the pipe."""

    KIND = Kind.RECEIVED


class SendEnded(Content):
    """`send()` of a message that may be written in pieces has ended."""

    KIND = Kind.SEND_ENDED
    size: int
    """Bytes."""
    duration: int
    """Nanoseconds since it began."""


class Lost(Content):
    """The feeder thread of a Queue could not pickle or send an item."""

    KIND = Kind.LOST
    number: int
    """Its number among those that the process has put."""
    total: int
    """Items that the process has lost by now."""
    count: int
    """Items that it has lost just now, with those behind the first one."""
    error: str


def signed(key: int) -> int:
    """Return a key of 64 bits as the signed number that a record can hold."""
    return key - (1 << 64) if key >> 63 else key


_NUMBER_BITS = 0x7FFFFFFF
_DIGEST_BITS = 32
DIGEST_MASK = (1 << _DIGEST_BITS) - 1
"""The part of a message's identity that does not depend on its number."""


def message_identity(number: int, digest: int) -> int:
    """Return a number that identifies a message at both of its ends.

    number: among those that the thread has sent or received. digest: 32 bits, of its first bytes and its length.
    """
    return (number & _NUMBER_BITS) << _DIGEST_BITS | digest


def message_number(identity: int) -> int:
    return identity >> _DIGEST_BITS


# locks. The key is that of the semaphore


class Lock(Content):
    """A Lock, RLock, semaphore, Condition, Event or Barrier was created."""

    KIND = Kind.LOCK
    initial: int
    """The value with which it begins; the parties of a Barrier."""
    inner_lock: int
    """The key of the lock that is a part of it; otherwise 0."""
    kind: str
    maker: str
    """The same as in `Channel`."""


class Semaphores(Content):
    """The semaphores of a lock, Event or queue that was made here: the addresses at which they are mapped.

    A lock or semaphore has one. The order of an Event's is lock, sleeping count, woken count and wait semaphore of its
    Condition, and its flag. The order of a queue's is read lock, write lock, bound, and for a JoinableQueue its
    unfinished tasks and the lock of its Condition; a SimpleQueue has no bound.
    """

    KIND = Kind.SEMAPHORES
    addresses: tuple[int, ...]


class Acquired(Content):
    """A lock has been acquired."""

    KIND = Kind.ACQUIRED
    may_give_up: bool
    """It was acquired with a time-out or without blocking, so that the program may do without it."""
    waited_ns: int


class Released(Content):
    """A lock is about to be released."""

    KIND = Kind.RELEASED


class Set(Content):
    """`Event.set` or `Condition.notify`, or `Event.clear`."""

    KIND = Kind.SET
    is_set: bool
    """False for `clear`."""


class Waited(Content):
    """`Event.wait` or `Condition.wait` has returned, or an `acquire` has timed out."""

    KIND = Kind.WAITED
    succeeded: bool
    waited_ns: int


# shared memory. The key is the lower half of the inode << 32 and the offset


class Arena(Content):
    """A file behind Values and Arrays is made. The key is its inode."""

    KIND = Kind.ARENA
    size: int
    """Bytes."""
    name: bytes
    """In the session folder; see `os.fsdecode`."""


class ArenaLeft(Content):
    """The creator of an arena has freed all memory in it. The key is its inode."""

    KIND = Kind.ARENA_LEFT


class Value(Content):
    """A Value or an Array is made."""

    KIND = Kind.VALUE
    offset: int
    size: int
    """Bytes."""
    kind: str
    type_name: str
    layout: str
    """The description by which its bytes are decoded; see `sharedctypes._layout`."""


class Read(Content):
    """A Value or an Array has been read."""

    KIND = Kind.READ


class Write(Content):
    """A Value or an Array is being written."""

    KIND = Kind.WRITE
    updates: bool
    """The process has read it before, and it is known which locks the thread holds."""
    locks: tuple[int, ...]
    """Their keys. Empty where the write updates nothing."""


class Overwrite(Content):
    """This process overwrites what others have written since it read the Value."""

    KIND = Kind.OVERWRITE
    locks_known: bool
    unread: int
    """The number of writes that are overwritten without having been read."""
    locks: tuple[int, ...]
    """Keys of the locks that the thread holds, where they are known."""


class LockedBy(Content):
    """A Value or an Array has a lock."""

    KIND = Kind.LOCKED_BY
    lock: int
    """Its key."""


class Unwrapped(Content):
    """The program has got the object below the wrapper of a Value, whose reads and writes are not counted."""

    KIND = Kind.UNWRAPPED


class Segment(Content):
    """A SharedMemory is opened. The key is the lower half of the inode << 32 and 1."""

    KIND = Kind.SEGMENT
    size: int
    """Bytes."""
    how: int
    """See `layout.Opened`."""
    kind: str
    """`SharedMemory` or `ShareableList`."""
    name: bytes
    """The name that the operating system knows; see `os.fsdecode`."""


class SegmentClosed(Content):
    """A SharedMemory is closed."""

    KIND = Kind.SEGMENT_CLOSED


class SegmentUnlinked(Content):
    """A SharedMemory is unlinked, or `unlink()` has found that its name was gone."""

    KIND = Kind.SEGMENT_UNLINKED
    was_gone: bool


class SegmentLent(Content):
    """A manager has made a SharedMemory, and will unlink it."""

    KIND = Kind.SEGMENT_LENT
    manager: int
    """The key of the manager."""


# managers. The key of an object is the key of its manager << 32 and its identity there


class Manager(Content):
    """The server of a manager has started. The key stands for its address."""

    KIND = Kind.MANAGER
    pid: int
    class_name: str


class Managed(Content):
    """A proxy is made where its object is made."""

    KIND = Kind.MANAGED
    manager: int
    """The key of the manager."""
    type_name: str


class Call(Content):
    """A call of a proxy has returned."""

    KIND = Kind.CALL
    duration_ns: int
    number: int
    """The number of calls of this object by this thread that have returned."""
    call: str
    """The method and its arguments."""


class State(Content):
    """The state of an object as its server knows it."""

    KIND = Kind.STATE
    calls: int
    """Calls that the object has answered."""
    number: int
    """The number of the object in the server: it is given only once, unlike the key."""
    holder_pid: int
    """The process that holds a lock; 0 if none does, and where the server does not know (a client on a network)."""
    by_main_thread: bool
    """The main thread of that process holds it."""
    text: str
    """The content of the object."""


# pools


class Pool(Content):
    """A Pool or an executor is made."""

    KIND = Kind.POOL
    workers: int
    task_limit: int
    """Tasks that each worker may run; 0 for any number."""
    kind: str


class Worker(Content):
    """A pool has got a worker."""

    KIND = Kind.WORKER
    handle: int
    """The key of its process; 0 for a thread."""
    thread: int
    """Its ident; 0 for a process."""
    name: str


class Task(Content):
    """A worker has taken up tasks."""

    KIND = Kind.TASK
    taken_up: int
    """Tasks that it has taken up by now."""
    count: int
    """Tasks that it has taken up just now."""
    call: str
    """The first of them, as the program would write it."""


class Failed(Content):
    """A task has raised."""

    KIND = Kind.FAILED
    taken_up: int
    """Tasks that the worker has taken up by now."""
    error: str


class Closed(Content):
    """A pool accepts no more tasks."""

    KIND = Kind.CLOSED
    how: int
    """See `layout.Closed`."""


class Broken(Content):
    """An executor is broken, since a worker has ended."""

    KIND = Kind.BROKEN
    worker: int
    """The key of that worker's process."""


class HandsOver(Content):
    """This thread hands over the results of an executor and runs the callbacks of its futures."""

    KIND = Kind.HANDS_OVER


class NotHandedOver(Content):
    """The thread of a pool that hands over results got an exception. The site is the line of the program."""

    KIND = Kind.NOT_HANDED_OVER
    by_callback: bool
    """True if a callback raised it; otherwise the thread could not read a result, and has ended."""
    error: str
