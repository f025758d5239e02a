"""The journal's layout, shared by the probe that writes it and the observer that reads it.

There is one file per process, in native byte order (both sides are on one machine):

    0       header      identity of the process, totals, and the reader's cursor
    4096    cells       one per object and thread: exact counts, and the operation that the thread is inside of
    ...     ring        fixed-size records; record n lies in slot n modulo RECORDS

A record ends with its stamp, its number plus one, which is written last: a slot whose stamp does not fit holds no
record yet. The writer never overtakes the reader's cursor, so nothing unread is overwritten; what finds no room is
counted.
"""

from __future__ import annotations

import struct

MAGIC = b"rockproc"
VERSION = 1

HEADER = 4096
"""Bytes of the header."""
IDENTITY = struct.Struct("@8sQQQQ")
"""The fields: magic, version, pid, parent's pid, birth (monotonic ns)."""
TOTALS = struct.Struct("@QQ")
"""The fields: records and cells without room, faults of the probe."""
TOTALS_AT = 64
CELLS_BACKED_AT = 128
"""The offset of the number of cells that have storage. An unused cell is all zeros; a used one has its kind."""
CURSOR = struct.Struct("@Q")
"""The field: the number up to which all records were read. The observer writes only this and the masks."""
CURSOR_AT = 256
RESUMED_AT = 320
"""The number of the last record that was written after others had found no room."""
CRASH_AT = 512
"""The first fault of the probe, as text, ended by a zero byte."""
CRASH_SIZE = 2048

WORDS = 12
"""64-bit words of a cell; see `KEY_WORD` and those that follow."""
CELLS = 4096
CELLS_AT = HEADER
CELL = struct.Struct("@%dQ" % WORDS)

RECORD = struct.Struct("@QQQqqQHHI64sQ")
"""The fields: time (monotonic ns), thread, object, a, b, site, kind, bytes of payload, token, payload, stamp."""
PAYLOAD = 64
RECORDS = 1 << 17
RING_AT = CELLS_AT + CELLS * CELL.size
SIZE = RING_AT + RECORDS * RECORD.size
"""The largest size of a journal: a little more than 16 MiB, allocated as needed."""
CHUNK = 512
"""The number of records that the writer gives storage at once, and that lose it together when all have been read."""

POOL, THREADS = 1 << 62, 1 << 61
"""Bits that distinguish a pool's key from the key of its task channel, and the key of a thread pool from both."""

ATOMIC_WRITE_BYTES = 4096
"""The largest number of bytes that Linux writes into a pipe atomically (PIPE_BUF)."""
DIGEST = 256
"""The number of bytes at the beginning of a message from which its digest is computed."""
PREVIEW = 4 * PAYLOAD
"""The number of bytes at the beginning of a message that its records hold."""


class Kind:
    """The kind of a record; `records` has a class for each that says what such a record holds."""

    TEXT = 1
    """A piece of the payload of a later record with the same token."""
    FILE = 2
    PROBE_STARTED = 3
    HANDLE = 4
    START = 5
    STARTED = 6
    BOOTSTRAP = 7
    RUN = 8
    EXITING = 9
    EXIT = 10
    REAPED = 11
    SIGNAL = 12
    JOINED = 13
    CELL_LEFT = 14
    TAP_FAILED = 15
    LAUNCHED = 16
    SUBINTERPRETER = 17

    CHANNEL = 20
    PUT = 21
    SENT = 22
    RECEIVED = 23
    LOST = 24
    SEND_ENDED = 25

    LOCK = 30
    ACQUIRED = 31
    RELEASED = 32
    SET = 33
    WAITED = 34

    ARENA = 40
    VALUE = 41
    READ = 42
    WRITE = 43
    LOCKED_BY = 44
    UNWRAPPED = 45
    ARENA_LEFT = 46
    OVERWRITE = 47

    MANAGER = 50
    MANAGED = 51
    METHOD = 52
    CALL = 53

    POOL = 60
    WORKER = 61
    TASK = 62
    FAILED = 63
    CLOSED = 64
    BROKEN = 65
    NOT_HANDED_OVER = 66
    HANDS_OVER = 67

    SEGMENT = 70
    SEGMENT_CLOSED = 71
    SEGMENT_UNLINKED = 72
    SEGMENT_LENT = 73
    SIGNAL_HANDLER = 76
    PASSED_OBJECTS = 77
    RAISED = 79
    EXITCODE_READ = 80
    SEMAPHORES = 78
    IN_LIBRARY = 81
    AWAITED = 74
    STATE = 75


class Closed:
    """The ways in which a pool ends."""

    CLOSED = 1
    """`close()` or `shutdown()`: what has been submitted will be done."""
    TERMINATED = 2
    """`terminate()`: its workers are ended, whatever they run."""
    BROKEN = 3
    """A worker has ended, and the executor ends the others."""


