"""Turns the objects of the model into those of a recording, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

import msgspec

from .. import model
from ..model import OBJECTS, Phase, State, UnobservedReason
from ..model.finding import present_rule
from . import schema
from .errors import RecordingError

MAX_VALUE_BYTES = 1 << 20
"""A shared value whose encoded content is longer is not decoded."""

Object = TypeVar("Object", bound=msgspec.Struct)
Record = TypeVar("Record", bound=msgspec.Struct)
_encoder = msgspec.msgpack.Encoder()
_any_decoder = msgspec.msgpack.Decoder(strict=True)


class Conversion(Generic[Object, Record]):
    """Converts one kind of object. Fields have the same name in both unless `renamed` says otherwise."""

    def __init__(
        self,
        kind: type[Object],
        record: type[Record],
        *,
        renamed: Mapping[str, str] | None = None,
        nested: Mapping[str, Conversion[Any, Any]] | None = None,
        enums: Mapping[str, Callable[[str], object]] | None = None,
        raw: str = "",
        completed: Callable[[Object], None] | None = None,
    ) -> None:
        """Prepare the conversion.

        Args:
            kind: the structure of the model.
            record: the structure of the file.
            renamed: the model's name of a field, by its name in the file.
            nested: the conversions of fields that hold an object, None, or a tuple of objects.
            enums: the types of fields that are texts in the file, or functions that return the field for such a text.
            raw: the field that is encoded by itself.
            completed: sets fields that older files store in another way.
        """
        self._kind, self._record = kind, record
        renamed = renamed or {}
        self._names = [(renamed.get(name, name), name) for name in record.__struct_fields__]
        """The model's name and the file's name of each field, in the order of the file."""
        self.without_a_place = set(kind.__struct_fields__) ^ {name for name, _ in self._names}
        """Fields that only the model has, or only the file. A test checks that this is empty."""
        self._of_model = attrgetter(*(name for name, _ in self._names))
        self._of_file = attrgetter(*(name for _, name in self._names))
        index = {name: place for place, (name, _) in enumerate(self._names)}
        self._nested = [(index[name], kind) for name, kind in (nested or {}).items()]
        self._enums = [(index[name], kind) for name, kind in (enums or {}).items()]
        self._raw = index[raw] if raw else -1
        self._completed = completed

    def write(self, item: Object) -> Record:
        """Return an object of the model as it stands in a file."""
        values = list(self._of_model(item))
        for place, conversion in self._nested:
            values[place] = _convert_items(conversion.write, values[place])
        for place, _ in self._enums:
            values[place] = None if values[place] is None else str(values[place])
        if self._raw >= 0:
            values[self._raw] = msgspec.Raw(_encode(values[self._raw]))
        return self._record(*values)

    def read(self, record: Record) -> Object:
        """Return an object of a file as the model has it. Raises RecordingError."""
        values = list(self._of_file(record))
        for place, conversion in self._nested:
            values[place] = _convert_items(conversion.read, values[place])
        try:
            for place, enum in self._enums:
                values[place] = None if values[place] is None else enum(values[place])
        except ValueError as error:
            raise RecordingError(f"has invalid content ({error})") from error
        if self._raw >= 0:
            values[self._raw] = decode_value(values[self._raw])
        made = self._kind(**dict(zip((name for name, _ in self._names), values, strict=True)))
        if self._completed is not None:
            self._completed(made)
        return made


def _convert_items(convert: Callable[[Any], Any], value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(convert, cast("tuple[Any, ...]", value)))
    return None if value is None else convert(value)


def _encode(value: object) -> bytes:
    try:
        return _encoder.encode(value)
    except (UnicodeEncodeError, OverflowError, TypeError):
        return _encoder.encode(repr(value).encode("utf-8", "backslashreplace").decode())


def decode_value(raw: msgspec.Raw) -> object:
    """Return the content of a shared value; None for one that is too long. Raises RecordingError."""
    if len(memoryview(raw)) > MAX_VALUE_BYTES:
        return None
    try:
        return _any_decoder.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RecordingError(f"has invalid content ({error})") from error


def _complete_process(process: model.Process) -> None:
    """Complete a process of version 0.1, in which a negative key meant that no handle was known."""
    process.known_only_by_pid = process.known_only_by_pid or process.key < 0


def _complete_managed(managed: model.ManagedObject) -> None:
    """Complete an object of version 0.1, in which a negative key meant that the object had been replaced."""
    managed.replaced = managed.replaced or managed.key < 0


WAIT = Conversion(model.Wait, schema.Wait)
SIGNAL_HANDLER = Conversion(model.SignalHandler, schema.SignalHandler)
SENT_SIGNAL = Conversion(model.SentSignal, schema.SentSignal)
THREAD_CPU = Conversion(model.ThreadCpu, schema.ThreadCpu)
THREAD_STATE = Conversion(model.ThreadState, schema.ThreadState, enums={"blocked": model.Blocked})
WORKER = Conversion(model.Worker, schema.Worker)
CHANGED_COPY = Conversion(model.ChangedCopy, schema.ChangedCopy)
LOST_ITEM = Conversion(model.LostItem, schema.LostItem)
SHARED_ITEM = Conversion(model.SharedItem, schema.SharedItem)
HOLD = Conversion(model.Hold, schema.Hold)
PROCESS = Conversion(
    model.Process,
    schema.Process,
    renamed={"doing": "waits"},
    nested={
        "waits": WAIT,
        "task": WORKER,
        "handlers": SIGNAL_HANDLER,
        "sent_signal": SENT_SIGNAL,
        "other_threads": THREAD_STATE,
        "thread_cpu": THREAD_CPU,
    },
    enums={"state": State, "phase": Phase, "unobserved": UnobservedReason},
    completed=_complete_process,
)
FINDING = Conversion(
    model.Finding,
    schema.Finding,
    renamed={"mend": "advice"},
    enums={"severity": model.Severity, "verdict": model.Verdict, "rule": present_rule},
)
FORGOTTEN = Conversion(model.Forgotten, schema.Forgotten)
MARK = Conversion(model.TimelineMark, schema.TimelineMark)
INTERVAL = Conversion(model.StateInterval, schema.StateInterval, enums={"state": State})
THREAD_CHANGE = Conversion(model.ThreadChange, schema.ThreadChange, enums={"state": State})
COMMAND = Conversion(model.Command, schema.Command)
OUTPUT_LINE = Conversion(model.OutputLine, schema.OutputLine)
COLLECTIONS: dict[str, Conversion[Any, Any]] = {
    "processes": PROCESS,
    "channels": Conversion(model.Channel, schema.Channel),
    "values": Conversion(model.SharedValue, schema.SharedValue, raw="value"),
    "locks": Conversion(model.Lock, schema.Lock, nested={"holders": HOLD, "waiters": HOLD}),
    "managers": Conversion(model.Manager, schema.Manager),
    "managed": Conversion(
        model.ManagedObject,
        schema.ManagedObject,
        nested={
            "held_by": HOLD,
            "changed_copies": CHANGED_COPY,
            "lost_items": LOST_ITEM,
            "shared_items": SHARED_ITEM,
        },
        completed=_complete_managed,
    ),
    "pools": Conversion(model.Pool, schema.Pool, renamed={"taken": "taken_up"}, nested={"workers": WORKER}),
}
"""The converters, by the name of the collection in the model and in a delta."""
assert tuple(COLLECTIONS) == OBJECTS
