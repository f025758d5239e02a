"""A journal that the program has damaged hides its process and nothing else. No file in the folder is waited for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from rockproc.observer.journals.reader import JournalFolder
from rockproc.observer.kernel.own_file import open_own, read_own
from rockproc.observer.model import Snapshot, UnobservedReason, coverage_of
from rockproc.probe import layout, records
from rockproc.probe.layout import CellKind, Kind, Op

from tests.observer.journals import SECOND, Invented, Written

TASKS = 77 << 32


def _overwrite(path: Path, place: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(data)


def _header(worker: Written) -> None:
    _overwrite(worker.path, 3, b"\xff")


def _cut(worker: Written) -> None:
    os.truncate(worker.path, layout.RING_AT)


def _cell(worker: Written) -> None:
    _overwrite(worker.path, layout.CELLS_AT + layout.CELL_KIND_WORD * 8, b"\xee")


def _count(worker: Written) -> None:
    _overwrite(worker.path, layout.CELLS_AT + layout.FIRST_COUNT * 8 + 7, b"\x80")


def _kind(worker: Written) -> None:
    worker.write(999, TASKS)


def _time(worker: Written) -> None:
    worker.write(Kind.PUT, TASKS)
    slot = layout.RING_AT + (worker.written - 1) * layout.RECORD.size
    _overwrite(worker.path, slot + 7, b"\x7f")


def _payload(worker: Written) -> None:
    worker.write(Kind.CHANNEL, TASKS + 1, payload=b"\xff\xff\xff\xff")


DAMAGES: dict[str, Callable[[Written], None]] = {
    "header": _header,
    "cut": _cut,
    "cell": _cell,
    "count": _count,
    "kind": _kind,
    "time": _time,
    "payload": _payload,
}


def _lost(snapshot: Snapshot) -> list[str]:
    return [finding.message for finding in snapshot.findings if finding.rule == "lost-track"]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_journal_is_named_and_others_are_still_read(damage: str, tmp_path: Path) -> None:
    program = Invented(tmp_path)
    first, second = program.process(10), program.process(11, parent=10, how="program")
    for number, process in enumerate((first, second)):
        process.record(records.Channel(0, 0, "Queue", "", "", ""), TASKS)
        process.cell(0, TASKS, CellKind.CHANNEL, first=3 + number, op=Op.GET, since=0.01)
    program.look()
    assert [len(process.waits) for process in program.observer.snapshot().processes] == [1, 1]
    DAMAGES[damage](second)
    first.cell(0, TASKS, CellKind.CHANNEL, first=7, op=Op.GET, since=0.01)
    for _ in range(3):
        program.look()
        program.observer.find()
    snapshot = program.observer.snapshot()
    one, other = snapshot.processes
    assert (one.unobserved, other.unobserved) == (None, UnobservedReason.DAMAGED_JOURNAL)
    assert (one.operations, other.operations) == (7, 4), "what was counted before stays"
    assert [len(process.waits) for process in (one, other)] == [1, 0], "what it does now is not known"
    assert _lost(snapshot) == [f"rockproc-tui lost track of {other.name}: its journal is damaged"]
    assert snapshot.now == program.now
    (unobserved,) = coverage_of(snapshot).unobserved
    assert (unobserved.process.key, unobserved.reason) == (other.key, "damaged journal")
    program.observer.close()


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    """A pipe would wait for a writer, and a device may do anything."""
    os.mkfifo(tmp_path / "1.journal")
    os.mkfifo(tmp_path / "2.fault")
    (tmp_path / "3.journal").symlink_to("/dev/zero")
    (tmp_path / "4.fault").symlink_to("/dev/tty")
    (tmp_path / "5.journal").mkdir()
    (tmp_path / "6.fault").write_bytes(b"x" * 100_000)
    journals = JournalFolder(tmp_path)
    assert journals.discover() == []
    assert 0 < len(journals.fault) < 10_000
    for name in ("1.journal", "3.journal", "5.journal", "missing"):
        with pytest.raises((OSError, ValueError)):
            open_own(tmp_path / name)
    assert read_own(tmp_path / "6.fault", 10) == b"x" * 10
    journals.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
def test_files_of_other_users_are_not_opened(tmp_path: Path) -> None:
    (tmp_path / "1.journal").touch()
    os.chown(tmp_path / "1.journal", 12345, 12345)
    with pytest.raises(ValueError, match="not a regular file of this user"):
        open_own(tmp_path / "1.journal")


@pytest.mark.timeout(60)
def test_a_stamp_in_the_wrong_slot_is_not_sought_without_end(tmp_path: Path) -> None:
    """The stamp lies behind a gap that the reader must skip, according to the header."""
    program = Invented(tmp_path)
    worker = program.process(10)
    program.look()
    expected, wrong_slot = worker.written, worker.written + 5000
    place = layout.RING_AT + (wrong_slot + 1) * layout.RECORD.size - layout.CURSOR.size
    _overwrite(worker.path, place, layout.CURSOR.pack(expected + 1))
    _overwrite(worker.path, layout.RESUMED_AT, layout.CURSOR.pack(expected + 9))
    assert program.observer.read(int(program.now * SECOND), settled=True) == 0
    program.observer.close()
