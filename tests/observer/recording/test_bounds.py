"""A recording from an untrusted source takes neither much memory nor much time, and causes no crash."""

from __future__ import annotations

import math
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import msgspec
import pytest
from rockproc.observer.recording.errors import RecordingError
from rockproc.observer.recording.format import (
    BLOCK,
    DELTAS,
    FIRST_LINE,
    HEAD,
    Has,
    Head,
    Outline,
    decode_deltas,
    encode,
)
from rockproc.observer.recording.format import Delta as RecordedDelta

from tests.parameters import fast_first

MEGABYTE = 1 << 20
LIMIT = 1200 * MEGABYTE
"""The limit of address space for a whole interpreter. Without bounds these files take many times as much."""


def array_of(count: int, item: bytes) -> bytes:
    """Return a MessagePack list with an item that is repeated `count` times."""
    return b"\xdd" + struct.pack(">I", count) + item * count


def block(tag: bytes, raw: bytes, has: int = 0) -> bytes:
    packed = zlib.compress(raw)
    return BLOCK.pack(tag, len(packed), len(raw), zlib.crc32(packed), 0.0, 1.0, 0, 0, has, 0) + packed


def field(name: str, content: bytes) -> bytes:
    """Return a delta with one field besides its times."""
    times = b"\x83" + msgspec.msgpack.encode("since") + b"\x00" + msgspec.msgpack.encode("at") + b"\x01"
    return array_of(1, times + msgspec.msgpack.encode(name) + content)


MANY = 30_000_000
HUGE = {
    "many empty deltas": lambda: array_of(MANY, b"\x80"),
    "many processes": lambda: field("processes", array_of(MANY, b"\x80")),
    "many marks": lambda: field("marks", array_of(MANY, b"\x80")),
    "many keys": lambda: field("gone", b"\x81" + msgspec.msgpack.encode("processes") + array_of(MANY, b"\x01")),
    "deep nesting": lambda: field("values", b"\x91" * 1_000_000 + b"\xc0"),
}
"""Functions that make the deltas: they have up to 30 MB."""


@pytest.mark.parametrize("name", fast_first(HUGE, 2))
def test_a_file_of_a_few_kilobytes_does_not_take_gigabytes(name: str, tmp_path: Path) -> None:
    path = tmp_path / "huge.rockproc"
    has = Has.FULL | Has.MARKS | Has.SPANS
    path.write_bytes(FIRST_LINE + block(HEAD, encode(Head(script="x.py"))) + block(DELTAS, HUGE[name](), has))
    code = (
        "import resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({LIMIT}, {LIMIT}))\n"
        "from rockproc.tui.cli.main import main\n"
        f"sys.exit(main(['export', {str(path)!r}, '--to', 'json']))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2, done.stderr[-500:]
    assert done.stderr.startswith("rockproc-tui: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("at", [math.nan, math.inf, -math.inf, 1e300])
def test_an_impossible_time_is_refused(at: float) -> None:
    delta = {"since": 0.0, "at": 1.0}
    message = [1, 2, None, at, None, None, 3, b"x"]
    for broken in (
        {**delta, "at": at},
        {**delta, "processes": [{"key": 1, "name": "x", "created": at}]},
        {**delta, "messages": [[at, "put", 1, [1, 2]]]},
        {**delta, "messages": [[0.5, "put", 1, message]]},
        {**delta, "marks": [{"at": at, "kind": "started", "process": 1}]},
    ):
        with pytest.raises(RecordingError):
            decode_deltas(msgspec.msgpack.encode([broken]), RecordedDelta)
    with pytest.raises(RecordingError):
        decode_deltas(msgspec.msgpack.encode([{"marks": [{"at": at, "kind": "ended", "process": 1}]}]), Outline)
