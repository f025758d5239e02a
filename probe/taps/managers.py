"""multiprocessing/managers.py: managers, and the calls that proxies make (CPython 3.8 to 3.15)."""

import _socket
import binascii
import itertools
import os
import struct
import sys
import threading

from .. import journal, records
from ..cells import Tap
from ..journal import count_fault as count_fault
from ..journal import now
from ..labels import number_of
from ..layout import LABEL_WORD, MANAGED_CALLS, MANAGED_FAILED, OP_WORD, CellKind, Kind, Op
from ..sites import here
from ..states import add_types_of, is_held, is_let_go, is_short, state
from ..weave import Weave
from .process import argument

_CALLED = "tap.called(self, methodname, args)"

WEAVES = {
    "BaseManager.start": Weave(after="tap.started(self)"),
    "BaseProxy.__init__": Weave(after="tap.made(self)"),
    "BaseProxy._callmethod": Weave(
        before="tap.calling(self, methodname, args, kwds)",
        statements={"return result": _CALLED, "return proxy": _CALLED},
        failed="tap.failed(self)",
    ),
    "Server.accept_connection": Weave(before="tap.connected(c, name)"),
    "Server.create": Weave(statements={"self.incref(c, ident)": "tap.created(self, ident, obj)"}),
    "Server.decref": Weave(statements={"self.id_to_obj[ident] = (None, (), None)": "tap.dropped(self, ident)"}),
    "Server.serve_client": Weave(
        calls={
            "function(*args, **kwds)": "tap.served(ident, methodname, obj, {})",
            "fallback_func(self, conn, ident, obj, *args, **kwds)": "tap.served(ident, '', obj, {})",
        }
    ),
    "Server.serve_forever": Weave(
        before="tap.serving(self)", calls={"self.stop_event.wait(1)": "tap.report_changes(self, {})"}
    ),
    "Server.shutdown": Weave(before="tap.report_changes(self, None)"),
    "SharedMemoryManager.SharedMemory": Weave(statements={"return sms": "tap.segment_lent(self, sms)"}),
    "SharedMemoryManager.ShareableList": Weave(statements={"return sl": "tap.segment_lent(self, sl.shm)"}),
}


_TIMED_CALL = Op.CALL | Op.TIMED


_run_server = set()
"""The code of `BaseManager._run_server`, of multiprocessing and of its copies."""


def loaded(module):
    module.BaseProxy._rockproc = None
    add_types_of(module)
    _run_server.add(module.BaseManager._run_server.__code__)


def _crc(value):
    """Return a checksum of an address or an identity. A network address counts by its port, the same on all hosts."""
    value = value[1] if type(value) is tuple else value
    return binascii.crc32(str(value).encode("utf-8", "replace"))


def started(manager):
    started = records.Manager(manager._process.pid, type(manager).__name__)
    journal.record(started, _crc(manager._address), here())


def segment_lent(manager, memory):
    if memory._rockproc is not None:
        journal.record(records.SegmentLent(_crc(manager._address)), memory._rockproc.key, here())


def tap_of(token):
    """Return a tap for a proxy of the object that a token names."""
    return Tap(_crc(token.address) << 32 | _crc(token.id), CellKind.MANAGED)


def made(proxy):
    token = proxy._token
    proxy._rockproc = tap_of(token)
    if proxy._manager is not None:
        # Made here; otherwise it has come from another process.
        journal.record(records.Managed(_crc(token.address), str(token.typeid)), proxy._rockproc.key, here())


_ALWAYS_RECORDED_CALLS = 400
"""The first calls of a thread for an object, which leave a record even when the budget is used up."""
_PERIOD_NS = 32_000_000
_FULL_RECORD_NS = 8_000_000
"""Nanoseconds at the beginning of each period in which every call leaves a record, whatever the budget is.

The clock is the same in all processes. So the calls that overlap with each other are recorded, or none of them is: by
them, the observer finds updates that were lost. A call takes at least 30 µs, so these are few records.
"""


def _is_recorded(calls, moment):
    """Return whether a call leaves a record, whatever the budget is. calls: of this thread and object before it."""
    among_the_first = calls < _ALWAYS_RECORDED_CALLS
    in_common = among_the_first or moment % _PERIOD_NS < _FULL_RECORD_NS
    return in_common and journal.level != "light" and journal.has_room()


def calling(proxy, method, args, kwds):
    tap = proxy._rockproc
    if tap is not None:
        cell = tap.cell()
        cell.view[LABEL_WORD] = number_of(method)
        # Only the methods that block take a number, and for them it is a time-out.
        timed = bool(kwds) or any(type(value) in (int, float) for value in args)
        # Two calls leave a record or none does: an update of an item is a read and the write after it.
        calls = cell.view[MANAGED_CALLS]
        cell.enter(_TIMED_CALL if timed else Op.CALL, 0 if _is_recorded(calls, now()) else calls + 2 >> 1)


def called(proxy, method, args):
    tap = proxy._rockproc
    if tap is None:
        return
    cell = tap.cell()
    view = cell.view
    number = view[MANAGED_CALLS] + 1
    view[MANAGED_CALLS] = number
    view[OP_WORD] = 0
    if cell.moment and (_is_recorded(number - 1, cell.moment) or journal.affordable(view, cell.moment)):
        text = "%s(%s)" % (method, ", ".join(argument(value) for value in args[:5]))
        payload = text.encode("utf-8", "replace")
        journal.operation(cell.moment, Kind.CALL, tap.key, now() - cell.moment, number, cell.site, payload)


