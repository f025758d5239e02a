"""The world of a run at any moment of it, built up from the deltas that were recorded."""

from __future__ import annotations

import contextlib
import gc
import time
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator
from typing import Any, NamedTuple, TypeVar

from ..model import (
    OBJECTS,
    Command,
    Finding,
    Message,
    MessageEvent,
    OutputLine,
    Process,
    RunState,
    Snapshot,
    StateInterval,
    Stream,
    ThreadChange,
    TimelineMark,
)
from ..model.keys import ProcessKey
from ..model.stream import stream_of
from ..model.tree import in_tree_order
from . import conversion, schema
from .block_file import BlockFile
from .format import Block, Delta, Has, decode, decode_deltas
from .jumps import INSTANT_SECONDS, Wanted

MAX_SHOWN_EVENTS = 2_000
"""The number of messages, and of lines, before a moment that are shown with it."""
MAX_LINES = 20_000
"""Lines of output that are shown of a second in which more came."""
MAX_SEARCH_SECONDS = 0.05
"""The longest time for which they are searched, in seconds. If they are rare, fewer are shown."""
_MAX_UNPACKED_BYTES = 32 << 20
"""Bytes of the unpacked blocks that are kept; as objects they take several times as much."""


@contextlib.contextmanager
def _without_collection() -> Generator[None]:
    """Disable garbage collection: decoded items have no cycles, and collecting takes longer than decoding."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


Timed = TypeVar("Timed", TimelineMark, Command)
Event = TypeVar("Event", MessageEvent, schema.OutputLine)


class Lanes(NamedTuple):
    """The state intervals and marks, which are held in memory for the whole run."""

    marks: Stream[TimelineMark]
    commands: Stream[Command]
    spans: dict[ProcessKey, Stream[StateInterval]]
    threads: Stream[ThreadChange]


class Pending(NamedTuple):
    """Deltas that are in no block yet."""

    deltas: list[tuple[float, float, bytes]]
    has: int


class History:
    """Answers from a block file. One thread at a time may ask, while another one writes the file."""

    def __init__(self, file: BlockFile, lanes: Callable[[], Lanes], pending: Callable[[], Pending]) -> None:
        self._file = file
        self._lanes = lanes
        self._pending = pending
        self._unpacked: OrderedDict[tuple[int, int], tuple[int, list[Delta]]] = OrderedDict()
        self._state = _State()
        self._place = (-1, -1, -1)
        """The block and delta up to which `_state` goes: the block's file and offset, and the number of the delta."""

    def at(self, moment: float) -> Snapshot:
        """Return the state of the run at that moment, in seconds since launch."""
        with _without_collection():
            return self._at(moment)

    def _at(self, moment: float) -> Snapshot:
        source = _Source(self, list(self._file.blocks), self._pending())
        self._bring(source, moment)
        marks, commands, spans, threads = self._lanes()
        state = self._state
        processes = state.objects_of("processes")
        main = next((process for process in processes if process.key == state.main), None)
        return Snapshot(
            state=state.run if state.run is not RunState.ENDED or moment >= source.end else RunState.RUNNING,
            now=moment,
            processes=tuple(in_tree_order([process for process in processes if _made(process) <= moment])),
            channels=state.objects_of("channels"),
            values=state.objects_of("values"),
            locks=state.objects_of("locks"),
            managers=state.objects_of("managers"),
            managed=state.objects_of("managed"),
            pools=state.objects_of("pools"),
            findings=tuple(state.findings.values()),
            messages=self._messages(source, moment),
            output=self._output(source, moment),
            marks=_until(marks, moment),
            spans=spans,
            thread_changes=threads,
            commands=_until(commands, moment),
            main=main,
            records_per_second=state.rate,
            forgotten=conversion.FORGOTTEN.read(state.forgotten),
        )

    def _bring(self, source: _Source, moment: float) -> None:
        """Move the state to a moment: forward from its present one, or from the last full delta before the target."""
        last = source.last(moment)
        begin = next((index for index in range(last, -1, -1) if source.has(index) & Has.FULL), 0)
        place, known = self._place, -1
        if self._state.since < moment:
            known = next((index for index in range(last, begin - 1, -1) if source.name(index) == place[:2]), -1)
        if known < 0:
            self._state, known, done = _State(), begin, -1
        else:
            done = place[2]
        for index in range(known, last + 1):
            for number, delta in enumerate(source.deltas(index)):
                if delta.since >= moment and self._state.since >= 0:
                    return
                if number > done:
                    self._state.apply(delta)
                    self._place = (*source.name(index), number)
            done = -1

    def _window(
        self, source: _Source, moment: float, has: int, of: Callable[[Delta], list[Event]], first: str
    ) -> tuple[int, list[Event]]:
        """Return the last items before a moment, and the number of the first of them.

        `first` is the name of the field in which a block has the number of its first item.
        """
        found: list[Event] = []
        number = 0
        for index in source.backwards(moment, has):
            events = [event for delta in source.deltas(index) for event in of(delta) if event.at <= moment]
            if events:
                number = source.number(index, first)
                found[:0] = events
            if len(found) >= MAX_SHOWN_EVENTS:
                break
        return number, found

    def _messages(self, source: _Source, moment: float) -> Stream[MessageEvent]:
        number, events = self._window(source, moment, Has.MESSAGES, lambda delta: delta.messages, "message")
        return stream_of(number, _whole(events))

    def _output(self, source: _Source, moment: float) -> Stream[OutputLine]:
        number, lines = self._window(source, moment, Has.OUTPUT, lambda delta: delta.output, "line")
        skipped = max(len(lines) - MAX_LINES, 0)
        return stream_of(number + skipped, [conversion.OUTPUT_LINE.read(line) for line in lines[skipped:]])

    def nearest(self, wanted: Wanted, moment: float, *, forward: bool) -> float | None:
        """Return the next or the previous moment of such an event; None if there is none."""
        with _without_collection():
            return self._nearest(wanted, moment, forward=forward)

    def _nearest(self, wanted: Wanted, moment: float, *, forward: bool) -> float | None:
        source = _Source(self, list(self._file.blocks), self._pending())
        here = source.last(moment)
        for index in range(here, source.count) if forward else range(here, -1, -1):
            if not source.has(index) & wanted.has:
                continue
            found = sorted(
                min(max(at, delta.since + INSTANT_SECONDS), delta.at)
                for delta in source.deltas(index)
                for at in wanted.times(delta)
            )
            for at in found if forward else reversed(found):
                if (at > moment + INSTANT_SECONDS) if forward else (at < moment - INSTANT_SECONDS):
                    return at
        return None

    def unpacked(self, block: Block) -> list[Delta]:
        name = block.file, block.offset
        _, deltas = self._unpacked.get(name, (0, None))
        if deltas is None:
            deltas = decode_deltas(self._file.bytes_of(block), Delta)
            self._unpacked[name] = block.raw, deltas
            while len(self._unpacked) > 1 and sum(raw for raw, _ in self._unpacked.values()) > _MAX_UNPACKED_BYTES:
                self._unpacked.popitem(last=False)
        else:
            self._unpacked.move_to_end(name)
        return deltas