class Opened:
    """The way in which a process came to have a segment open."""

    ATTACHED = 0
    MADE = 1
    INHERITED = 2
    """Open since a fork, from its parent."""


# The words of a cell.
#
# A cell counts one object's operations in one process, for most kinds in one thread. The observer sets the mask, by the
# rate at which it sees the counts grow: operation number n leaves a record when n & mask is 0.
#
# They are global names of the module, since that is fastest for the hot functions of the probe.

KEY_WORD = 0
THREAD_WORD = 1
FIRST_COUNT = 2
SECOND_COUNT = 3
THIRD_COUNT = 4
"""Three counts, whose meaning depends on the kind of object; see `COUNTS`."""
BYTES_WORD = 5
LABEL_WORD = 5
"""The number of the method that a proxy calls, or of the function that a worker runs."""
OVERWRITTEN_WORD = 5
"""The number of writes that a Value's content lacks because of this process: a signed difference."""
ASKED_WORD = 5
"""The number of a pool's results that the program has asked for, by `result()`, `get()` or an error callback."""
SINCE_WORD = 6
"""The start of the operation that the thread is inside of, in monotonic ns; for a lock, when it was acquired."""
SITE_WORD = 7
OP_WORD = 8
CELL_KIND_WORD = 9
MASK_WORD = 10
NUMBER_WORD = 11
"""The number of the operation that SINCE and SITE are of; of a worker, how many tasks it runs.

In the cell of a thread that uses a channel: how many of its operations gave up or raised, and from bit `TASKS_BIT` on
how often it has called `task_done()`; at an end of a Pipe, how often its calls of `poll()` without a time-out have
found nothing. In the cell of a thread that waits for several objects: how many waits for these objects have timed out.
"""
TASKS_BIT = 32


class Op:
    """The operation that a thread is inside of, as its cell has it."""

    NONE = 0
    PUT = 1
    GET = 2
    SEND = 3
    RECV = 4
    POLL = 5
    ACQUIRE = 6
    WAIT = 7
    JOIN = 8
    FEED = 9
    """The feeder thread of a Queue is writing into the pipe."""
    FLUSH = 10
    """A process that ends waits for the feeder thread of a Queue."""
    NOTIFY = 11
    SET = 12
    CALL = 13
    """A proxy waits for its manager; BYTES is the number of the method."""
    TASK = 14
    """A worker of a pool runs NUMBER tasks; BYTES is the number of their function."""
    RESULT = 15
    """A thread waits for results of a pool."""
    ACCEPT = 17
    CONNECT = 18

    TIMED = 1 << 32
    """Added to the operation when it has a time-out, and so ends by itself."""
    NESTED = 1 << 34
    """Added to `SET` when the thread is inside of `wait()` of the same Event: a signal handler has called it."""
    IN_PIECES = 1 << 33
    """Added to `SEND` when the message is longer than `ATOMIC_WRITE_BYTES`, so that it may be written in pieces."""


OP_NAMES = {
    Op.PUT: "put",
    Op.GET: "get",
    Op.SEND: "send",
    Op.RECV: "recv",
    Op.POLL: "poll",
    Op.ACQUIRE: "acquire",
    Op.WAIT: "wait",
    Op.JOIN: "join",
    Op.FEED: "feed",
    Op.FLUSH: "flush",
    Op.NOTIFY: "notify",
    Op.SET: "set",
    Op.CALL: "call",
    Op.RESULT: "result",
    Op.ACCEPT: "accept",
    Op.CONNECT: "connect",
}
"""The names of the operations in which a thread waits. `TASK` is not among them: a worker with a task runs."""


class CellKind:
    """The kind of object that a cell counts for; see `COUNTS` for what it counts."""

    CHANNEL = 1
    """One end of a channel, and one thread."""
    LOCK = 2
    """A lock. Only its holder changes the counts, so all threads of a process share this cell."""
    WAIT = 3
    """A thread that waits for a lock."""
    SIGNAL = 4
    """An Event, Condition or Barrier, and one thread."""
    VALUE = 5
    """A Value or Array. SINCE and SITE are of the last write that left a record."""
    PROCESS = 6
    """A thread that joins processes: KEY is that of the process which it joins now."""
    MANAGED = 7
    """An object of a manager, and one thread that calls it."""
    POOL = 8
    """A pool, and one thread that submits tasks. Each item of a `map` is a task."""
    AWAIT = 9
    """A thread that waits for several objects at once; KEY is their number."""
    WORKER = 10
    """A thread that serves a pool.

    The first task of a chunk that fails is the last that is run, so those after it stay neither done nor failed.
    """


