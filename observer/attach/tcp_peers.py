"""The other ends of TCP connections within one machine, as /proc/PID/net/tcp lists them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

_LOCAL, _REMOTE, _STATE, _INODE = 1, 2, 3, 9
_CONNECTED = ("01",)
"""TCP_ESTABLISHED: neither end has been closed."""
_MAX_BYTES = 4 << 20
_IPV4_IN_IPV6 = "0000000000000000FFFF0000"


def tcp_peers(pid: int, inodes: Collection[int]) -> dict[int, int]:
    """Return the other end of each TCP connection whose both ends are in the network namespace of a process.

    Args:
        pid: the process.
        inodes: of the sockets that are asked for.
    """
    if not inodes:
        return {}
    by_addresses = {(local, remote): inode for local, remote, inode in _connections(pid)}
    found: dict[int, int] = {}
    for (local, remote), inode in by_addresses.items():
        peer = by_addresses.get((remote, local))
        if peer is not None and peer != inode and inode in inodes:
            found[inode] = peer
    return found


def _connections(pid: int) -> Iterator[tuple[str, str, int]]:
    """Yield the local and the remote address of each connection, and the inode of its socket."""
    for name in ("tcp", "tcp6"):
        with suppress(OSError), Path(f"/proc/{pid}/net/{name}").open("rb") as file:
            for line in file.read(_MAX_BYTES).decode("ascii", "replace").splitlines()[1:]:
                fields = line.split()
                if len(fields) > _INODE and fields[_STATE] in _CONNECTED and fields[_INODE].isdecimal():
                    local, remote = (fields[place].removeprefix(_IPV4_IN_IPV6) for place in (_LOCAL, _REMOTE))
                    yield local, remote, int(fields[_INODE])
