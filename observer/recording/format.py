"""What stands in a recording, and how it becomes bytes; see `docs/recording-format.md`."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import msgspec

from ..model import (
    Channel,
    Command,
    Finding,
    Forgotten,
    Lock,
    ManagedObject,
    Manager,
    MessageEvent,
    OutputLine,
    Pool,
    Process,
    RunState,
    SharedValue,
    StateInterval,
    TimelineMark,
)

MAGIC = b"rockproc recording "
VERSION = 3
SUFFIX = ".rockproc"
FIRST_LINE = MAGIC + b"%d\n" % VERSION
BLOCK = struct.Struct("<4sIIIddIIII")
"""tag, packed bytes, unpacked bytes, CRC-32 of the packed, begin, end, messages, lines of output, what, reserved."""
LARGEST = 64 << 20
"""Bytes that a block may unpack to: a file that says otherwise is not read."""

FARTHEST = 256 << 20
"""Unpacked bytes from one full delta to the next, at the most: what has to be gone through to show a moment."""

HEAD, DELTAS, END = b"HEAD", b"TICK", b"DONE"


class Has:
    """Bits that say what a block has, so that who looks for something need not unpack the others."""

    FULL = 1
    """Its first delta holds every object, and not only those that have changed."""
    MARKS = 2
    MESSAGES = 4
    VALUES = 8
    FINDINGS = 16
    OUTPUT = 32
    COMMANDS = 64
    SPANS = 128


class RecordingError(Exception):
    """A file that is no recording, or a damaged one. The message is one line for the user."""


class Head(msgspec.Struct, kw_only=True):
    """What was run."""

    script: str
    args: list[str] = []
    python: str = ""
    start_method: str | None = None
    detail: str = "auto"
    module: bool = False
    source: str = ""
    """The text of the script."""
    began: float = 0.0
    """Unix time of the launch."""


class Lane(msgspec.Struct, array_like=True):
    """The spans of one process, from the one of that number on; what was told of those before goes."""

    first: int
    spans: list[StateInterval]


class Delta(msgspec.Struct, omit_defaults=True, kw_only=True):
    """What one look at the run has brought. An object that has changed is here as a whole."""

    since: float
    """The look before it: what is here became known after that."""
    at: float
    full: bool = False
    state: RunState = RunState.RUNNING
    main: int | None = None
    rate: float = 0.0
    processes: list[Process] = []
    channels: list[Channel] = []
    values: list[SharedValue] = []
    locks: list[Lock] = []
    managers: list[Manager] = []
    managed: list[ManagedObject] = []
    pools: list[Pool] = []
    findings: list[Finding] = []
    gone: dict[str, list[int]] = {}
    """Keys of the objects that turned out to be others or were let go, by the name of their collection."""
    forgotten: Forgotten = Forgotten()
    messages: list[MessageEvent] = []
    output: list[OutputLine] = []
    marks: list[TimelineMark] = []
    commands: list[Command] = []
    spans: dict[int, Lane] = {}

    @property
    def has(self) -> int:
        found = Has.FULL if self.full else 0
        for bit, some in (
            (Has.MARKS, self.marks),
            (Has.MESSAGES, self.messages),
            (Has.VALUES, self.values or self.managed),
            (Has.FINDINGS, self.findings),
            (Has.OUTPUT, self.output),
            (Has.COMMANDS, self.commands),
            (Has.SPANS, self.spans),
        ):
            found |= bit if some else 0
        return found


class Outline(msgspec.Struct):
    """Of a delta, what is held in memory for the whole run. Reading the rest of it is left out."""

    marks: list[TimelineMark] = []
    commands: list[Command] = []
    spans: dict[int, Lane] = {}


class End(msgspec.Struct, kw_only=True):
    """What is known once the run is over."""

    at: float
    exit_code: int | None = None
    exit_signal: str | None = None
    totals: tuple[int, int, int] = (0, 0, 0)
    """Records written, operations counted without one, records that found no room."""
    faults: list[str] = []


class Block(NamedTuple):
    """Where a block lies, and what it has."""

    tag: bytes
    file: int
    offset: int
    size: int
    raw: int
    checksum: int
    begin: float
    end: float
    messages: int
    output: int
    has: int
    message: int = 0
    """The number of its first message in the run."""
    line: int = 0
    """The number of its first line of output."""


Kind = TypeVar("Kind")
_encoder = msgspec.msgpack.Encoder()


def encode(item: object) -> bytes:
    try:
        return _encoder.encode(item)
    except UnicodeEncodeError:  # half of a surrogate pair, which a name or a line of output may hold
        return _encoder.encode(_sound(msgspec.to_builtins(item, builtin_types=(bytes,))))


def _sound(item: Any) -> Any:
    if isinstance(item, str):
        return item.encode("utf-8", "backslashreplace").decode()
    if isinstance(item, dict):
        return {_sound(key): _sound(each) for key, each in item.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(item, (list, tuple)):
        return [_sound(each) for each in item]  # pyright: ignore[reportUnknownVariableType]
    return item


def decode(data: bytes, kind: type[Kind]) -> Kind:
    """Raises RecordingError for what has another shape. Nothing in it can become code."""
    try:
        return _decoder(kind).decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RecordingError(f"holds what no recording holds ({error})") from error


@lru_cache(maxsize=8)
def _decoder(kind: type[Kind]) -> msgspec.msgpack.Decoder[Kind]:
    return msgspec.msgpack.Decoder(kind)


def joined(deltas: list[bytes]) -> bytes:
    """Encoded deltas as one list."""
    return _encoder.encode([msgspec.Raw(delta) for delta in deltas])


def unpack(block: Block, data: bytes) -> bytes:
    if zlib.crc32(data) != block.checksum:
        raise RecordingError("is damaged: a checksum does not fit")
    try:
        inflate = zlib.decompressobj()
        raw = inflate.decompress(data, LARGEST)
    except zlib.error as error:
        raise RecordingError("is damaged: a part of it cannot be unpacked") from error
    if len(raw) != block.raw or inflate.unconsumed_tail:
        raise RecordingError("is damaged: a part of it has not the length that it tells")
    return raw
