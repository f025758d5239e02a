"""Reads the journals of a run while they are written."""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import time
from itertools import count
from operator import eq
from pathlib import Path
from typing import NamedTuple

import msgspec
from rockproc.probe import layout
from rockproc.probe.layout import CellKind, Kind, Op

from ..kernel.own_file import open_own, read_own


class Record(msgspec.Struct, frozen=True, gc=False):
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
    """The counts and the present operation of one object in one thread or process.

    The fields are the words of a cell, in their order: `probe.layout` has names for their places, with which the counts
    are read, as in `cell[CHANNEL_SENT]`.
    """

    key: int
    thread: int
    first: int
    second: int
    third: int
    bytes: int
    since: int
    site: int
    operation: int
    """The operation (`op`), with a bit for a time-out."""
    kind: int
    mask: int
    number: int

    @property
    def operations(self) -> int:
        """The number of operations that the cell has counted and that may each leave a record."""
        return sum([self[word] for word in _OPERATIONS.get(self.kind, ())])

    @property
    def op(self) -> int:
        return self.operation & ~(Op.TIMED | Op.IN_PIECES | Op.NESTED)

    @property
    def timed(self) -> bool:
        """True if the operation that the thread is inside of ends by itself after some time."""
        return bool(self.operation & Op.TIMED)

    @property
    def nested(self) -> bool:
        """True if a signal handler has begun this operation during another one on the same object."""
        return bool(self.operation & Op.NESTED)

    @property
    def in_pieces(self) -> bool:
        """True if the operation sends a message that may be written in pieces."""
        return bool(self.operation & Op.IN_PIECES)


_OPERATIONS = {kind: counts.operations for kind, counts in layout.COUNTS.items()}


class Totals(NamedTuple):
    dropped: int
    faults: int


_BATCH_RECORDS = 4096
_RECORDS_AHEAD = 8
"""The number of records after a gap that are searched. A record that was begun and not finished leaves a gap."""
_GAP_SECONDS = 0.5
"""A gap that is older than this will stay: the writer was interrupted, or killed."""
_POLLS_PER_LOOK = 4
"""The number of polls per search for a gap."""
_FOLDER_TIME_GRAIN_NS = 1_000_000_000
"""A file system may give two changes within this time the same timestamp."""
_MAX_UNFINISHED_PAYLOADS = 1000
_SEEK_SECONDS = 1.0
"""The time between two searches of the whole ring for the same record."""
_STAMP_OFFSET = layout.RECORD.size - 8
_KIND_OFFSET, _LENGTH_OFFSET = 48, 50
_KINDS = frozenset(number for number in vars(Kind).values() if isinstance(number, int))
_OPS = frozenset(number for number in vars(Op).values() if isinstance(number, int))
_CELL_KINDS = frozenset([0, *(number for number in vars(CellKind).values() if isinstance(number, int))])
_MAX_COUNT = 1 << 52
_CLOCK_SLACK_NS = 1_000_000_000
_FAULT_BYTES = 4096


