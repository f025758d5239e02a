"""The contents of a recording, and their encoding as bytes; see `docs/recording-format.md`."""

from __future__ import annotations

import struct
import zlib
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, TypeVar, cast

import msgspec

from ..model import OBJECTS, MessageEvent, RunState
from . import schema
from .errors import RecordingError

MAGIC = b"rockproc recording "
VERSION = 2
SUFFIX = ".rockproc"
FIRST_LINE = MAGIC + b"%d\n" % VERSION
BLOCK = struct.Struct("<4sIIIddIIII")
"""The header of a block.

Its fields are the tag, the packed and the unpacked size, the CRC-32 of the packed bytes, the begin, the end, the number
of messages, that of lines of output, the bits of `Has`, and a reserved number.
"""
MAX_BLOCK_BYTES = 64 << 20
"""Bytes that a block may unpack to: a file that says otherwise is not read."""

MAX_FULL_DELTA_DISTANCE_BYTES = 256 << 20
"""The most unpacked bytes between two full deltas, which are read to show a moment."""

MAX_DELTAS = 50_000
"""The largest number of deltas in one block, which holds about a second of the run."""
MAX_OBJECTS, MAX_EVENTS = 20_000, 1_000_000
"""The largest number of objects or events of one kind in a delta. A recorder has fewer: it drops ended objects."""
MAX_BLOCK_ITEMS = 1_000_000
"""Objects and events in one block."""
OBJECTS_BOUND, EVENTS_BOUND = msgspec.Meta(max_length=MAX_OBJECTS), msgspec.Meta(max_length=MAX_EVENTS)

HEAD, DELTAS, END = b"HEAD", b"TICK", b"DONE"


class Has:
    """Bits for the kinds of content of a block. A search unpacks only blocks that have the wanted kind."""

    FULL = 1
    """The first delta of the block holds every object, and not only those that have changed."""
    MARKS = 2
    MESSAGES = 4
    VALUES = 8
    FINDINGS = 16
    OUTPUT = 32
    COMMANDS = 64
    SPANS = 128


class Head(msgspec.Struct, kw_only=True):
    """The head of a recording: the program that was run."""

    script: str
    args: list[str] = []
    python: str = ""
    start_method: str | None = None
    detail: str = "auto"
    module: bool = False
    source: str = ""
    """The text of the script."""
    began: schema.Seconds = 0.0
    """The Unix time of the launch."""


class Lane(msgspec.Struct, array_like=True):
    """The state intervals of one process from that number on; they replace the recorded ones from there."""

    first: int
    spans: Annotated[list[schema.StateInterval], EVENTS_BOUND]


class Delta(msgspec.Struct, omit_defaults=True, kw_only=True):
    """All changes that one poll has found. An object that has changed is here as a whole."""

    since: schema.Seconds
    """The time of the poll before: this delta contains what became known after it."""
    at: schema.Seconds
    full: bool = False
    state: RunState = RunState.RUNNING
    main: int | None = None
    rate: schema.Number = 0.0
    processes: Annotated[list[schema.Process], OBJECTS_BOUND] = []
    channels: Annotated[list[schema.Channel], OBJECTS_BOUND] = []
    values: Annotated[list[schema.SharedValue], OBJECTS_BOUND] = []
    locks: Annotated[list[schema.Lock], OBJECTS_BOUND] = []
    managers: Annotated[list[schema.Manager], OBJECTS_BOUND] = []
    managed: Annotated[list[schema.ManagedObject], OBJECTS_BOUND] = []
    pools: Annotated[list[schema.Pool], OBJECTS_BOUND] = []
    findings: Annotated[list[schema.Finding], OBJECTS_BOUND] = []
    gone: Annotated[dict[str, list[int]], OBJECTS_BOUND] = {}
    """Keys of the objects that got another key or were dropped, by the name of their collection."""
    forgotten: schema.Forgotten = schema.Forgotten()
    messages: Annotated[list[MessageEvent], EVENTS_BOUND] = []
    output: Annotated[list[schema.OutputLine], EVENTS_BOUND] = []
    marks: Annotated[list[schema.TimelineMark], EVENTS_BOUND] = []
    commands: Annotated[list[schema.Command], EVENTS_BOUND] = []
    spans: Annotated[dict[int, Lane], OBJECTS_BOUND] = {}
    threads: Annotated[list[schema.ThreadChange], EVENTS_BOUND] = []

    @property
    def items(self) -> int:
        """The number of objects and events, as a measure of the memory that they take. Raises RecordingError."""
        for event in self.messages:
            _check_times(event)
        return (
            sum(len(getattr(self, name)) for name in OBJECTS)
            + sum(map(len, (self.findings, self.messages, self.output, self.marks, self.commands, self.threads)))
            + sum(len(lane.spans) for lane in self.spans.values())
            + sum(len(keys) for keys in self.gone.values())
        )

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
            (Has.SPANS, self.spans or self.threads),
        ):
            found |= bit if some else 0
        return found


