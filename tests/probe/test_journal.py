"""The journal that a process writes, and its reader, in one process."""

from __future__ import annotations

import errno
import os
import resource
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from rockproc.observer.journals.reader import CellState, Journal, JournalFolder, Record
from rockproc.probe import cells, journal, layout
from rockproc.probe.layout import FIRST_COUNT, MASK_WORD, CellKind, Kind, Op
from rockproc.probe.taps import process


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A journal has begun in this folder."""
    for name in ("path", "memory", "level"):
        monkeypatch.setattr(journal, name, getattr(journal, name))
    monkeypatch.setattr(journal, "folder", str(tmp_path))
    journal.begin()
    cells.begin()
    yield tmp_path
    journal.memory = None
    cells.begin()


@pytest.fixture
def reader(folder: Path) -> Iterator[Journal]:
    """The reader of the journal, as the observer uses it."""
    journals = JournalFolder(folder)
    (found,) = journals.discover()
    yield found
    journals.close()


def _view(tap: cells.Tap) -> memoryview:
    """Return the words of this thread's cell of the tap."""
    return cast("Any", tap.cell()).view


def everything(reader: Journal) -> list[Record]:
    """Return all records of a journal to which nothing more will be written."""
    found = reader.records(settled=True)
    while more := reader.records(settled=True):
        found += more
    return found


def test_a_journal_identifies_its_process(reader: Journal) -> None:
    assert (reader.pid, reader.parent) == (os.getpid(), os.getppid())
    assert reader.records() == []
    assert reader.totals() == (0, 0)


def test_the_parent_stays_the_same_in_a_second_journal(reader: Journal) -> None:
    del reader
    parent = journal.parent
    journal.begin()
    assert (journal.pid, journal.parent) == (os.getpid(), parent)


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 128, 129, 1000, 5000])
def test_a_record_is_read_as_it_was_written(reader: Journal, size: int) -> None:
    payload = os.urandom(size)
    journal.write(Kind.PUT, 2**64 - 1, -1, 2**63 - 1, 5 << 32 | 7, payload, moment=11)
    journal.write(Kind.RUN, 3)
    first, second = reader.records()
    assert first == Record(11, threading.get_ident(), 2**64 - 1, -1, 2**63 - 1, 5 << 32 | 7, Kind.PUT, payload)
    assert (second.key, second.kind, second.payload) == (3, Kind.RUN, b"")
    assert second.time > 11
    assert reader.records() == []