class _Source:
    """The blocks of a file, and after them one that holds what is pending."""

    def __init__(self, history: History, blocks: list[Block], pending: Pending) -> None:
        self._history = history
        self._blocks = blocks
        self._pending = pending
        self._last: list[Delta] | None = None
        self.count = len(blocks) + bool(pending.deltas)
        self._begins = [block.begin for block in blocks] + ([pending.deltas[0][0]] if pending.deltas else [])
        last = blocks[-1] if blocks else None
        self._next = {
            "message": last.message + last.messages if last else 0,
            "line": last.line + last.output if last else 0,
        }
        """The numbers of pending deltas, messages and lines."""
        self.end = pending.deltas[-1][1] if pending.deltas else blocks[-1].end if blocks else 0.0

    def last(self, moment: float) -> int:
        """Return the index of the block with the last delta up to that moment."""
        return max(bisect_left(self._begins, moment) - 1, 0)

    def deltas(self, index: int) -> list[Delta]:
        if index < len(self._blocks):
            return self._history.unpacked(self._blocks[index])
        if self._last is None:
            self._last = [decode(raw, Delta) for _, _, raw in self._pending.deltas]
        return self._last

    def name(self, index: int) -> tuple[int, int]:
        if index < len(self._blocks):
            return self._blocks[index].file, self._blocks[index].offset
        return -2, int(self._pending.deltas[0][0] * 1e9) if self._pending.deltas else 0

    def has(self, index: int) -> int:
        return self._blocks[index].has if index < len(self._blocks) else self._pending.has

    def number(self, index: int, of: str) -> int:
        """Return the number of the block's first `message` or `line`."""
        return int(getattr(self._blocks[index], of)) if index < len(self._blocks) else self._next[of]

    def backwards(self, moment: float, has: int) -> Iterator[int]:
        """Yield the blocks that have this kind of content, from the moment backwards, for a limited time."""
        deadline = time.monotonic() + MAX_SEARCH_SECONDS
        for index in range(self.last(moment), -1, -1):
            if index < self.count and self.has(index) & has:
                yield index
                if time.monotonic() > deadline:
                    return


