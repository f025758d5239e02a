"""The pipes and sockets that a process has open."""

from __future__ import annotations

import array
import fcntl
import os
import socket
import stat
import struct
import termios
from collections.abc import Iterable
from contextlib import suppress
from typing import Literal

import msgspec

from ..kernel.procfs import read_proc
from .network_namespace import netlink_socket

_ACCESS = 3
_READ_ONLY, _WRITE_ONLY = 0, 1
_INODE_BITS = (1 << 32) - 1
"""The part of the number of an inode that keys contain."""
_MAX_DESCRIPTORS = 4096
_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY = 4, 20
_REQUEST, _DUMP, _DONE, _ERROR = 1, 0x300, 3, 2
_SHOW_PEER = 4
_PEER = 2
"""UNIX_DIAG_PEER."""


class Descriptor(msgspec.Struct, frozen=True):
    """One open end of a pipe, or a socket."""

    number: int
    kind: Literal["pipe", "socket"]
    inode: int
    reads: bool
    writes: bool


def descriptors(pid: int) -> dict[int, Descriptor]:
    """Return the descriptors of a process by number. Raises OSError if it has ended or may not be read."""
    found: dict[int, Descriptor] = {}
    for name in os.listdir(f"/proc/{pid}/fd")[:_MAX_DESCRIPTORS]:  # noqa: PTH208 (no Path for each of thousands)
        with suppress(OSError, ValueError):
            target = os.readlink(f"/proc/{pid}/fd/{name}")  # noqa: PTH115
            kind, _, rest = target.partition(":[")
            if kind == "socket":
                found[int(name)] = Descriptor(int(name), kind, int(rest.rstrip("]")), reads=True, writes=True)
            elif kind == "pipe":
                flags = int(read_proc(f"{pid}/fdinfo/{name}").split(b"flags:", 1)[1].split(None, 1)[0], 8)
                access = flags & _ACCESS
                found[int(name)] = Descriptor(
                    int(name), kind, int(rest.rstrip("]")), access != _WRITE_ONLY, access != _READ_ONLY
                )
    return found


def reopen(pid: int, number: int, inode: int) -> int:
    """Open a pipe or a file that a process has open, for reading without blocking, and return our own descriptor.

    It is opened only if it is still the same pipe or regular file: opening a device could change its state. Raises
    OSError.
    """
    handle = os.open(f"/proc/{pid}/fd/{number}", os.O_PATH | os.O_CLOEXEC)
    try:
        status = os.fstat(handle)
        if status.st_ino & _INODE_BITS != inode & _INODE_BITS or not (
            stat.S_ISFIFO(status.st_mode) or stat.S_ISREG(status.st_mode)
        ):
            raise FileNotFoundError("the descriptor stands for another file now")
        return os.open(f"/proc/self/fd/{handle}", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    finally:
        os.close(handle)


def fill_level(pid: int, end: Descriptor) -> tuple[int, int] | None:
    """Return how many bytes are in a pipe, and how many it can hold; nothing is read. None if that is not known.

    Args:
        pid: the process.
        end: the reading end of the process, so that ours is never the only one: a writer would miss its EPIPE.
    """
    if end.kind != "pipe" or not end.reads:
        return None
    with suppress(OSError):
        descriptor = reopen(pid, end.number, end.inode)
        try:
            waiting = array.array("i", [0])
            fcntl.ioctl(descriptor, termios.FIONREAD, waiting)
            return waiting[0], fcntl.fcntl(descriptor, fcntl.F_GETPIPE_SZ)
        finally:
            os.close(descriptor)
    return None


def socket_peers(inodes: Iterable[int], pid: int | None = None) -> dict[int, int]:
    """Return the other end of each connected Unix socket, by inode, from the kernel's `sock_diag`.

    The result is empty where the kernel does not answer.

    Args:
        inodes: of the sockets that are asked for.
        pid: a process in whose network namespace they are; None for our own.
    """
    wanted = set(inodes)
    if not wanted:
        return {}
    with suppress(OSError), netlink_socket(_NETLINK_SOCK_DIAG, pid) as link:
        link.settimeout(1.0)
        body = struct.pack("<BBHIIIII", socket.AF_UNIX, 0, 0, 0xFFFFFFFF, 0, _SHOW_PEER, 0xFFFFFFFF, 0xFFFFFFFF)
        link.send(struct.pack("<IHHII", 16 + len(body), _SOCK_DIAG_BY_FAMILY, _REQUEST | _DUMP, 1, 0) + body)
        return {inode: peer for inode, peer in _peers(link) if inode in wanted}
    return {}


def pair_ends(inodes: Iterable[int]) -> set[int]:
    """Return the other ends of those sockets that were made as a pair: no other program can have connected to them."""
    peers = socket_peers(inodes)
    named: set[int] = set()
    with suppress(OSError, ValueError):
        for line in read_proc("net/unix").splitlines()[1:]:
            fields = line.split(None, 7)
            if len(fields) == 8:  # it has an address
                named.add(int(fields[6]))
    return {peer for inode, peer in peers.items() if named.isdisjoint((inode, peer))}


def _peers(link: socket.socket) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    while True:
        data = link.recv(1 << 18)
        place = 0
        while place + 16 <= len(data):
            length, kind = struct.unpack_from("<IH", data, place)
            if kind in (_DONE, _ERROR) or length < 16:
                return found
            (inode,) = struct.unpack_from("<I", data, place + 20)
            attribute = place + 32
            while attribute + 4 <= place + length:
                size, name = struct.unpack_from("<HH", data, attribute)
                if name == _PEER:
                    found.append((inode, struct.unpack_from("<I", data, attribute + 4)[0]))
                if size < 4:
                    break
                attribute += (size + 3) & ~3
            place += (length + 3) & ~3