def test_the_ring_is_reused(reader: Journal) -> None:
    """A reader loses nothing in many rounds of the ring."""
    expected = 0
    for _ in range(5):
        for number in range(layout.RECORDS // 2):
            journal.write(Kind.PUT, expected + number)
        found = reader.records(layout.RECORDS)
        assert [record.key for record in found] == list(range(expected, expected + layout.RECORDS // 2))
        expected += len(found)
    assert reader.totals().dropped == 0


def test_nothing_unread_is_overwritten(reader: Journal) -> None:
    """A full ring takes no more records, counts those without room, and continues when there is room again."""
    for number in range(layout.RECORDS + 1000):
        journal.write(Kind.PUT, number)
    assert reader.totals().dropped == 1000
    found = everything(reader)
    while more := everything(reader):
        found += more
    assert [record.key for record in found] == list(range(layout.RECORDS))
    for number in range(5000):
        journal.write(Kind.SENT, number)
    assert [record.key for record in everything(reader)] == list(range(5000))
    assert reader.totals().dropped == 1000
    assert reader.torn == 0


def test_several_gaps_in_the_ring_are_passed_over(reader: Journal) -> None:
    written, lost = 0, 0
    for _ in range(3):
        while reader.totals().dropped < lost + 10:
            journal.write(Kind.PUT, written)
            written += 1
        lost = reader.totals().dropped
        assert len(reader.records(3000)) >= 3000
    journal.write(Kind.PUT, written)
    while everything(reader):
        pass
    assert reader.read_records == written + 1 - reader.totals().dropped


def test_a_record_that_is_never_finished_is_passed_over(reader: Journal) -> None:
    journal.write(Kind.PUT, 1)
    next(journal._sequence)  # its writer was killed before it could write
    journal.write(Kind.PUT, 2)
    assert [record.key for record in everything(reader)] == [1, 2]
    assert reader.torn == 1


def test_a_record_that_is_late_is_waited_for(reader: Journal) -> None:
    number = next(journal._sequence)
    journal.write(Kind.PUT, 2)
    assert reader.records() == []
    assert reader.records() == []
    sequence, journal._sequence = journal._sequence, iter([number])
    journal.write(Kind.PUT, 1)
    journal._sequence = sequence
    assert [record.key for record in everything(reader)] == [1, 2]
    assert reader.torn == 0


def becomes_idle(reader: Journal) -> bool:
    """Look until the reader says that it is idle; return False if it never does."""
    for _ in range(20):
        if not reader.may_have_records():
            return True
        reader.records()
        reader.look()
    return False


@pytest.mark.parametrize("before", [0, 7, layout.RECORDS - 3])
def test_an_idle_journal_is_read_again_after_any_write(reader: Journal, before: int) -> None:
    for number in range(before):
        journal.write(Kind.PUT, number)
    everything(reader)
    at_the_seam = before > 7
    assert becomes_idle(reader) is not at_the_seam
    journal.write(Kind.PUT, 1)
    assert reader.may_have_records()
    assert [record.key for record in everything(reader)] == [1]
    assert becomes_idle(reader) is not at_the_seam
    tap = cells.Tap(5, CellKind.LOCK)
    tap.renew()[FIRST_COUNT] += 1
    assert reader.may_have_records()
    assert [cell.first for cell in reader.cells()] == [1]
    assert becomes_idle(reader) is not at_the_seam
    next(journal._sequence)  # its writer was killed before it could write
    assert becomes_idle(reader) is not at_the_seam
    journal.write(Kind.PUT, 2)
    assert reader.may_have_records()
    deadline = time.monotonic() + 10
    found: list[int] = []
    while not found and time.monotonic() < deadline:
        if reader.may_have_records():
            found += [record.key for record in reader.records()]
        time.sleep(0.01)
    assert found == [2]


def test_a_payload_without_its_beginning_is_not_written(reader: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(512):  # what the file has had room for from its beginning
        journal.write(Kind.RUN, number)
    with monkeypatch.context() as patch:
        patch.setattr(journal, "extend", no_room)
        journal.write(Kind.FILE, 0, 1, payload=b"x" * 1000)
    journal.write(Kind.PUT, 5)
    assert [record.kind for record in everything(reader)[512:]] == [Kind.PUT]


def no_room(_start: int, _size: int) -> None:
    raise OSError(errno.ENOSPC, "full")


def test_records_lost_to_a_full_disk_are_counted(reader: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.write(Kind.PUT, 0)
    with monkeypatch.context() as patch:
        patch.setattr(journal, "extend", no_room)
        for number in range(1, 1000):
            journal.write(Kind.PUT, number)
        views = [cells.new_view(1, CellKind.CHANNEL, []) for _ in range(journal.CELLS + 1)]
        views[-1][FIRST_COUNT] += 1
        assert not journal.affordable(views[-1], journal.now())
    assert len(reader.cells()) == journal.CELLS
    assert [record.key for record in everything(reader)] == list(range(512))
    assert reader.totals().dropped == 488 + 1
    # And there is storage again: for every place of the ring, the next time round as well.
    found: list[Record] = []
    for number in range(1000, 1000 + layout.RECORDS):
        journal.write(Kind.PUT, number)
        if number % 10_000 == 0:
            found += everything(reader)
    found += everything(reader)
    assert [record.key for record in found] == list(range(1000, 1000 + layout.RECORDS))
    assert Path(journal.path).stat().st_blocks * 512 < layout.RING_AT + 4 * layout.CHUNK * layout.RECORD.size


def test_a_journal_takes_only_what_it_needs(reader: Journal) -> None:
    journal.write(Kind.PUT, 0)
    cells.new_view(1, CellKind.CHANNEL, [])
    reader.records()
    reader.cells()
    assert Path(journal.path).stat().st_blocks * 512 < 200_000


def test_records_of_several_threads_are_complete(reader: Journal) -> None:
    def write(thread: int) -> None:
        for number in range(5000):
            journal.write(Kind.PUT, thread, number, payload=b"%d" % number * 20)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for started in threads:
        started.start()
    found: list[Record] = []
    while any(thread.is_alive() for thread in threads):
        found += reader.records()
    found += everything(reader)
    for thread in range(4):
        own = [record for record in found if record.key == thread]
        assert [record.a for record in own] == list(range(5000))
        assert all(record.payload == b"%d" % record.a * 20 for record in own)
    assert (reader.torn, reader.totals().dropped) == (0, 0)


def test_objects_beyond_the_number_of_cells_work_uncounted(reader: Journal) -> None:
    """An object without a cell must work, and is not counted."""
    slots: list[int] = []
    for number in range(layout.CELLS + 10):
        cells.Cell(number + 1, CellKind.CHANNEL, slots).view[FIRST_COUNT] += 1
    found = reader.cells()
    assert [cell.key for cell in found] == list(range(1, layout.CELLS + 1))
    assert all(cell.first == 1 for cell in found)
    assert reader.totals().dropped == 10


def test_cells_of_deleted_objects_are_recorded_and_reused(reader: Journal) -> None:
    kept = cells.Tap(1, CellKind.CHANNEL)
    _view(kept)[FIRST_COUNT] = 5
    for number in range(2, 2 * layout.CELLS):
        tap = cells.Tap(number, CellKind.CHANNEL)
        _view(tap)[FIRST_COUNT] = number
        del tap
    left = [record for record in everything(reader) if record.kind == Kind.CELL_LEFT]
    words = [CellState._make(layout.CELL.unpack(record.payload)) for record in left]
    assert [(cell.key, cell.first, cell.kind) for cell in words] == [
        (number, number, CellKind.CHANNEL) for number in range(2, 2 * layout.CELLS)
    ]
    assert [(cell.key, cell.first) for cell in reader.cells() if cell.kind] == [(1, 5)]
    assert reader.totals().dropped == 0


def test_joins_need_one_cell_for_all_processes(reader: Journal) -> None:
    for number in range(10):
        child = SimpleNamespace(_identity=(number,), _parent_pid=5, _popen=None)
        process.joining(child, None)
        (cell,) = reader.cells()
        assert (cell.key, cell.op, cell.first) == (5 << 32 | number, Op.JOIN, number)
        process.joined(child)
        assert reader.cells()[0].op == Op.NONE


def test_threads_get_separate_cells(reader: Journal) -> None:
    def make(thread: int) -> None:
        for number in range(200):
            view = cells.new_view(thread * 1000 + number + 1, CellKind.CHANNEL, [])
            view[FIRST_COUNT] = thread * 1000 + number + 1

    threads = [threading.Thread(target=make, args=(number,)) for number in range(4)]
    for started in threads:
        started.start()
    for started in threads:
        started.join()
    found = [cell for cell in reader.cells() if cell.kind]
    assert sorted(cell.key for cell in found) == sorted(t * 1000 + n + 1 for t in range(4) for n in range(200))
    assert all(cell.key == cell.first for cell in found)


def test_a_fork_has_a_journal_of_its_own(folder: Path, reader: Journal) -> None:
    tap = cells.Tap(7, CellKind.CHANNEL)
    _view(tap)[FIRST_COUNT] += 1
    pid = os.fork()
    if not pid:
        try:
            journal.begin()
            cells.begin()
            _view(tap)[FIRST_COUNT] += 5
            journal.write(Kind.RUN, 9)
        finally:
            os._exit(0)
    os.waitpid(pid, 0)
    journal.write(Kind.RUN, 8)
    journals = JournalFolder(folder)
    child = next(journal for journal in journals.discover() if journal.pid == pid)
    assert child.parent == os.getpid()
    assert [record.key for record in child.records()] == [9]
    assert [record.key for record in reader.records()] == [8]
    assert [(cell.key, cell.first) for cell in child.cells()] == [(7, 5)]
    assert [(cell.key, cell.first) for cell in reader.cells()] == [(7, 1)]
    journals.close()


def test_without_a_free_descriptor_there_is_no_journal(folder: Path) -> None:
    """A process that cannot have a journal continues without one."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            journal.begin()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert journal.memory is None
    cells.begin()
    journal.write(Kind.RUN, 1)
    cells.Cell(1, CellKind.CHANNEL, []).leave()
    assert len(list(folder.glob("*.journal"))) == 1


@pytest.mark.usefixtures("folder")
def test_the_detail_light_records_no_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "level", "light")
    view = cells.new_view(1, CellKind.CHANNEL, [])
    for number in range(1, 100_000, 77):
        assert number & view[MASK_WORD]


def test_a_file_that_is_no_journal_is_ignored(tmp_path: Path) -> None:
    (tmp_path / "1-1.journal").write_bytes(b"")
    (tmp_path / "2-2.journal").write_bytes(b"x" * 5000)
    (tmp_path / "3-3.journal~").write_bytes(b"")
    (tmp_path / "4-4.journal").mkdir()
    assert JournalFolder(tmp_path).discover() == []


def test_read_chunks_are_freed_and_unread_ones_are_kept(reader: Journal) -> None:
    """The storage of whole chunks is given back, but never that of an unread record."""
    found: list[int] = []
    sizes: list[int] = []
    for number in range(3 * layout.RECORDS):
        journal.write(Kind.PUT, number)
        if number % 7919 == 0:
            found += [record.key for record in reader.records(1)]
            sizes.append(Path(journal.path).stat().st_blocks * 512)
        if number % 50_000 == 0:
            found += [record.key for record in everything(reader)]
    found += [record.key for record in everything(reader)]
    assert found == list(range(3 * layout.RECORDS))
    assert max(sizes) < layout.RING_AT + 60_000 * layout.RECORD.size
    assert Path(journal.path).stat().st_blocks * 512 < layout.RING_AT + 2 * layout.CHUNK * layout.RECORD.size


def test_two_threads_write_while_storage_is_freed(reader: Journal) -> None:
    count = 2 * layout.RECORDS // 3

    def write(thread: int) -> None:
        for number in range(count):
            journal.write(Kind.PUT, thread * count + number)

    threads = [threading.Thread(target=write, args=(thread,)) for thread in range(3)]
    for thread in threads:
        thread.start()
    found: list[int] = []
    while any(thread.is_alive() for thread in threads):
        found += [record.key for record in reader.records()]
    for thread in threads:
        thread.join()
    found += [record.key for record in everything(reader)]
    assert len(found) + reader.totals().dropped == 3 * count
    assert len(set(found)) == len(found)