def failed(proxy):
    tap = proxy._rockproc
    if tap is not None:
        view = tap.cell().view
        view[MANAGED_FAILED] += 1
        view[OP_WORD] = 0


_clients = {}
"""The clients of this process's server, by the ident of the thread that serves each."""


class _Client:
    """A thread of a process that has connected to the server.

    name: as the standard library sends it, the name of the process, and behind a bar that of a thread other than the
    main one. pid: 0 for one on a network.
    """

    __slots__ = ("in_main_thread", "name", "pid")

    def __init__(self, connection, name):
        self.pid = _peer(connection)
        self.name = name.replace("MainProcess", "main")
        self.in_main_thread = "|" not in name


def _peer(connection):
    """Return the pid of the process at the other end of a local socket; 0 if the system does not report it."""
    if not hasattr(_socket, "SO_PEERCRED"):
        return 0
    peer = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, connection.fileno())
    try:
        return struct.unpack("@iii", peer.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12))[0]
    except OSError:
        return 0
    finally:
        peer.detach()  # the descriptor is the connection's


def connected(connection, name):
    """A thread of the server begins to serve a client."""
    _clients[threading.get_ident()] = _Client(connection, name)


_objects = {}
"""The objects of this process's server, by their identity there."""
_number = itertools.count(1).__next__
_REPORT_INTERVAL_NS = 20_000_000
"""Nanoseconds between two reports of an object's content; changes in between are reported at the next quiet moment.

Every change of a lock and the like is reported, since its holder matters while it is held: 2 to 3 µs of a call's 40.
"""


class _Object:
    """The data of a server's threads about an object. Each of their steps is atomic, so no lock is needed.

    number: unlike the identity, and so the key, it is never reused. calls: how many of each thread have returned.
    holder: a set of the client whose `acquire` has returned last, or empty. reported, state: the number of calls when
    the state was last recorded, and that state.
    """

    __slots__ = ("calls", "holder", "key", "moment", "number", "reported", "short", "state")

    def __init__(self, key, short):
        self.key = key
        self.number = _number()
        self.calls = {}
        self.holder = set()
        self.moment = 0
        self.reported = -1
        self.state = "", None
        self.short = short


def serving(server):
    """Record a server that the program runs by itself; `started` records one that a manager starts."""
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code in _run_server:
            return
        frame = frame.f_back
    journal.record(records.Manager(os.getpid(), type(server).__name__), _crc(server.address), here())


def created(server, ident, thing):
    """Note that an object gets a proxy. It may be a new object with the identity of one that was deleted."""
    known = _objects.get(ident)
    if known is None or not server.id_to_refcount.get(ident):
        known = _objects[ident] = _Object(_crc(server.address) << 32 | _crc(ident), is_short(thing))
    _report_state(known, thing, now())


def dropped(server, ident):
    """Forget an object whose last proxy is gone, unless another object of the server holds a proxy of it."""
    known = _objects.get(ident)
    if known is not None:
        if ident not in server.id_to_local_proxy_obj:
            del _objects[ident]
        _report_state(known, server.id_to_obj[ident][0], now())


def served(ident, method, thing, result):
    """A call has done its work, and is about to be answered."""
    try:
        known = _objects.get(ident)
        if known is not None:
            if (method == "acquire" and result is True) or method in ("wait", "wait_for"):
                known.holder = {_clients.get(threading.get_ident())}
            elif method == "release" and known.short and is_let_go(thing):
                # The next holder may have the lock already. It is then in another set than this one.
                known.holder.discard(_clients.get(threading.get_ident()))
            # Last: who reads the number knows also what these calls have changed.
            thread = threading.get_ident()
            known.calls[thread] = known.calls.get(thread, 0) + 1
            if journal.level != "light":
                moment = now()
                late = moment - known.moment >= _REPORT_INTERVAL_NS
                if late or known.short:
                    _report_state(known, thing, moment, late)
    except Exception:
        count_fault()
    return result


def report_changes(server, result):
    """Report all changes since the last reports, also by calls that have not returned, as a Condition's `wait`."""
    try:
        for ident, known in list(_objects.items()):
            entry = server.id_to_obj.get(ident) or server.id_to_local_proxy_obj.get(ident)
            # In this order: another thread may drop it meanwhile, and the next object may have its identity.
            if entry is not None and _objects.get(ident) is known:
                _report_state(known, entry[0], now())
    except Exception:
        count_fault()
    return result


def _report_state(known, thing, moment, also_calls=True):
    """Record the state of an object, if it has changed. also_calls: also if only the number of calls has changed."""
    calls = sum(list(known.calls.values()))
    holder = next(iter(tuple(known.holder)), None) if is_held(thing) else None
    try:
        text = state(thing, holder.name if holder is not None else "")
    except RuntimeError:  # Another thread has changed it meanwhile.
        return
    if calls < known.reported:
        return  # Another thread has reported a later state.
    if (text, holder) != known.state or (also_calls and calls != known.reported):
        known.moment = moment
        known.reported, known.state = calls, (text, holder)
        pid, in_main_thread = (holder.pid, holder.in_main_thread) if holder is not None else (0, False)
        journal.record(records.State(calls, known.number, pid, in_main_thread, text), known.key)
