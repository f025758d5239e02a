"""multiprocessing/connection.py: Pipe, Connection, and connections to listeners (CPython 3.8 to 3.15)."""

import binascii
import copyreg
import os

from .. import journal, records
from ..cells import Tap, UnrecordedCell
from ..journal import count_fault, get_ident, now
from ..layout import (
    ATOMIC_WRITE_BYTES,
    BYTES_WORD,
    CHANNEL_RECEIVED,
    CHANNEL_SENT,
    DIGEST,
    KEY_WORD,
    MASK_WORD,
    NUMBER_WORD,
    OP_WORD,
    PREVIEW,
    TASKS_BIT,
    WAITS_ENDED,
    CellKind,
    Kind,
    Op,
)
from ..records import message_identity
from ..sites import file_numbers, here, made_here, maker, number_file, tapped
from ..weave import Weave
from .process import sentinels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any  # noqa: F401 (type comments name it)

_AUTHENTICATION = Weave(
    before="tap.authenticating(connection)",
    after="tap.authenticated(connection)",
    failed="tap.authenticated(connection)",
)

WEAVES = {
    "Pipe": Weave(calls={"(c1, c2)": "tap.made({}, duplex)"}),
    "SocketClient": Weave(
        statements={"s.connect(address)": "tap.connecting(address)"},
        calls={"Connection(s.detach())": "tap.connected(tap.peer(s), {}, tap.Op.CONNECT)"},
        failed="tap.not_connected()",
    ),
    "SocketListener.__init__": Weave(after="tap.listening(self)"),
    "SocketListener.accept": Weave(
        before="tap.accepting(self)",
        calls={"Connection(s.detach())": "tap.connected(tap.own(s), {}, tap.Op.ACCEPT)"},
        failed="tap.not_connected()",
    ),
    "wait": Weave(
        calls={"selector.select(timeout)": "tap.awaited(tap.awaiting(selector, timeout), {})"},
        failed="tap.await_failed()",
    ),
    "deliver_challenge": _AUTHENTICATION,
    "answer_challenge": _AUTHENTICATION,
    "_ConnectionBase.poll": Weave(
        before="tap.polling(self, timeout)",
        calls={"self._poll(timeout)": "tap.polled(self, timeout, {})"},
        failed="tap.operation_failed(self)",
    ),
    "Connection._send_bytes": Weave(
        before="tap.sending(self, buf)", after="tap.sent(self, buf)", failed="tap.operation_failed(self)"
    ),
    "Connection._recv_bytes": Weave(
        before="tap.receiving(self)",
        after="tap.received(self, buf)",
        into="buf",
        statements={"return None": "tap.operation_failed(self)"},
        failed="tap.operation_failed(self)",
    ),
}


class Channel(Tap):
    """Observes one end of a pipe.

    plain: whether the program uses the end itself; a Queue waits by its own methods.
    op: the operation that sending through this end is a part of.
    puts, lost: for a Queue, how many items this process has put, and how many of them its feeder could not send.
    questions: for a Queue, the tap that counts calls of `empty()`.
    source: for the end by which a feeder sends, the tap of its Queue.
    listener_op: for a Connection to or from a listener, `Op.CONNECT` or `Op.ACCEPT`, otherwise 0.
    """

    __slots__ = ("listener_op", "lost", "op", "plain", "puts", "questions", "source")

    def __init__(self, key, kind):
        super().__init__(key, CellKind.CHANNEL, kind)
        self.source = self.questions = None
        self.listener_op = 0
        self.plain = kind in ("Pipe", "Connection")
        self.op = _SENDING.get(kind, Op.SEND)

    def forget(self):
        super().forget()
        self.puts = self.lost = 0


class Authentication(Channel):
    """Stands for a connection's tap during authentication, whose messages are not the program's: it counts nothing.

    original: the connection's own tap, or None if it has none yet, as the forkserver's connections (3.14).
    """

    __slots__ = ("original",)

    def __init__(self, original):
        super().__init__(0, "Connection")
        self.original = original
        self._cell = UnrecordedCell()

    def cell(self, cell_kind=0):  # noqa: ARG002
        return self._cell


_SENDING = {"Queue": Op.FEED, "SimpleQueue": Op.PUT}

_ONE_QUESTION = 1 << TASKS_BIT
_TIMED_POLL = Op.POLL | Op.TIMED
_TIMED_WAIT = Op.WAIT | Op.TIMED

_base = None  # type: Any


def loaded(module):
    global _base
    _base = module._ConnectionBase
    _base._rockproc = None
    copyreg.dispatch_table[module.Connection] = _reduced  # pyright: ignore[reportArgumentType]


