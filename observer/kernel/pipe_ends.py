"""Sends a message through the pipe of another process, or takes one out of it (Linux).

A pipe is opened anew through /proc/PID/fd, so that our descriptor is independent of theirs. A socket cannot
be opened anew: its descriptor is duplicated with pidfd_getfd.
"""

from __future__ import annotations

import array
import ctypes
import fcntl
import os
import select
import socket
import struct
import termios
from collections.abc import Iterable
from pathlib import Path

MESSAGE_BYTES = select.PIPE_BUF - 4
"""A longer message could be mixed with one that another process sends: a pipe takes no more than PIPE_BUF at once."""
_HEADER = struct.Struct("!i")
"""The length that `multiprocessing.connection` sends before each message; -1 for one of more than 2 GiB."""
_PIDFD_GETFD = 438
_WRITES = (os.O_WRONLY, os.O_RDWR)


class NotSent(Exception):
    """A message was not sent or not taken; the message is the reason, as a sentence without its full stop."""


def send(pids: Iterable[int], inode: int, message: bytes, *, is_socket: bool) -> None:
    """Send a message at the end of a pipe that has an inode, if there is room for it at once.

    Args:
        pids: The processes that may have that end open.
        inode: Of the pipe, or of the socket at which the message is sent.
        message: Its bytes, as the receiver unpickles them.
        is_socket: Whether it is an end of a duplex Pipe.

    Raises:
        NotSent: no process has the end open, none reads at the other end, or there is no room.
    """
    if len(message) > MESSAGE_BYTES:
        raise NotSent(f"it has {len(message)} bytes, and at most {MESSAGE_BYTES} are sent in one piece")
    data = _HEADER.pack(len(message)) + message
    try:
        if is_socket:
            descriptor = _duplicate(pids, inode)
            with socket.socket(fileno=descriptor) as end:
                sent = end.send(data, socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        else:
            descriptor = _reopen(pids, inode, os.O_WRONLY)
            try:
                sent = os.write(descriptor, data)
            finally:
                os.close(descriptor)
    except BlockingIOError as error:
        raise NotSent("the pipe is full") from error
    except BrokenPipeError as error:
        raise NotSent("no process has its reading end open") from error
    except OSError as error:
        raise NotSent(f"the pipe cannot be opened ({error.strerror})") from error
    if sent != len(data):
        raise NotSent("only a part of it was sent")


def take(pids: Iterable[int], inode: int) -> bytes:
    """Take the next message out of a pipe. The caller holds the lock of its reading end.

    Raises:
        NotSent: no process has the end open, or no whole message is in the pipe.
    """
    try:
        descriptor = _reopen(pids, inode, os.O_RDONLY)
    except OSError as error:
        raise NotSent(f"the pipe cannot be opened ({error.strerror})") from error
    try:
        waiting = array.array("i", [0])
        fcntl.ioctl(descriptor, termios.FIONREAD, waiting)
        if waiting[0] < _HEADER.size:
            raise NotSent("nothing is in the pipe")
        length = _HEADER.unpack(_peek(descriptor, _HEADER.size))[0]
        if length < 0 or waiting[0] < _HEADER.size + length:
            raise NotSent("the next item is still being sent, or larger than the pipe")
        data = os.read(descriptor, _HEADER.size + length)
    except OSError as error:
        raise NotSent(f"the pipe cannot be read ({error.strerror})") from error
    finally:
        os.close(descriptor)
    return data[_HEADER.size :]


def _peek(descriptor: int, count: int) -> bytes:
    """Return the first bytes in a pipe, which stay there."""
    reader, writer = os.pipe()
    try:
        library = ctypes.CDLL(None, use_errno=True)
        copied = library.tee(descriptor, writer, ctypes.c_size_t(count), 0)
        if copied != count:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return os.read(reader, count)
    finally:
        os.close(reader)
        os.close(writer)


def _reopen(pids: Iterable[int], inode: int, mode: int) -> int:
    """Open a pipe that one of the processes has open in the same mode. Raises OSError."""
    for pid, number in _descriptors(pids, f"pipe:[{inode}]"):
        flags = _flags(pid, number)
        if flags is not None and (flags & os.O_ACCMODE in _WRITES) == (mode == os.O_WRONLY):
            return os.open(f"/proc/{pid}/fd/{number}", mode | os.O_NONBLOCK | os.O_CLOEXEC)
    raise FileNotFoundError(0, "no process has this end open")


def _duplicate(pids: Iterable[int], inode: int) -> int:
    """Duplicate the descriptor of a socket that one of the processes has open. Raises OSError."""
    library = ctypes.CDLL(None, use_errno=True)
    for pid, number in _descriptors(pids, f"socket:[{inode}]"):
        process = os.pidfd_open(pid)
        try:
            descriptor = library.syscall(_PIDFD_GETFD, process, number, 0)
        finally:
            os.close(process)
        if descriptor < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        if os.fstat(descriptor).st_ino != inode:  # it was closed in between, and its number is used again
            os.close(descriptor)
            continue
        return descriptor
    raise FileNotFoundError(0, "no process has this end open")


def _descriptors(pids: Iterable[int], wanted: str) -> Iterable[tuple[int, int]]:
    """Yield the processes that have a file open, each with the number of a descriptor."""
    for pid in pids:
        try:
            numbers = list(Path(f"/proc/{pid}/fd").iterdir())
        except OSError:
            continue  # it has just ended
        for path in numbers:
            try:
                if str(path.readlink()) == wanted:
                    yield pid, int(path.name)
            except OSError:
                continue  # it has just been closed


def _flags(pid: int, number: int) -> int | None:
    try:
        text = Path(f"/proc/{pid}/fdinfo/{number}").read_text()
    except OSError:
        return None
    return next((int(line.split()[1], 8) for line in text.splitlines() if line.startswith("flags:")), None)
