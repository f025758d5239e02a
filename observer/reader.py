"""Reads the journals of a run while they are written."""

from __future__ import annotations

import contextlib
import mmap
import os
from pathlib import Path
from typing import NamedTuple

from ..probe import layout
from ..probe.layout import Kind


class Record(NamedTuple):
    """A record with its whole payload. Times are monotonic nanoseconds."""

    time: int
    thread: int
    key: int
    a: int
    b: int
    site: int
    kind: int
    payload: bytes


class CellState(NamedTuple):
    """What one thread or process has done with one object; see `probe.layout.Word`."""

    key: int
    thread: int
    a: int
    b: int
    c: int
    bytes: int
    since: int
    site: int
    op: int
    what: int
    mask: int
    number: int


class Totals(NamedTuple):
    dropped: int
    faults: int


_BATCH = 4096
_FAR = 8
_PATIENCE = 3
"""A record that is begun and not ended leaves a gap in the numbers. Later ones are looked for so far ahead, and at so
many looks before the gap is taken for one that will stay: its writer was interrupted, or killed."""
_LOOK = 4
"""Polls to one look for a gap."""


class Journal:
    """One process's journal, mapped for as long as it is of interest, also after the process has ended."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), layout.SIZE)
        magic, version, self.pid, self.parent, self.birth = layout.IDENTITY.unpack_from(self._map, 0)
        if magic != layout.MAGIC or version != layout.VERSION:
            raise ValueError(f"{path.name} is not a journal of this version")
        self._cursor = 0
        self._texts: dict[int, bytes] = {}
        self._waited = self._polls = 0
        self._block = b""
        self._cells: list[CellState] = []
        self.read_records = 0
        self.torn = 0
        """Records that were begun and never finished."""

    def records(self, limit: int = 100_000) -> list[Record]:
        """The records that have come since the last call, in the order of their numbers."""
        found: list[Record] = []
        batch = 16
        while len(found) < limit:
            if not self._is_written(self._cursor) and not self._skip_gap():
                break
            slot = self._cursor & (layout.RECORDS - 1)
            count = min(batch, layout.RECORDS - slot)
            start = layout.RING_AT + slot * layout.RECORD.size
            self._take(self._map[start : start + count * layout.RECORD.size], found)
            batch = min(batch * 4, _BATCH)
        if found:
            layout.CURSOR.pack_into(self._map, layout.CURSOR_AT, self._cursor)
            self.read_records += len(found)
        return found

    def _is_written(self, number: int) -> bool:
        slot = number & (layout.RECORDS - 1)
        at = layout.RING_AT + (slot + 1) * layout.RECORD.size - layout.CURSOR.size
        return layout.CURSOR.unpack_from(self._map, at)[0] == number + 1

    def _take(self, block: bytes, found: list[Record]) -> None:
        for time, thread, key, a, b, site, kind, length, token, payload, stamp in layout.RECORD.iter_unpack(block):
            if stamp != self._cursor + 1:
                break
            self._cursor += 1
            self._waited = 0
            payload = payload[:length]
            if kind == Kind.TEXT:
                self._texts[token] = self._texts.get(token, b"") + payload
                continue
            if token:
                payload = self._texts.pop(token, b"") + payload
            found.append(Record(time, thread, key, a, b, site, kind, payload))

    def _skip_gap(self) -> bool:
        """Pass over numbers whose records never came, once later ones have."""
        self._polls += 1
        if self._polls % _LOOK:
            return False
        ahead = next((ahead for ahead in range(1, _FAR) if self._is_written(self._cursor + ahead)), None)
        if ahead is None:
            self._waited = 0
            return False
        self._waited += 1
        if self._waited <= _PATIENCE:
            return False
        self.torn += ahead
        self._cursor += ahead
        self._waited = 0
        return True

    def cells(self) -> list[CellState]:
        used = min(layout.CURSOR.unpack_from(self._map, layout.CELLS_USED_AT)[0], layout.CELLS)
        block = self._map[layout.CELLS_AT : layout.CELLS_AT + used * layout.CELL.size]
        if block != self._block:
            self._block = block
            self._cells = list(map(CellState._make, layout.CELL.iter_unpack(block)))
        return self._cells

    def set_mask(self, index: int, mask: int) -> None:
        """From now on operation n of a cell leaves a record when n & mask is 0."""
        at = layout.CELLS_AT + index * layout.CELL.size + layout.Word.MASK * 8
        layout.CURSOR.pack_into(self._map, at, mask)

    def totals(self) -> Totals:
        return Totals(*layout.TOTALS.unpack_from(self._map, layout.TOTALS_AT))

    def crash(self) -> str:
        """The first error inside the probe, if there was one."""
        text = self._map[layout.CRASH_AT : layout.CRASH_AT + layout.CRASH_SIZE]
        return text.partition(b"\0")[0].decode("utf-8", "replace")

    def close(self) -> None:
        self._map.close()


class Journals:
    """All journals of a session folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[str] = set()
        self.open: list[Journal] = []

    def discover(self) -> list[Journal]:
        """Journals that have come since the last call."""
        new: list[Journal] = []
        with contextlib.suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.endswith(".journal") and entry.name not in self._seen:
                    self._seen.add(entry.name)
                    with contextlib.suppress(OSError, ValueError):
                        new.append(Journal(Path(entry.path)))
        new.sort(key=lambda journal: journal.birth)
        self.open.extend(new)
        return new

    def retire(self, journal: Journal) -> None:
        """Its process has ended, and all is read: its storage is needed no more."""
        self.open.remove(journal)
        journal.close()
        with contextlib.suppress(OSError):
            journal.path.unlink()

    def close(self) -> None:
        for journal in self.open:
            journal.close()
        self.open.clear()
