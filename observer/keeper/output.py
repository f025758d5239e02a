"""Reads the output of the program line by line, with the pid of the process that printed each line.

Its stdout and stderr are Unix stream sockets whose reader has asked for credentials (SO_PASSCRED), so the kernel names
the writer of every chunk, also of forked children and of commands, and never joins chunks of different writers.
"""

from __future__ import annotations

import _socket as socket  # `socket` makes enums of hundreds of constants, which takes long
import struct
import sys
from collections.abc import Iterator

import msgspec

from ..model import OutputLine

LINUX = sys.platform == "linux"
SPACE = socket.CMSG_SPACE(struct.calcsize("3i")) if LINUX else 0
"""Room for credentials, and for nothing else: descriptors that come along are dropped by the kernel."""
CHUNK_BYTES = 1 << 16
MAX_LINE_BYTES = 1 << 16
"""A longer line is shown in pieces."""
FLUSH_SECONDS = 0.2
"""Seconds after which the beginning of a line is shown without its end: a prompt, a row of dots."""

Chunk = tuple[int | None, str, bytes]


class Output:
    """The two streams of one run."""

    def __init__(self) -> None:
        self._readers: dict[int, tuple[socket.socket, str]] = {}
        self._writers: list[socket.socket] = []
        for stream in ("stdout", "stderr"):
            reader, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
            if LINUX:
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            reader.setblocking(False)
            self._readers[reader.fileno()] = reader, stream
            self._writers.append(writer)

    def child_fds(self) -> tuple[int, int]:
        stdout, stderr = self._writers
        return stdout.fileno(), stderr.fileno()

    def close_child_side(self) -> None:
        for writer in self._writers:
            writer.close()

    def filenos(self) -> tuple[int, ...]:
        """Return the descriptors to watch: those of the streams that a process can still write to."""
        return tuple(self._readers)

    def read(self, fd: int, limit: int = 1 << 20) -> list[Chunk]:
        """Return what has arrived, about `limit` bytes at most, so that endless output cannot block the caller."""
        if fd not in self._readers:
            return []
        reader, stream = self._readers[fd]
        found: list[tuple[int | None, list[bytes]]] = []
        last: int | None = -1
        while limit > 0:
            try:
                data, ancillary, _, _ = reader.recvmsg(CHUNK_BYTES, SPACE)
            except BlockingIOError:
                break
            except OSError:
                data, ancillary = b"", []
            if not data:
                reader.close()
                del self._readers[fd]
                break
            writer = _writer(ancillary)
            if writer == last:
                found[-1][1].append(data)
            else:
                found.append((writer, [data]))
                last = writer
            limit -= len(data) + 256  # A chunk costs something, however small it is.
        return [(writer, stream, b"".join(parts)) for writer, parts in found]

    def close(self) -> None:
        self.close_child_side()
        for reader, _ in self._readers.values():
            reader.close()
        self._readers.clear()


def _writer(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    for level, kind, data in ancillary:
        if LINUX and level == socket.SOL_SOCKET and kind == socket.SCM_CREDENTIALS:
            return int.from_bytes(data[:4], sys.byteorder) or None
    return None


class _Beginning(msgspec.Struct):
    """A line whose end has not come yet."""

    data: bytes
    at: float
    """The time of the first bytes of the line."""
    touched: float


class Lines:
    """Puts the chunks of each writer together to lines."""

    def __init__(self) -> None:
        self._beginnings: dict[tuple[int | None, str], _Beginning] = {}

    def feed(self, at: float, chunks: list[Chunk]) -> list[OutputLine]:
        found: list[OutputLine] = []
        for pid, stream, data in chunks:
            begun = self._beginnings.pop((pid, stream), None)
            if begun is not None:
                data = begun.data + data
            end = data.rfind(b"\n") + 1
            if end:
                text = data[: end - 1].decode(errors="backslashreplace")
                found += [OutputLine(at, pid, stream, piece) for piece in _shown(text)]
                begun, data = None, data[end:]
            while len(data) > MAX_LINE_BYTES:
                cut = _cut(data)
                found += [OutputLine(at, pid, stream, piece) for piece in _shown(_text(data[:cut]))]
                data = data[cut:]
            if data:
                self._beginnings[pid, stream] = _Beginning(data, at if begun is None else begun.at, at)
        return found

    def flush(self, now: float, *, everything: bool = False) -> list[OutputLine]:
        """Return the beginnings of lines that have waited long enough for their end; all of them when a run ends."""
        due = [key for key, begun in self._beginnings.items() if everything or now - begun.touched >= FLUSH_SECONDS]
        found: list[OutputLine] = []
        for pid, stream in due:
            begun = self._beginnings.pop((pid, stream))
            found += [OutputLine(begun.at, pid, stream, piece) for piece in _shown(_text(begun.data))]
        return found


def _text(data: bytes) -> str:
    return data.decode(errors="backslashreplace")


def _cut(data: bytes) -> int:
    """Return the position at which to cut an over-long line, which is never inside a character."""
    cut = MAX_LINE_BYTES
    while cut > MAX_LINE_BYTES - 4 and data[cut] & 0xC0 == 0x80:
        cut -= 1
    return cut


def _shown(text: str) -> Iterator[str]:
    """Yield the lines of a text as they look in the end, without what was written over after a carriage return."""
    for line in text.split("\n"):
        if "\r" in line:
            line = line.rstrip("\r").rsplit("\r", 1)[-1]
        if len(line) <= MAX_LINE_BYTES:
            yield line
        else:
            yield from (line[start : start + MAX_LINE_BYTES] for start in range(0, len(line), MAX_LINE_BYTES))
