"""Exports a recording as one JSON document: the report of the run, and its events in the order of their discovery."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

import msgspec

from ..decoding.preview import preview
from ..model import MessageEvent
from ..recording.conversion import decode_value
from ..recording.format import Delta
from ..recording.replay import Replay
from ..report.data import report
from ..report.schema import to_json

_encode = msgspec.json.Encoder().encode
_STREAMS: dict[str, Callable[[Delta], Iterable[object]]] = {
    "messages": lambda delta: map(_shown, delta.messages),
    "output": lambda delta: delta.output,
    "values": lambda delta: delta.values,
    "channels": lambda delta: delta.channels,
    "commands": lambda delta: delta.commands,
}


def write(replay: Replay) -> Iterator[str]:
    """Yield the document in pieces. Processes and objects have numbers as keys, which `objects` explains."""
    end = replay.snapshot()
    objects = [
        {"key": item.key, "name": item.name, "kind": kind}
        for kind, some in (
            ("process", end.processes),
            ("channel", end.channels),
            ("value", end.values),
            ("lock", end.locks),
            ("managed", end.managed),
        )
        for item in some
    ]
    yield f'{{"report":{_text(to_json(report(replay)))},\n'
    yield f'"source":{_text(replay.head.source)},\n"objects":{_text(objects)}'
    yield from _list("marks", replay.lanes.marks.since(0)[1])
    yield from _list("spans", (span for spans in replay.lanes.spans.values() for span in spans.since(0)[1]))
    for name, of in _STREAMS.items():
        yield from _list(name, (item for delta in replay.deltas() for item in of(delta)))
    yield "}\n"


def _shown(event: MessageEvent) -> dict[str, object]:
    message = {**msgspec.structs.asdict(event.message), "preview": preview(event.message.content, event.message.size)}
    del message["content"]
    message["lost_because"] = message["lost_because"] or None
    return {
        **msgspec.structs.asdict(event),
        "message": {key: member for key, member in message.items() if member is not None},
    }


def _list(name: str, items: Iterable[object]) -> Iterator[str]:
    yield f',\n"{name}":['
    for number, item in enumerate(items):
        yield ("," if number else "") + "\n" + _text(item)
    yield "]"


def _text(item: object) -> str:
    return _encode(_named(item)).decode()


def _named(item: object) -> object:
    """Convert an item to dicts that name all fields, also those that a recording omits for speed."""
    if isinstance(item, msgspec.Raw):
        return _named(decode_value(item))
    if isinstance(item, msgspec.Struct):
        return _named(msgspec.structs.asdict(item))
    if isinstance(item, dict):
        return {key: _named(member) for key, member in cast("dict[Any, object]", item).items()}
    return [_named(member) for member in cast("list[object]", item)] if isinstance(item, (list, tuple)) else item