class Outline(msgspec.Struct):
    """The part of a delta that is held in memory for the whole run. The rest is not decoded."""

    marks: Annotated[list[schema.TimelineMark], EVENTS_BOUND] = []
    commands: Annotated[list[schema.Command], EVENTS_BOUND] = []
    spans: Annotated[dict[int, Lane], OBJECTS_BOUND] = {}
    threads: Annotated[list[schema.ThreadChange], EVENTS_BOUND] = []

    @property
    def items(self) -> int:
        """The number of events, as a measure of the memory that they take."""
        spans = sum(len(lane.spans) for lane in self.spans.values())
        return len(self.marks) + len(self.commands) + len(self.threads) + spans


class End(msgspec.Struct, kw_only=True):
    """The results that are known once the run is over."""

    at: schema.Seconds
    exit_code: int | None = None
    exit_signal: str | None = None
    totals: tuple[int, int, int] = (0, 0, 0)
    """The numbers of records written, operations counted without one, and records that found no room."""
    faults: list[str] = []


class Block(NamedTuple):
    """The position of a block in the file, and a summary of its content."""

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
DeltaKind = TypeVar("DeltaKind", Delta, Outline)
_encoder = msgspec.msgpack.Encoder()


def encode(item: object) -> bytes:
    try:
        return _encoder.encode(item)
    except UnicodeEncodeError:  # half of a surrogate pair, which a name or a line of output may hold
        return _encoder.encode(_without_surrogates(item))


def _without_surrogates(item: Any) -> Any:
    """Return the same with every half of a surrogate pair as an escape."""
    if isinstance(item, str):
        return item.encode("utf-8", "backslashreplace").decode()
    if isinstance(item, msgspec.Struct):
        return type(item)(**{name: _without_surrogates(getattr(item, name)) for name in item.__struct_fields__})
    if isinstance(item, dict):
        pairs = cast("dict[Any, Any]", item)
        return {_without_surrogates(key): _without_surrogates(value) for key, value in pairs.items()}
    if isinstance(item, tuple):
        return tuple(map(_without_surrogates, cast("tuple[Any, ...]", item)))
    return list(map(_without_surrogates, cast("list[Any]", item))) if isinstance(item, list) else item


def decode(data: bytes | memoryview, kind: type[Kind]) -> Kind:
    """Decode an object of this type. Raises RecordingError for any other content. No code is ever executed."""
    try:
        return _decoder(kind).decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RecordingError(f"has invalid content ({error})") from error


def decode_deltas(data: bytes, kind: type[DeltaKind]) -> list[DeltaKind]:
    """Decode the content of a block, one delta after the other, so that none takes more room than a block may.

    Raises:
        RecordingError: it has another shape, or more items than a block may have.
    """
    deltas: list[DeltaKind] = []
    items = 0
    for raw in _split(data):
        delta = decode(memoryview(raw), kind)
        items += delta.items
        if items > MAX_BLOCK_ITEMS:
            raise RecordingError("is damaged: a part of it has more items than a run can have in a second")
        deltas.append(delta)
    return deltas


def _split(data: bytes) -> list[msgspec.Raw]:
    bounded: Any = Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MAX_DELTAS)]
    return decode(data, bounded)


def _check_times(event: MessageEvent) -> None:
    message = event.message
    for at in (event.at, message.put, message.sent, message.received, message.lost):
        if at is not None and not abs(at) <= schema.MAX_SECONDS:
            raise RecordingError("has invalid content (a message at an impossible time)")


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
        raw = inflate.decompress(data, MAX_BLOCK_BYTES)
    except zlib.error as error:
        raise RecordingError("is damaged: a part of it cannot be unpacked") from error
    if len(raw) != block.raw or inflate.unconsumed_tail:
        raise RecordingError("is damaged: the length of a part does not match its header")
    return raw
