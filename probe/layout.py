"""The journal's layout, shared by the probe that writes it and the observer that reads it.

One file a process, native byte order (both sides are on one machine):

    0       header      identity of the process, totals, and the reader's cursor
    4096    cells       one per object and thread: exact counts, and the operation that the thread is inside of
    ...     ring        fixed-size records; record n lies in slot n modulo RECORDS

A record ends with its stamp, its number plus one, which is written last: a slot whose stamp does not fit holds no
record yet. The writer never overtakes the reader's cursor, so nothing unread is overwritten; what finds no room is
counted.
"""

import struct

MAGIC = b"rockproc"
VERSION = 1

HEADER = 4096
"""Bytes of the header."""
IDENTITY = struct.Struct("@8sQQQQ")
"""magic, version, pid, parent's pid, birth (monotonic ns)."""
TOTALS = struct.Struct("@QQ")
"""records and cells without room, faults of the probe."""
TOTALS_AT = 64
CELLS_BACKED_AT = 128
"""How many cells have storage. Those that nobody uses yet are zeros, the last word but two of others is not."""
CURSOR = struct.Struct("@Q")
"""The number of the first record that the reader has not taken. This and the masks are all that the observer writes."""
CURSOR_AT = 256
RESUMED_AT = 320
"""The number of the last record that was written after others had found no room."""
CRASH_AT = 512
"""The first fault of the probe, as text, ended by a zero byte."""
CRASH_SIZE = 2048

WORDS = 12
"""64-bit words of a cell; see `Word`."""
CELLS = 4096
CELLS_AT = HEADER
CELL = struct.Struct("@%dQ" % WORDS)

RECORD = struct.Struct("@QQQqqQHHI64sQ")
"""time (monotonic ns), thread, object, a, b, site, kind, bytes of payload, token, payload, stamp."""
PAYLOAD = 64
RECORDS = 1 << 17
RING_AT = CELLS_AT + CELLS * CELL.size
SIZE = RING_AT + RECORDS * RECORD.size
"""The most that one process can take: 16 MiB and a little, allocated as it is needed."""

POOL, THREADS = 1 << 62, 1 << 61
"""Set a pool's key apart from that of the channel by which its workers get tasks, and one of threads from both."""

DIGEST = 256
"""How many bytes of a message tell it from others."""
PREVIEW = 4 * PAYLOAD
"""How many bytes of a message are kept."""


class Kind:
    """What a record says. `a`, `b` and the payload by kind; text fields are joined by zero bytes."""

    TEXT = 1
    """A piece of the payload of a later record with the same token."""
    FILE = 2
    """a: the number that stands for this file in sites; payload: its name."""
    BORN = 3
    """A process carries the probe. object: main thread; a: pid; b: parent's pid; payload: how, Python, argv."""
    HANDLE = 4
    """`Process(...)`. object: handle; payload: name, class, target, arguments, daemon, start method."""
    START = 5
    """`start()` begins. object: handle; payload as HANDLE."""
    STARTED = 6
    """`start()` returns. object: handle; a: pid; payload: start method."""
    BOOTSTRAP = 7
    """`_bootstrap()` in the child. object: handle; payload: name."""
    RUN = 8
    EXITING = 9
    """`run()` is over; finalizers and feeder threads are waited for. object: handle."""
    EXIT = 10
    """object: handle; a: exit code."""
    REAPED = 11
    """The parent has the exit status. a: pid; b: exit code, negative for a signal."""
    SIGNAL = 12
    """`terminate()` or `kill()`. object: handle; a: signal."""
    JOINED = 13
    """`join()` returned. object: handle; a: 1 when the child has ended, 0 after a time-out."""

    CELL_LEFT = 14
    """Its object has died: its words, before it becomes the cell of another. payload: them."""

    TAP_FAILED = 15
    """A tap does not fit this interpreter and is left out. payload: qualified name, reason."""

    CHANNEL = 20
    """object: inode; a: the other end's inode or 0; b: maxsize; payload: kind, part of a larger object or ''."""
    PUT = 21
    """Into a Queue's buffer. object: inode; a: its number among the process's."""
    SENT = 22
    """Into the pipe. object: inode; a: bytes; b: number among the thread's << 32 | digest; payload: the first bytes."""
    RECEIVED = 23
    """As SENT."""
    LOST = 24
    """The feeder thread could not pickle or send a message. object: inode; a: its number among those that the process
    has put; b: how many it has lost by now << 32 | how many just now, with those behind it; payload: error."""

    LOCK = 30
    """object: semaphore; a: initial value; b: its owner (a value's key, a Condition's or Event's), or 0;
    payload: kind, part."""
    ACQUIRED = 31
    """a: 1 when it had to wait; b: ns waited."""
    RELEASED = 32
    SET = 33
    """Event.set and Condition.notify, with a: 1; Event.clear, with a: 0."""
    WAITED = 34
    """Event.wait, Condition.wait, and an `acquire` that timed out. a: 1 unless it timed out; b: ns waited."""

    ARENA = 40
    """object: inode; a: bytes; payload: name in the session folder."""
    VALUE = 41
    """object: inode and offset; a: offset; b: size; payload: kind, type, layout."""
    READ = 42
    WRITE = 43
    LOCKED_BY = 44
    """object: value; a: its lock's key."""
    BARED = 45
    """Somebody has got what lies below a value's wrapper, where nothing is counted. object: value."""
    ARENA_LEFT = 46
    """Its maker has freed all that was in it. object: inode."""

    MANAGER = 50
    """A manager's server is up. object: its address; a: its pid; payload: class."""
    MANAGED = 51
    """A proxy is made. object: address and identity there; a: the address; payload: type."""
    METHOD = 52
    """a: the number that stands for a method, or for a function of a pool's task, in cells; payload: its name."""
    CALL = 53
    """A proxy's call has returned. a: ns; payload: method and arguments."""

    POOL = 60
    """A Pool or an executor is made. object: pool; a: workers it is to have; b: tasks that each may run, 0 for any
    number; payload: kind."""
    WORKER = 61
    """A pool has got a worker. object: pool; a: its handle, or 0 for a thread; b: the thread, or 0; payload: name."""
    TASK = 62
    """A worker has taken up tasks. object: pool; a: how many it has taken up by now; b: how many of them just now;
    payload: the first call, as written."""
    FAILED = 63
    """A task has raised. object: pool; a: how many tasks the worker has taken up by now; payload: exception."""
    CLOSED = 64
    """object: pool; a: see `Closed`."""
    BROKEN = 65
    """An executor gives up, since a worker has ended. object: pool; a: that worker's handle."""

    SEGMENT = 70
    """A SharedMemory is opened. object: inode << 32 | 1; a: bytes; b: see `Opened`; payload: kind, name."""
    SEGMENT_CLOSED = 71
    SEGMENT_UNLINKED = 72
    SEGMENT_LENT = 73
    """A manager has made it, and will unlink it. a: the manager's address."""
    STATE = 75
    """What a manager's object holds. object: as MANAGED; a: calls that it has answered; b: its number in the server,
    which is given only once; payload: text."""
    AWAITED = 74
    """Objects for which threads wait together. object: their number in cells; a: how many; payload: the first of them,
    by a letter for Connection, process or type and its key or name."""