class Journal:
    """One process's journal, open for as long as it is of interest, also after the process has ended.

    It is read and not mapped: to look at a part of a map that has no storage yet would give it some, and end us where
    the disk is full. What has been read loses its storage, so that a long run takes no more memory than a short one.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = open_own(path, writable=True)
        head = os.pread(self._file, layout.IDENTITY.size, 0)
        if len(head) < layout.IDENTITY.size or not head.startswith(layout.MAGIC):
            self.close()
            raise ValueError(f"{path.name} is no journal")
        self._identity = head
        self.damage = ""
        """The evidence that something other than the probe has written here. Nothing is read from then on."""
        _, version, self.pid, self.parent, self.birth = layout.IDENTITY.unpack(head)
        if version != layout.VERSION:
            self.close()
            raise ValueError(f"{path.name} is not a journal of this version")
        self._cursor = self._given_back = 0
        self._gives_back = hasattr(mmap, "MADV_REMOVE")
        self._texts: dict[int, bytes] = {}
        self._polls = 0
        self._gap_since: float | None = None
        self._head = b""
        self._block = b""
        self._seen = (b"", b"")
        self._calm = 0
        self._sought: int = 0
        self._sought_at = 0.0
        """The number that was looked for last in the whole ring, in vain, and when."""
        self._sound_cells: list[CellState] = []
        """The cells of the last poll that found nothing implausible."""
        self.latest_cells: list[CellState] = []
        """The cells as of the last poll; the same list object for as long as they do not change."""
        self.latest_totals = Totals(0, 0)
        self.read_records = 0
        self.torn = 0
        """Records that were begun and never finished."""

    def may_have_records(self) -> bool:
        """Return whether there may be new records. Most of hundreds of sleeping processes write nothing.

        It is False only after several polls have found the same, so that none of their work is left half done.
        """
        try:
            seen = self._read(0, max(len(self._head), layout.CELLS_AT)), self._coming()
        except OSError:
            return True  # which the next reading reports
        self._calm = self._calm + 1 if seen == self._seen else 0
        self._seen = seen
        return self.damage == "" and (self._calm <= _POLLS_PER_LOOK or self._gap_since is not None or self._at_the_seam)

    def _coming(self) -> bytes:
        """Return the slots of the records that are expected next."""
        start = _place(self._cursor)
        return self._read(start, min(_RECORDS_AHEAD * layout.RECORD.size, layout.SIZE - start))

    @property
    def _at_the_seam(self) -> bool:
        """Return whether some of the next slots lie at the beginning of the ring."""
        return (self._cursor & (layout.RECORDS - 1)) + _RECORDS_AHEAD > layout.RECORDS

    def records(self, limit: int = 100_000, *, settled: bool = False) -> list[Record]:
        """Return the records that were written since the last call, in the order of their numbers.

        Args:
            limit: about as many records are returned at most.
            settled: the process has ended, so that no record is still being written.
        """
        found: list[Record] = []
        try:
            self._read_records(found, limit, settled)
        except OSError as error:
            self.give_up(error.strerror or str(error))
        return found

    def _read_records(self, found: list[Record], limit: int, settled: bool) -> None:
        begin, batch = self._cursor, 16
        while len(found) < limit and not self.damage:
            if not self._is_written(self._cursor) and not self._skip_gap(settled):
                break
            slot = self._cursor & (layout.RECORDS - 1)
            start = _place(self._cursor)
            # The complete records are counted in a first copy, so that none is decoded that the second shows by halves.
            whole = self._whole(self._read(start, min(batch, layout.RECORDS - slot) * layout.RECORD.size))
            block = self._read(start, whole * layout.RECORD.size)
            if wrong := self._implausible(block):
                self.give_up(wrong)
                break
            self._decode(block, found)
            batch = min(batch * 4, _BATCH_RECORDS)
        if self._cursor != begin:
            self._give_back()
            self.read_records += len(found)

    def _give_back(self) -> None:
        """Free the storage of whole chunks that have been read, and then let the writer use their place again.

        In this order, so that nothing is freed that has been written in the next round.
        """
        end = self._cursor - self._cursor % layout.CHUNK
        if end == self._given_back:
            return
        if self._gives_back:
            for begin in range(max(self._given_back, end - layout.RECORDS), end, layout.CHUNK):
                size = layout.CHUNK * layout.RECORD.size
                try:
                    with mmap.mmap(self._file, size, offset=_place(begin)) as chunk:
                        chunk.madvise(mmap.MADV_REMOVE)
                except (OSError, ValueError):  # not every file system can do that
                    self._gives_back = False
                    break
        self._given_back = end
        os.pwrite(self._file, layout.CURSOR.pack(end), layout.CURSOR_AT)

    def _implausible(self, block: bytes) -> str:
        """Return what in a block no probe would write; an empty text if all is plausible."""
        if not block:
            return ""
        halves = memoryview(block).cast("H")
        kinds = halves[_KIND_OFFSET // 2 :: layout.RECORD.size // 2].tolist()
        lengths = halves[_LENGTH_OFFSET // 2 :: layout.RECORD.size // 2].tolist()
        times = memoryview(block).cast("Q")[:: layout.RECORD.size // 8].tolist()
        if not _KINDS.issuperset(kinds):
            return "a record of an unknown kind"
        if max(lengths) > layout.PAYLOAD:
            return "a record that is too long"
        if max(times) > time.monotonic_ns() + _CLOCK_SLACK_NS:
            return "a record from the future"
        return ""

    def _implausible_cells(self) -> str:
        if self._head[: layout.IDENTITY.size] != self._identity:
            return "another header"
        for cell in self.latest_cells:
            if cell.kind not in _CELL_KINDS or cell.op not in _OPS or max(cell[2:5]) > _MAX_COUNT:
                return "an impossible cell"
        return ""

    def give_up(self, damage: str) -> None:
        """Stop reading. Counts stay; the present operations of threads are no longer known."""
        self.damage = damage
        self._gap_since = None
        self.latest_cells = [cell._replace(since=0, operation=0, mask=0) for cell in self._sound_cells]

    def _read(self, start: int, size: int) -> bytes:
        """Return a part of the file, which has had its size from the start. Raises OSError where it is shorter."""
        block = os.pread(self._file, size, start)
        if len(block) < size:
            raise OSError(errno.EIO, "it was cut")
        return block

    def _number(self, start: int) -> int:
        number: int = layout.CURSOR.unpack(self._read(start, layout.CURSOR.size))[0]
        return number

    def _whole(self, block: bytes) -> int:
        """Return how many records at the beginning of a block of the ring are the next ones."""
        fit = list(map(eq, _stamps(block), count(self._cursor + 1)))
        return fit.index(False) if False in fit else len(fit)

    def _is_written(self, number: int) -> bool:
        return self._number(_place(number) + _STAMP_OFFSET) == number + 1

    def _decode(self, block: bytes, found: list[Record]) -> None:
        self._gap_since = None
        self._cursor += len(block) // layout.RECORD.size
        for at, thread, key, a, b, site, kind, length, token, payload, _ in layout.RECORD.iter_unpack(block):
            payload = payload[:length]
            if kind == Kind.TEXT:
                self._texts[token] = self._texts.get(token, b"") + payload
                if len(self._texts) > _MAX_UNFINISHED_PAYLOADS:
                    del self._texts[next(iter(self._texts))]
                continue
            if token:
                payload = self._texts.pop(token, b"") + payload
            found.append(Record(at, thread, key, a, b, site, kind, payload))

    def _skip_gap(self, settled: bool) -> bool:
        """Pass over numbers whose records never came, once later ones have."""
        self._polls += 1
        if self._polls % _POLLS_PER_LOOK and not settled:
            return False
        ahead = self._ahead()
        if ahead is None:
            self._gap_since = None
            return self._skip_dropped()
        now = time.monotonic()
        if self._gap_since is None:
            self._gap_since = now
        if now - self._gap_since < _GAP_SECONDS and not settled:
            return False
        self.torn += ahead
        self._cursor += ahead
        self._gap_since = None
        return True

    def _ahead(self) -> int | None:
        """Return how far the next record that was written lies behind the one that is expected."""
        if self._at_the_seam:
            return next((ahead for ahead in range(1, _RECORDS_AHEAD) if self._is_written(self._cursor + ahead)), None)
        stamps = _stamps(self._coming())
        return next((ahead for ahead, stamp in enumerate(stamps) if ahead and stamp == self._cursor + ahead + 1), None)

    def _skip_dropped(self) -> bool:
        """Pass over the numbers of records for which there was no room."""
        resumed, now = self._number(layout.RESUMED_AT), time.monotonic()
        if resumed <= self._cursor or (resumed == self._sought and now - self._sought_at < _SEEK_SECONDS):
            return False
        stamps: list[int] = []
        for slot in range(0, layout.RECORDS, _BATCH_RECORDS):
            block = self._read(layout.RING_AT + slot * layout.RECORD.size, _BATCH_RECORDS * layout.RECORD.size)
            stamps += _stamps(block)
        # A damaged journal may have a stamp in a slot that is not its own, where the reader would search for it again
        # and again.
        following = min(
            (
                stamp
                for slot, stamp in enumerate(stamps)
                if self._cursor < stamp <= resumed + layout.RECORDS and (stamp - 1) % layout.RECORDS == slot
            ),
            default=None,
        )
        if following is None:
            self._sought, self._sought_at = resumed, now
            return False
        self._cursor = following - 1
        return True

    def look(self) -> bool:
        """Read the cells and totals: whether any of them has changed."""
        if self.damage:
            return False
        try:
            changed = self._look()
        except OSError as error:
            self.give_up(error.strerror or str(error))
            return True
        if changed:
            if wrong := self._implausible_cells():
                self.give_up(wrong)
            else:
                self._sound_cells = self.latest_cells
        return changed

    def _look(self) -> bool:
        size = layout.CELL.size
        head = self._read(0, max(len(self._head), layout.CELLS_AT))
        backed = min(layout.CURSOR.unpack_from(head, layout.CELLS_BACKED_AT)[0], layout.CELLS)
        if len(head) < layout.CELLS_AT + backed * size:
            head = self._read(0, layout.CELLS_AT + backed * size)
        if head == self._head:
            return False
        self._head = head
        self.latest_totals = Totals(*layout.TOTALS.unpack_from(head, layout.TOTALS_AT))
        block = head[layout.CELLS_AT :].rstrip(b"\0")
        block = block.ljust(-(-len(block) // size) * size, b"\0")
        if block != self._block:
            self._block = block
            self.latest_cells = list(map(CellState._make, layout.CELL.iter_unpack(block)))
        return True

    def cells(self) -> list[CellState]:
        self.look()
        return self.latest_cells

    def set_mask(self, index: int, mask: int) -> None:
        """Let operation n of a cell leave a record only when n & mask is 0, from now on."""
        at = layout.CELLS_AT + index * layout.CELL.size + layout.MASK_WORD * 8
        if not self.damage:
            os.pwrite(self._file, layout.CURSOR.pack(mask), at)

    def totals(self) -> Totals:
        self.look()
        return self.latest_totals

    def crash(self) -> str:
        """Return the first error inside the probe, if there was one."""
        text = self._read(layout.CRASH_AT, layout.CRASH_SIZE)
        return text.partition(b"\0")[0].decode("utf-8", "replace")

    def close(self) -> None:
        os.close(self._file)


def _place(number: int) -> int:
    """Return the offset of the record with that number, whether it is written yet or not."""
    return layout.RING_AT + (number & (layout.RECORDS - 1)) * layout.RECORD.size


def _stamps(block: bytes) -> list[int]:
    return memoryview(block).cast("Q")[_STAMP_OFFSET // 8 :: layout.RECORD.size // 8].tolist()


class JournalFolder:
    """The journals in the folder of a session."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: set[str] = set()
        self._changed_at = -1
        """The folder's own time of change at the last look, where nothing can have come since with the same time."""
        self.open: list[Journal] = []
        self.fault = ""
        """Why the probe could not begin in a process, the first of those in which it could not."""

    def discover(self) -> list[Journal]:
        """Journals that have come since the last call."""
        new: list[Journal] = []
        if not self._may_have_more():
            return new
        with contextlib.suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            for entry in entries:
                if not entry.name.endswith((".journal", ".fault")) or entry.name in self._seen:
                    continue
                self._seen.add(entry.name)
                path = Path(entry.path)
                with contextlib.suppress(OSError, ValueError):
                    if path.suffix == ".journal":
                        new.append(Journal(path))
                    else:
                        text = read_own(path, _FAULT_BYTES).decode("utf-8", "replace")
                        self.fault = self.fault or f"process {path.stem}: {text}"
        new.sort(key=lambda journal: journal.birth)
        self.open.extend(new)
        return new

    def _may_have_more(self) -> bool:
        before, now = self._changed_at, time.time_ns()
        try:
            changed = self._folder.stat().st_mtime_ns
        except FileNotFoundError:
            return False
        self._changed_at = changed if now - changed > _FOLDER_TIME_GRAIN_NS else -1
        return changed != before

    def retire(self, journal: Journal) -> None:
        """Close and delete a journal that was read completely after the end of its process."""
        self.open.remove(journal)
        journal.close()
        with contextlib.suppress(OSError):
            journal.path.unlink()
            self._seen.discard(journal.path.name)

    def close(self) -> None:
        for journal in self.open:
            journal.close()
        self.open.clear()
