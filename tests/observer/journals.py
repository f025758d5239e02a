"""Writes journals without running a program, so that a run of any size takes only a moment."""

from __future__ import annotations

import os
from pathlib import Path

from rockproc.observer.journals.reader import Record
from rockproc.observer.run.observer import Observer
from rockproc.probe import layout, records

SECOND = 1_000_000_000


def read(content: records.Content, key: int, *, thread: int = 0, site: int = 0) -> Record:
    """Return the record that the reader makes of what a probe has written."""
    a, b, payload = content.pack()
    return Record(0, thread, key, a, b, site, content.KIND, payload)


class Invented:
    """A program whose journals a test writes, and its observer. Times are in seconds."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.observer = Observer(folder, 0, paced=False)
        self.now = 0.0

    def process(self, pid: int, parent: int = 1, how: str = "main") -> Written:
        return Written(self, pid, parent, how)

    def look(self, seconds: float = 0.05) -> int:
        self.now += seconds
        return self.observer.read(int(self.now * SECOND))


class Written:
    """The journal of one process. Each record gets the present time."""

    def __init__(self, program: Invented, pid: int, parent: int, how: str) -> None:
        self._program = program
        self.pid = pid
        self.path = program.folder / f"{pid}-{program.now:.3f}.journal"
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT)
        self.written = 0
        os.truncate(self._file, layout.SIZE)
        birth = int(program.now * SECOND)
        os.pwrite(self._file, layout.IDENTITY.pack(layout.MAGIC, layout.VERSION, pid, parent, birth), 0)
        self.record(records.ProbeStarted(pid, parent, how, "3.12.1", "/usr/bin/python3", ("invented.py",)), 1)
        self.record(records.File(1, b"/lab/invented.py"))

    def record(self, content: records.Content, key: int = 0, site: int = 0) -> None:
        a, b, payload = content.pack()
        self.write(content.KIND, key, a, b, site, payload)

    def write(self, kind: int, key: int, a: int = 0, b: int = 0, site: int = 0, payload: bytes | str = b"") -> None:
        data = payload.encode() if isinstance(payload, str) else payload
        at = int(self._program.now * SECOND) + self.written
        slot = layout.RING_AT + (self.written % layout.RECORDS) * layout.RECORD.size
        self.written += 1
        record = layout.RECORD.pack(at, 1, key, a, b, site and 1 << 32 | site, kind, len(data), 0, data, self.written)
        os.pwrite(self._file, record, slot)

    def cell(
        self,
        index: int,
        key: int,
        kind: int,
        first: int = 0,
        second: int = 0,
        third: int = 0,
        op: int = 0,
        since: float = 0,
        mask: int = 0,
    ) -> None:
        words = [key, 1, first, second, third, 0, int(since * SECOND), 0, op, kind, mask, 0]
        os.pwrite(self._file, layout.CELL.pack(*words), layout.CELLS_AT + index * layout.CELL.size)
        os.pwrite(self._file, layout.CURSOR.pack(index + 1), layout.CELLS_BACKED_AT)

    def close(self) -> None:
        os.close(self._file)
