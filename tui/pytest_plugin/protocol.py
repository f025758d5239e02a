"""The messages between the observed pytest session and the one that observes it: JSON lines over a Unix socket.

Each message has its own connection, so that no descriptor of the plugin is open while a test runs.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from dataclasses import asdict, dataclass
from typing import Literal

ANSWER_SECONDS = 60.0
"""The longest time for an answer, on a busy machine."""
Phase = Literal["setup", "call", "end", "interrupted", "finish"]
"""The reported moment: a test's setup begins, its call begins, its teardown is over, KeyboardInterrupt ended it, or the
session is over."""


@dataclass(frozen=True)
class Report:
    """A moment of a test, reported by the observed session."""

    phase: Phase
    test: str
    """The test's node id; empty for `finish`."""


def ask(address: str, report: Report) -> str:
    """Report a moment, and return why the test fails; empty if it does not, or without an answer."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect("\0" + address)
            connection.sendall(json.dumps(asdict(report)).encode() + b"\n")
            with connection.makefile("rb") as stream:
                answer = stream.readline()
    except OSError:
        return ""
    return str(json.loads(answer)) if answer else ""


def listen(address: str) -> socket.socket:
    """Return a socket that accepts the reports of processes of this user."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind("\0" + address)
    listener.listen()
    return listener


def read(connection: socket.socket) -> Report | None:
    """Read a report; None if it comes from another user or is incomplete."""
    connection.settimeout(ANSWER_SECONDS)
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    with connection.makefile("rb") as stream:
        line = stream.readline()
    if user != os.getuid() or not line.endswith(b"\n"):
        return None
    return Report(**json.loads(line))


def answer(connection: socket.socket, failure: str) -> None:
    """Answer a report.

    Args:
        connection: the connection of the report.
        failure: the reason why the test fails; empty if it does not.
    """
    connection.sendall(json.dumps(failure).encode() + b"\n")
