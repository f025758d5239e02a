"""Finds who could answer a `recv()` of a connection: the processes that have its other end open.

The probe knows a connection by the address of its listener, which many connections share. The kernel reports which
socket a thread reads from, and which other socket of this machine is connected to that one.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..kernel.open_objects import open_ends
from ..model import ConnectionEnd, Thread, World
from ..model.keys import ChannelKey
from ..trackers.open_ends import SHORTEST_EXAMINED_SECONDS, pause_after

if TYPE_CHECKING:
    from ..model import Process, Wait


class ConnectionEnds:
    """Keeps `world.connection_ends` for the main threads of the processes."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._next_look = 0.0

    def look(self, at: float) -> None:
        """Ask the kernel about each main thread that waits in a `recv()` of a connection.

        Args:
            at: seconds since launch.
        """
        waiting = [
            (process, wait)
            for process in self._world.living_processes
            for wait in process.waits
            if self._is_examined(process, wait, at)
        ]
        if not waiting:
            self._world.connection_ends = {}
        elif at >= self._next_look:
            began = time.monotonic()
            self._world.connection_ends = self._found(waiting)
            self._next_look = at + pause_after(time.monotonic() - began)

    def _is_examined(self, process: Process, wait: Wait, at: float) -> bool:
        channel = self._world.channels.get(ChannelKey(wait.key)) if wait.op == "recv" else None
        return (
            channel is not None
            and channel.kind == "Connection"
            and not channel.internal
            and wait.thread == process.main_thread
            and at - wait.since > SHORTEST_EXAMINED_SECONDS
        )

    def _found(self, waiting: list[tuple[Process, Wait]]) -> dict[Thread, ConnectionEnd]:
        # Most runs have no such wait.
        from ..attach.descriptors import socket_peers
        from ..attach.system_calls import awaited_socket
        from ..attach.tcp_peers import tcp_peers

        sockets = {
            process.key: awaited_socket(process.pid) if process.pid is not None else None for process, _ in waiting
        }
        inodes = {inode for inode in sockets.values() if inode is not None}
        peers = socket_peers(inodes)
        for process, _ in waiting:
            if process.pid is not None:
                peers |= tcp_peers(process.pid, inodes - peers.keys())
        has_open = {
            process.key: open_ends(process.pid) if process.pid is not None else None
            for process in self._world.living_processes
        }
        found: dict[Thread, ConnectionEnd] = {}
        for process, wait in waiting:
            peer = peers.get(sockets[process.key] or 0)
            holders = tuple(key for key, ends in has_open.items() if ends is not None and peer in ends)
            if holders and None not in has_open.values():
                found[process.key, wait.thread] = ConnectionEnd(wait.since, holders)
        return found