class Closed:
    """How a pool ends."""

    CLOSED = 1
    """`close()` or `shutdown()`: what has been submitted will be done."""
    TERMINATED = 2
    """What its workers are at is given up, and they are ended."""
    BROKEN = 3
    """A worker has ended, and the executor ends the others."""


class Opened:
    """How a process came to have a segment open."""

    ATTACHED = 0
    MADE = 1
    INHERITED = 2
    """By a fork."""


class Word:
    """What the words of a cell are.

    A cell counts one object's operations in one process, for most kinds in one thread. The observer sets the mask, by
    the rate at which it sees the counts grow: operation number n leaves a record when n & mask is 0.
    """

    KEY = 0
    THREAD = 1
    A = 2
    B = 3
    C = 4
    """Three counts; see `What`."""
    BYTES = 5
    SINCE = 6
    """When the operation began that the thread is inside of, in monotonic ns; for a lock, when it was taken."""
    SITE = 7
    OP = 8
    WHAT = 9
    MASK = 10
    NUMBER = 11
    """The number of the operation that SINCE and SITE are of."""


class Op:
    """What a thread is inside of, in a cell."""

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
"""Of those in which a thread waits: a worker with a task runs."""


class What:
    """The kind of object that a cell counts for; it gives the three counts their meaning."""

    CHANNEL = 1
    """put into a buffer, received, sent into the pipe."""
    LOCK = 2
    """acquired, unused, released: whoever does that has the lock, so all threads of a process share this cell."""
    WAIT = 3
    """A thread that has to wait for a lock. unused, waits after which it had it, waits that timed out."""
    SIGNAL = 4
    """Event, Condition, Barrier: set or notified, waits that ended, and how many of these by timing out."""
    VALUE = 5
    """reads, writes, and how many of these took the lock by its own tap, which has counted them too.

    SINCE and SITE are of the last write that left a record.
    """
    PROCESS = 6
    """joins, unused, unused."""
    MANAGED = 7
    """calls, calls that raised, unused."""
    POOL = 8
    """submitted, failed before a worker had them, cancelled. Tasks: each item of a `map` is one."""
    AWAIT = 9
    """A thread that waits for several objects at once; KEY is their number. unused, unused, unused."""
    WORKER = 10
    """A thread that serves a pool: tasks done, failed, taken up.

    The first task of a chunk that fails is the last that is run, so those after it stay neither done nor failed.
    """