def _reduced(connection):
    """Return the reduction for plain pickles and copies, without our attribute; ForkingPickler has its own."""
    reduced = connection.__reduce_ex__(2)
    if type(reduced) is tuple and len(reduced) > 2 and type(reduced[2]) is dict:
        state = {name: value for name, value in reduced[2].items() if name != "_rockproc"}
        reduced = (*reduced[:2], state, *reduced[3:])
    return reduced


def inode(connection):
    return os.fstat(connection._handle).st_ino


def made(ends, duplex):
    try:
        first, second = ends
        key, other = inode(first), inode(second)
        first._rockproc = Channel(key, "Pipe")
        second._rockproc = Channel(other, "Pipe")
        part = maker()
        # A Queue announces its own Pipe.
        if not part.startswith("queues."):
            pipe = records.Channel(other if duplex else 0, 0, "Pipe", part, "", "")
            journal.record(pipe, key, made_here(key))
    except Exception:
        count_fault()
    return ends


_listener_tap = Tap(0, CellKind.CHANNEL)
"""Each thread has one cell for all addresses at which it listens, and to which it connects."""


def _key(address):
    """Both sides of a listener's address are one channel: by its port, which has one number at all its hosts."""
    place = address[1] if type(address) is tuple else address
    return binascii.crc32(repr(place).encode("utf-8", "replace")) | 1 << 40


def _text(address):
    if type(address) is tuple:
        return "%s:%s" % address[:2]
    return address if type(address) is str else repr(address)


def listening(listener):
    _announce(listener._address)


def _announce(address):
    connection = records.Channel(0, 0, "Connection", maker(), "", _text(address))
    journal.record(connection, _key(address), here())


def connecting(address):
    _enter_listener_operation(Op.CONNECT, _key(address))


def accepting(listener):
    _enter_listener_operation(Op.ACCEPT, _key(listener._address))


def _enter_listener_operation(op, key):
    cell = _listener_tap.cell()
    cell.view[KEY_WORD] = key
    cell.enter(op, 0)


def not_connected():
    _listener_tap.cell().leave()


def peer(socket):
    try:
        return socket.getpeername()
    except Exception:
        return ""


def own(socket):
    try:
        return socket.getsockname()
    except Exception:
        return ""


def connected(address, connection, op):
    try:
        _listener_tap.cell().leave()
        tap = connection._rockproc = Channel(_key(address), "Connection")
        tap.listener_op = op
        _announce(address)
    except Exception:
        count_fault()
    return connection


def authenticating(connection):
    """Count no messages until `authenticated`; a listener or a client counts as accepting or connecting meanwhile."""
    if isinstance(connection, _base):
        original = connection._rockproc
        if original is not None and original.listener_op:
            _enter_listener_operation(original.listener_op, original.key)
        connection._rockproc = Authentication(original)


def authenticated(connection):
    if isinstance(connection, _base) and type(connection._rockproc) is Authentication:
        original = connection._rockproc = connection._rockproc.original
        if original is not None and original.listener_op:
            _listener_tap.cell().leave()


def add_tap(connection):
    """Add a tap to a connection that came from another process, or was made from a bare descriptor."""
    tap = connection._rockproc
    if tap is None:
        try:
            key = inode(connection)
        except OSError:
            key = 0  # of a bad descriptor: the operation itself will say so
        tap = connection._rockproc = Channel(key, "Pipe")
    return tap


_SEND_IN_PIECES = Op.SEND | Op.IN_PIECES


def sending(connection, buffer):
    tap = connection._rockproc or add_tap(connection)
    cell = tap._cell
    if cell.thread != get_ident():
        cell = tap.cell()
    if tap.op == Op.FEED:
        cell.begin(Op.FEED, cell.sent + 1)
    elif tap.plain and len(buffer) > ATOMIC_WRITE_BYTES:
        cell.enter(_SEND_IN_PIECES, 0)  # Always with the time: two processes may end inside of two calls that overlap.
    else:
        cell.enter(tap.op, cell.sent + 1)


def sent(connection, buffer):
    tap = connection._rockproc
    cell = tap._cell
    if cell.thread != get_ident():
        cell = tap.cell()
    view = cell.view
    size = len(buffer)
    cell.sent = view[CHANNEL_SENT] = number = cell.sent + 1
    cell.size = view[BYTES_WORD] = cell.size + size
    view[OP_WORD] = 0
    moment = cell.moment
    if moment and journal.affordable(view, moment):
        _record(Kind.SENT, tap.key, number, cell, moment, size, bytes(buffer[:DIGEST]))
        if size > ATOMIC_WRITE_BYTES and tap.plain:
            _record_end(tap, cell, moment, size)


def _record_end(tap, cell, began, size):
    end = now()
    if journal.affordable(cell.view, end):
        journal.operation(end, Kind.SEND_ENDED, tap.key, size, end - began, cell.site)


def _record(kind, key, number, cell, moment, size, head):
    identity = message_identity(number, binascii.crc32(head, size & 0xFFFFFFFF))
    journal.operation(moment, kind, key, size, identity, cell.site, head[:PREVIEW])


