"""Opens a netlink socket in the network namespace of another process, such as one in a container."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import suppress

_CLONE_NEWNET = 0x40000000


def netlink_socket(protocol: int, pid: int | None) -> socket.socket:
    """Return a netlink socket. Raises OSError, also where entering the namespace is not permitted.

    Args:
        protocol: the netlink family.
        pid: a process of the namespace; None for our own.
    """
    if pid is None or _namespace(pid) == _namespace(os.getpid()):
        return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol)
    opened: list[socket.socket] = []
    # A thread enters the namespace for itself alone, and does not return from it.
    thread = threading.Thread(target=_open, args=(protocol, pid, opened), name="namespace", daemon=True)
    thread.start()
    thread.join()
    if not opened:
        raise PermissionError("its network namespace cannot be entered")
    return opened[0]


def _namespace(pid: int) -> str:
    return os.readlink(f"/proc/{pid}/ns/net")  # noqa: PTH115


def _open(protocol: int, pid: int, opened: list[socket.socket]) -> None:
    import ctypes  # it is needed for containers only

    with suppress(OSError):
        namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            if ctypes.CDLL(None).setns(namespace, _CLONE_NEWNET) == 0:
                opened.append(socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, protocol))
        finally:
            os.close(namespace)
