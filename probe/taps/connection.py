"""multiprocessing/connection.py: Pipe, Connection, and connections to listeners (CPython 3.8 to 3.13)."""

import binascii
import os

from .. import journal
from ..cells import Tap
from ..journal import fault, now
from ..layout import DIGEST, PREVIEW, Kind, Op, What
from ..sites import here, maker
from ..weave import Weave

WEAVES = {
    "Pipe": Weave(calls={"(c1, c2)": "tap.made({}, duplex)"}),
    "SocketClient": Weave(calls={"Connection(s.detach())": "tap.connected({}, address)"}),
    "SocketListener.accept": Weave(calls={"Connection(s.detach())": "tap.connected({}, self._address)"}),
    "_ConnectionBase.poll": Weave(
        before="tap.polling(self, timeout)",
        calls={"self._poll(timeout)": "tap.polled(self, {})"},
        failed="tap.gave_up(self)",
    ),
    "Connection._send_bytes": Weave(
        before="tap.sending(self)", after="tap.sent(self, buf)", failed="tap.gave_up(self)"
    ),
    "Connection._recv_bytes": Weave(
        before="tap.receiving(self)",
        calls={"self._recv(size)": "tap.received(self, {})"},
        statements={"return None": "tap.gave_up(self)"},
        failed="tap.gave_up(self)",
    ),
}

_PIPES = ("Pipe", "Connection")
"""Kinds that are used as they are; a Queue waits by its own methods."""


def loaded(module):
    module._ConnectionBase._rockproc = None


def inode(connection):
    return os.fstat(connection._handle).st_ino


def made(ends, duplex):
    try:
        first, second = ends
        key, other = inode(first), inode(second)
        first._rockproc = Tap(key, What.CHANNEL, "Pipe")
        second._rockproc = Tap(other, What.CHANNEL, "Pipe")
        part = maker(3)
        # A Queue's own Pipe is told of by the Queue.
        if not part.startswith("queues."):
            payload = "\0".join(["Pipe", part, "duplex" if duplex else ""])
            journal.write(Kind.CHANNEL, key, other if duplex else 0, 0, here(2), payload.encode())
    except Exception:
        fault()
    return ends


def connected(connection, address):
    """Both sides of a listener's address are one channel."""
    try:
        key = binascii.crc32(repr(address).encode("utf-8", "replace")) | 1 << 40
        connection._rockproc = Tap(key, What.CHANNEL, "Connection")
        part = maker(3)
        payload = "\0".join(["Connection", part, str(address)])
        journal.write(Kind.CHANNEL, key, 0, 0, here(2), payload.encode("utf-8", "replace"))
    except Exception:
        fault()
    return connection


def meet(connection):
    """A connection that came from another process, or was made from a bare descriptor."""
    tap = connection._rockproc
    if tap is None:
        try:
            key = inode(connection)
        except OSError:
            key = 0  # of a bad descriptor: the operation itself will say so
        tap = connection._rockproc = Tap(key, What.CHANNEL, "Pipe")
    return tap


def sending(connection):
    tap = connection._rockproc or meet(connection)
    cell = tap.cell()
    number = cell.view[4] + 1
    if tap.kind == "Queue":
        cell.begin(Op.FEED, number)
    else:
        cell.enter(Op.SEND if tap.kind in _PIPES else Op.PUT, 4, number)


def sent(connection, buffer):
    tap = connection._rockproc
    cell = tap.cell()
    view = cell.view
    size = len(buffer)
    number = view[4] + 1
    view[4] = number
    view[5] += size
    view[8] = 0
    moment = cell.moment
    if moment and journal.affordable(view, moment):
        _record(Kind.SENT, tap.key, number, cell, moment, size, bytes(buffer[:DIGEST]))


def _record(kind, key, number, cell, moment, size, head):
    identity = (number & 0x7FFFFFFF) << 32 | binascii.crc32(head, size & 0xFFFFFFFF)
    journal.operation(moment, kind, key, size, identity, cell.site, head[:PREVIEW])


def receiving(connection):
    tap = connection._rockproc or meet(connection)
    cell = tap.cell()
    view = cell.view
    if tap.kind in _PIPES:
        cell.enter(Op.RECV, 4, view[3] + 1)
    elif not view[8]:
        cell.enter(Op.GET, 4, view[3] + 1)


def received(connection, stream):
    try:
        tap = connection._rockproc
        cell = tap.cell()
        view = cell.view
        number = view[3] + 1
        view[3] = number
        view[8] = 0
        if not number & view[10]:
            moment = now()
            if journal.affordable(view, moment):
                # Not by its buffer: a signal handler may raise here, and a stream with a buffer cannot be let go.
                size = stream.tell()
                stream.seek(0)
                head = stream.read(DIGEST)
                stream.seek(size)
                _record(Kind.RECEIVED, tap.key, number, cell, moment, size, head)
    except Exception:
        fault()
    return stream


def polling(connection, timeout):
    tap = connection._rockproc or meet(connection)
    if tap.kind in _PIPES and timeout != 0:
        tap.cell().enter(Op.POLL, 3, 0)


def polled(connection, result):
    try:
        tap = connection._rockproc
        if tap.kind in _PIPES:
            tap.cell().leave()
    except Exception:
        fault()
    return result


def gave_up(connection):
    tap = connection._rockproc
    if tap is not None:
        tap.cell().leave()