def receiving(connection):
    tap = connection._rockproc or add_tap(connection)
    cell = tap._cell
    if cell.thread != get_ident():
        cell = tap.cell()
    if tap.plain:
        cell.enter(Op.RECV, cell.received + 1)
    elif not cell.view[OP_WORD]:
        cell.enter(Op.GET, cell.received + 1)


def received(connection, stream):
    tap = connection._rockproc
    cell = tap._cell
    if cell.thread != get_ident():
        cell = tap.cell()
    view = cell.view
    cell.received = view[CHANNEL_RECEIVED] = number = cell.received + 1
    view[OP_WORD] = 0
    if not number & view[MASK_WORD]:
        moment = now()
        if journal.affordable(view, moment):
            # Not by its buffer: a signal handler may raise here, and a stream with a buffer cannot be let go.
            size = stream.tell()
            stream.seek(0)
            head = stream.read(DIGEST)
            stream.seek(size)
            _record(Kind.RECEIVED, tap.key, number, cell, moment, size, head)


def polling(connection, timeout):
    tap = connection._rockproc or add_tap(connection)
    if tap.plain and timeout != 0:
        tap.cell().enter(Op.POLL if timeout is None else _TIMED_POLL, 0)


def polled(connection, timeout, result):
    """Count a call that has found nothing. One without a time-out may be inside of another call: a handler makes it."""
    try:
        tap = connection._rockproc
        if tap.plain:
            cell = tap.cell()
            if timeout != 0:
                if not result and cell.view[OP_WORD] == _TIMED_POLL:
                    cell.view[NUMBER_WORD] += 1
                cell.leave()
            elif not result:
                cell.ask(NUMBER_WORD, _ONE_QUESTION)
    except Exception:
        count_fault()
    return result


def operation_failed(connection):
    tap = connection._rockproc
    if tap is not None:
        tap.cell().leave()


_awaits = Tap(0, CellKind.AWAIT)
_sets = {}
_journal = ""
_MAX_RECORDED_SETS = 1000
_MAX_NAMED_OBJECTS = 20
"""The largest number of objects that a record of a wait names."""


def awaiting(selector, timeout):
    """Return the cell of a thread that begins to wait for several objects; None if a library waits, which has a tap."""
    try:
        if timeout != 0 and _is_called_by_program():
            return _await([key.fileobj for key in selector.get_map().values()], timeout)
    except Exception:
        count_fault()
    return None


def awaiting_all(objects, timeout):
    """Do the same as `awaiting` for a copy that passes a list of objects."""
    try:
        if timeout != 0 and _is_called_by_program():
            return _await(list(objects), timeout)
    except Exception:
        count_fault()
    return None


def _is_called_by_program():
    """Return whether the program itself has called `wait()`, and no library."""
    frame = tapped().f_back
    if frame is None:
        return False
    name = frame.f_code.co_filename
    number = file_numbers.get(name)
    return bool(number_file(name) if number is None else number)


def _await(objects, timeout):
    cell = _awaits.cell()
    view, number = cell.view, _set(objects)
    if view[KEY_WORD] != number:
        # What was counted is of another set.
        view[NUMBER_WORD] = 0
        view[WAITS_ENDED] += 1
        view[KEY_WORD] = number
    cell.enter(Op.WAIT if timeout is None else _TIMED_WAIT, 0)
    return cell


def _set(objects):
    """Return the number of a set of objects that are awaited together. The first call for a set records its objects."""
    global _journal
    if _journal != journal.path or len(_sets) > _MAX_RECORDED_SETS:
        _sets.clear()
        _journal = journal.path
    awaited = tuple([_awaited(item) for item in objects])
    number = _sets.get(awaited)
    if number is None:
        number = _sets[awaited] = binascii.crc32(repr(awaited).encode("utf-8", "replace"))
        kinds, keys, types = zip(*awaited[:_MAX_NAMED_OBJECTS]) if awaited else ((), (), ())
        journal.record(records.Awaited(len(awaited), kinds, keys, types), number)
    return number


def _awaited(awaited):
    """Return the kind, the key and the type of an object that is waited for; see `records.Awaited`."""
    name = type(awaited).__name__
    if isinstance(awaited, _base):
        return CellKind.CHANNEL, (awaited._rockproc or add_tap(awaited)).key, name
    if type(awaited) is int and awaited in sentinels:
        return CellKind.PROCESS, sentinels[awaited], name
    return 0, 0, name


def awaited(cell, ready):
    if cell is not None:
        if ready:
            cell.view[WAITS_ENDED] += 1
        elif cell.view[OP_WORD] == _TIMED_WAIT:
            cell.view[NUMBER_WORD] += 1
        cell.leave()
    return ready


def await_failed():
    cell = _awaits.own_cell()
    if cell is not None:
        cell.leave()
