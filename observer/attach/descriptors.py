"""The pipes and sockets that a process has open."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from ..kernel.procfs import read_proc

_ACCESS = 3
_READ_ONLY, _WRITE_ONLY = 0, 1
_MAX_DESCRIPTORS = 4096
_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY = 4, 20
_REQUEST, _DUMP, _DONE, _ERROR = 1, 0x300, 3, 2
_SHOW_PEER = 4
_PEER = 2
"""UNIX_DIAG_PEER."""


@dataclass(frozen=True)
class Descriptor:
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


def socket_peers(inodes: Iterable[int]) -> dict[int, int]:
    """Return the other end of each connected Unix socket, by inode, from the kernel's `sock_diag`.

    Only sockets of our own network namespace are known; the result is empty where the kernel does not answer.
    """
    wanted = set(inodes)
    if not wanted:
        return {}
    with suppress(OSError), socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as link:
        link.settimeout(1.0)
        body = struct.pack("<BBHIIIII", socket.AF_UNIX, 0, 0, 0xFFFFFFFF, 0, _SHOW_PEER, 0xFFFFFFFF, 0xFFFFFFFF)
        link.send(struct.pack("<IHHII", 16 + len(body), _SOCK_DIAG_BY_FAMILY, _REQUEST | _DUMP, 1, 0) + body)
        return {inode: peer for inode, peer in _peers(link) if inode in wanted}
    return {}


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