CHANNEL_PUT = FIRST_COUNT
"""Items put into the buffer of a Queue."""
CHANNEL_RECEIVED = SECOND_COUNT
CHANNEL_SENT = THIRD_COUNT
"""Messages sent into the pipe."""

LOCK_ACQUIRED = FIRST_COUNT
LOCK_RELEASED = THIRD_COUNT

WAIT_SUCCEEDED = SECOND_COUNT
WAIT_TIMED_OUT = THIRD_COUNT

SIGNAL_SET = FIRST_COUNT
"""Times that an Event was set, or a Condition notified."""
SIGNAL_WAITED = SECOND_COUNT
"""Waits that have ended."""
SIGNAL_TIMED_OUT = THIRD_COUNT
"""The number of these waits that have timed out."""
SIGNAL_ASKED = BYTES_WORD
"""The number of calls of `is_set()` of an Event, or of `empty()` of a Queue without an item, which leave no record.

In the cell of a thread that waits for a lock: the number of calls of `acquire(False)` that have failed."""

VALUE_READS = FIRST_COUNT
VALUE_WRITES = SECOND_COUNT
VALUE_LOCKED = THIRD_COUNT
"""The number of reads and writes that have acquired the lock through its own tap, which has counted that as well."""

WAITS_ENDED = FIRST_COUNT
"""Waits for several objects that have ended by one of them, or that were the first ones for other objects."""

PROCESS_JOINED = FIRST_COUNT

MANAGED_CALLS = FIRST_COUNT
MANAGED_FAILED = SECOND_COUNT
"""Calls that raised an exception; `MANAGED_CALLS` does not include them."""

POOL_SUBMITTED = FIRST_COUNT
POOL_UNSENT = SECOND_COUNT
"""Tasks that failed before a worker received them."""
POOL_CANCELLED = THIRD_COUNT
"""Cancelled tasks, which only an executor has."""
POOL_IMAPS = THIRD_COUNT
"""Calls of a Pool's `imap()`. From bit `IMAP_READ_BIT` on: those whose iterable was read to the end."""
IMAP_READ_BIT = 32

WORKER_DONE = FIRST_COUNT
WORKER_FAILED = SECOND_COUNT
WORKER_TAKEN_UP = THIRD_COUNT


class Ended:
    """The part of a cell that the observer keeps after its process has ended."""

    NOTHING = 0
    SUM = 1
    """The sum of the counts, by object."""
    SUM_AND_LAST_WRITE = 2
    """The sum, and the process, time and line of the last write."""
    SUM_UNLESS_HELD = 3
    """The sum, by object and kind of cell; a cell by which a process still holds a lock is kept as it is."""


class Counts:
    """The counts in the cells of one kind of object, and their treatment.

    operations: the words that count operations which may each leave a record. records: the kinds of these records.
    ended: what is kept after the process has ended; see `Ended`.
    """

    __slots__ = ("ended", "operations", "records")

    def __init__(
        self, operations: tuple[int, ...] = (), records: tuple[int, ...] = (), ended: int = Ended.NOTHING
    ) -> None:
        self.operations = operations
        self.records = records
        self.ended = ended


COUNTS = {
    CellKind.CHANNEL: Counts(
        (CHANNEL_PUT, CHANNEL_RECEIVED, CHANNEL_SENT), (Kind.PUT, Kind.RECEIVED, Kind.SENT), Ended.SUM
    ),
    CellKind.LOCK: Counts((LOCK_ACQUIRED, LOCK_RELEASED), (Kind.ACQUIRED, Kind.RELEASED), Ended.SUM_UNLESS_HELD),
    # A wait that has succeeded is counted by the cell of the lock.
    CellKind.WAIT: Counts((WAIT_TIMED_OUT,), (Kind.WAITED,), Ended.SUM_UNLESS_HELD),
    CellKind.SIGNAL: Counts((SIGNAL_SET, SIGNAL_WAITED), (Kind.SET, Kind.WAITED), Ended.SUM_UNLESS_HELD),
    CellKind.VALUE: Counts((VALUE_READS, VALUE_WRITES), (Kind.READ, Kind.WRITE), Ended.SUM_AND_LAST_WRITE),
    CellKind.PROCESS: Counts((PROCESS_JOINED,), (Kind.JOINED,)),
    CellKind.MANAGED: Counts((MANAGED_CALLS, MANAGED_FAILED), (Kind.CALL,), Ended.SUM),
    CellKind.POOL: Counts(ended=Ended.SUM),  # Tasks travel by channels, which count them.
    CellKind.AWAIT: Counts(),
    CellKind.WORKER: Counts(ended=Ended.SUM),
}
"""The counts of each kind of object (`CellKind`)."""
OPERATION_RECORDS = frozenset([kind for counts in COUNTS.values() for kind in counts.records])
"""The kinds of records of single operations, which cells count as well."""
