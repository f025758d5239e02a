"""Writes what each poll of a run has found to a recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from ..model import OBJECTS, RunState, Snapshot, StateInterval, Stream
from ..model.keys import ProcessKey
from . import conversion, schema
from .block_file import BlockFile
from .format import Delta, End, Has, Head, Lane, encode, joined

BLOCK_SECONDS = 1.0
"""Seconds of the run that are lost at most when we are killed while something happens."""
_MAX_LOST_IDLE_SHARE = 0.1
"""The part of the time without events that is lost at most when we are killed."""
_BLOCK_BYTES = 1 << 20
_BYTES_BETWEEN_FULL_DELTAS = 512 << 10
"""The number of bytes after which every object is written again, so that each moment is near a full delta."""

Item = TypeVar("Item")


class Recorder:
    """Called from the observer's thread. `pending` holds the deltas that are not yet in the file, encoded."""

    def __init__(self, file: BlockFile, head: Head) -> None:
        self.file = file
        self.pending: list[tuple[float, float, bytes]] = []
        """The encoded deltas that are not in the file yet, with their begin and end."""
        self.has = 0
        file.write_head(encode(head))
        self._seen: dict[str, dict[int, Any]] = {name: {} for name in OBJECTS}
        self._findings: dict[tuple[object, ...], object] = {}
        self._streams = {"messages": 0, "output": 0, "marks": 0, "commands": 0, "threads": 0}
        self._tails: dict[ProcessKey, tuple[int, StateInterval]] = {}
        """The number of the newest span of each process, and that span: it alone may still change."""
        self._facts: tuple[RunState, int | None, float, schema.Forgotten] | None = None
        self._at = self._moved = self._written = 0.0
        """The last poll, the last one that found something, and the last one that is in the file or pending."""
        self._bytes = self._full_bytes = self._since_full = 0
        self._messages = self._lines = 0
        self._full = True

    def take(self, snapshot: Snapshot) -> None:
        """Record the differences from the last snapshot. Unchanged objects are the same copies in both."""
        since, self._at = self._at, max(snapshot.now, self._at)
        # A finding that has become a part of a larger one is gone, which only a full delta says.
        full = self._full or not self._findings.keys() <= {finding.key for finding in snapshot.findings}
        delta = Delta(since=since, at=self._at, full=full, state=snapshot.state, rate=snapshot.records_per_second)
        delta.main = snapshot.main.key if snapshot.main is not None else None
        for name in OBJECTS:
            self._objects(delta, name, getattr(snapshot, name))
        delta.forgotten = conversion.FORGOTTEN.write(snapshot.forgotten)
        if full:
            self._findings.clear()
        for finding in snapshot.findings:
            key = finding.key
            if full or self._findings.get(key) is not finding:
                self._findings[key] = finding
                delta.findings.append(conversion.FINDING.write(finding))
        delta.messages = self._new("messages", snapshot.messages)
        delta.output = [conversion.OUTPUT_LINE.write(line) for line in self._new("output", snapshot.output)]
        delta.marks = [conversion.MARK.write(mark) for mark in self._new("marks", snapshot.marks)]
        delta.commands = [conversion.COMMAND.write(command) for command in self._new("commands", snapshot.commands)]
        delta.threads = [
            conversion.THREAD_CHANGE.write(change) for change in self._new("threads", snapshot.thread_changes)
        ]
        self._spans(delta, snapshot.spans)
        facts = (delta.state, delta.main, delta.rate, delta.forgotten)
        if not (full or delta.has or delta.gone or facts != self._facts or _has_objects(delta)):
            if self.pending and self._at - self.pending[0][0] > BLOCK_SECONDS:
                self.flush()
            return
        self._facts = facts
        self._full = False
        self._append(delta, moved=True)

    def pass_over(self, now: float, *, force: bool = False) -> None:
        """Note a poll without changes: the changes that the next poll finds happened after it.

        Args:
            now: the time of the poll, in seconds since launch.
            force: True to record at once that nothing has happened; otherwise this is recorded from time to time.
        """
        since, self._at = self._at, max(now, self._at)
        force = force or self._at - self._written > max(BLOCK_SECONDS, (self._at - self._moved) * _MAX_LOST_IDLE_SHARE)
        if force and self._facts and self._at > self._written:
            state, main, rate, forgotten = self._facts
            delta = Delta(since=since, at=self._at, state=state, main=main, rate=rate, forgotten=forgotten)
            self._append(delta, moved=False)
            self.flush()

    def _objects(self, delta: Delta, name: str, objects: Sequence[Any]) -> None:
        seen = self._seen[name]
        changed = [item for item in objects if delta.full or seen.get(item.key) is not item]
        for item in changed:
            seen[item.key] = item
        if changed:
            write = conversion.COLLECTIONS[name].write
            setattr(delta, name, [write(item) for item in changed])
        if len(seen) != len(objects):
            keys = {item.key for item in objects}
            delta.gone[name] = [key for key in seen if key not in keys]
            for key in delta.gone[name]:
                del seen[key]

    def _new(self, name: str, stream: Stream[Item]) -> list[Item]:
        first, items = stream.since(self._streams[name])
        self._streams[name] = first + len(items)
        return items

    def _spans(self, delta: Delta, spans: dict[ProcessKey, Stream[StateInterval]]) -> None:
        for process in self._tails.keys() - spans.keys():
            del self._tails[process]
        for key, stream in spans.items():
            number, tail = self._tails.get(key, (0, None))
            first, items = stream.since(number)
            if not items:  # the newest has turned out not to be true, and the one before it is another
                first, items = stream.since(max(stream.total - 1, 0))
            if items and (len(items) > 1 or items[0] is not tail or first != number):
                delta.spans[key] = Lane(first, [conversion.INTERVAL.write(item) for item in items])
                self._tails[key] = (first + len(items) - 1, items[-1])

    def _append(self, delta: Delta, *, moved: bool) -> None:
        encoded = encode(delta)
        self._written = delta.at
        self._moved = delta.at if moved else self._moved
        if delta.full:
            self._full_bytes, self._since_full = len(encoded), 0
        self.pending.append((delta.since, delta.at, encoded))
        self.has |= delta.has if not self.pending[1:] else delta.has & ~Has.FULL
        self._bytes += len(encoded)
        self._messages += len(delta.messages)
        self._lines += len(delta.output)
        if self._bytes > _BLOCK_BYTES or self._at - self.pending[0][0] > BLOCK_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Write the pending deltas to the file."""
        if not self.pending:
            return
        deltas = [encoded for _, _, encoded in self.pending]
        begin, end = self.pending[0][0], self.pending[-1][1]
        self.file.append(joined(deltas), begin, end, self._messages, self._lines, self.has)
        self._since_full += self._bytes
        self._full = self._since_full > max(_BYTES_BETWEEN_FULL_DELTAS, self._full_bytes)
        self.pending, self.has = [], 0
        self._bytes = self._messages = self._lines = 0

    def finish(self, end: End) -> None:
        self.flush()
        self.file.finish(encode(end), end.at)


def _has_objects(delta: Delta) -> bool:
    return any(getattr(delta, name) for name in OBJECTS)