class _State:
    def __init__(self) -> None:
        self.since = -1.0
        self.run = RunState.STARTING
        self.main: int | None = None
        self.rate = 0.0
        self.forgotten = schema.Forgotten()
        self.objects: dict[str, dict[int, Any]] = {name: {} for name in OBJECTS}
        """The objects as they stand in the file, by the name of their collection and by key."""
        self._converted: dict[str, dict[int, tuple[Any, Any]]] = {name: {} for name in OBJECTS}
        """The model's object that was made of each. An object that has not changed is reused."""
        self.findings: dict[tuple[object, ...], Finding] = {}

    def objects_of(self, collection: str) -> tuple[Any, ...]:
        """Return the objects of a collection, as the model has them."""
        read, before = conversion.COLLECTIONS[collection].read, self._converted[collection]
        after: dict[int, tuple[Any, Any]] = {}
        for key, record in self.objects[collection].items():
            known = before.get(key)
            after[key] = known if known is not None and known[0] is record else (record, read(record))
        self._converted[collection] = after
        return tuple(made for _, made in after.values())

    def apply(self, delta: Delta) -> None:
        if delta.full:
            for objects in self.objects.values():
                objects.clear()
            self.findings.clear()
        for name, objects in self.objects.items():
            for item in getattr(delta, name):
                objects[item.key] = item
        for name, keys in delta.gone.items():
            for key in keys:
                self.objects.get(name, {}).pop(key, None)
        for record in delta.findings:
            finding = conversion.FINDING.read(record)
            self.findings[finding.key] = finding
        self.since, self.run, self.main, self.rate = delta.since, delta.state, delta.main, delta.rate
        self.forgotten = delta.forgotten


def _whole(events: list[MessageEvent]) -> list[MessageEvent]:
    """Return events in which all steps of a message share one object, with the knowledge of the last step."""
    known: dict[tuple[object, ...], Message] = {}
    whole: list[MessageEvent] = []
    for event in reversed(events):
        message = event.message
        begin = message.left
        if begin is not None:
            last = known.setdefault((message.channel, message.sender, begin), message)
            if last is not message:
                event = MessageEvent(event.at, event.op, event.process, last)
        whole.append(event)
    whole.reverse()
    return whole


def _made(process: Process) -> float:
    """Return when a process was made. A delta also contains objects that were made after its beginning."""
    if process.created is not None:
        return process.created
    return 0.0 if process.started is None or process.role == "main" else process.started


def _until(stream: Stream[Timed], moment: float) -> Stream[Timed]:
    first, items = stream.since(0)
    return stream_of(first, [item for item in items if item.at <= moment])
