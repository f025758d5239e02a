"""Two threads update an item in a manager, according to the records of their calls."""

from __future__ import annotations

from pathlib import Path

import pytest
from rockproc.observer.journals.reader import Record
from rockproc.observer.model import ManagedObject, Site, Thread
from rockproc.observer.model.keys import ManagedKey, ManagerKey, ProcessKey
from rockproc.observer.trackers.managed_updates import ManagedUpdates
from rockproc.probe import records
from rockproc.probe.layout import Kind

ONE, OTHER = (ProcessKey(1), 1), (ProcessKey(2), 1)


class Calls:
    """Calls for one dict, each of which takes ten nanoseconds."""

    def __init__(self, line: str, folder: Path) -> None:
        script = folder / "program.py"
        script.write_text(f"{line}\nd['n'] = 0\n")
        self.site = Site(str(script), 1)
        self.managed = ManagedObject(ManagedKey(5), ManagerKey(4), "dict", "d")
        self._updates = ManagedUpdates()
        self._numbers = {ONE: 0, OTHER: 0}

    def call(self, thread: Thread, call: str, time: int, line: int = 1) -> None:
        self._numbers[thread] += 1
        a, b, payload = records.Call(10, self._numbers[thread], call).pack()
        record = Record(time, thread[1], 5, a, b, 1, Kind.CALL, payload)
        self._updates.apply(self.managed, thread, record, Site(self.site.path, line))

    def skip(self, thread: Thread) -> None:
        """Let a call of this thread leave no record."""
        self._numbers[thread] += 1

    def update(self, thread: Thread, number: int, read: int, write: int) -> None:
        self.call(thread, "__getitem__('n')", read)
        self.call(thread, f"__setitem__('n', {number})", write)

    @property
    def lost(self) -> int:
        return sum(item.count for item in self.managed.lost_items)


@pytest.fixture
def calls(tmp_path: Path) -> Calls:
    return Calls("d['n'] += 1", tmp_path)


def test_both_have_read_before_either_writes(calls: Calls) -> None:
    calls.update(ONE, 1, read=0, write=50)
    calls.update(OTHER, 7, read=20, write=70)
    assert calls.lost == 1
    assert (calls.managed.lost_items[0].item, calls.managed.lost_items[0].site) == ("'n'", calls.site)


def test_a_write_between_the_two_calls_of_another_thread(calls: Calls) -> None:
    calls.call(OTHER, "__setitem__('n', 100)", 20, line=2)
    calls.update(ONE, 5, read=0, write=50)
    assert calls.lost == 1


@pytest.mark.parametrize(("line", "lost"), [("d['n'] += 1", 1), ("d['n'] = max(d['n'], x)", 0)])
def test_the_same_number_from_two_threads(line: str, lost: int, tmp_path: Path) -> None:
    """Updates that overlap and add a constant have read the same number, so one of them is lost."""
    calls = Calls(line, tmp_path)
    calls.update(ONE, 8, read=0, write=15)
    calls.update(OTHER, 8, read=14, write=26)
    assert calls.lost == lost


def test_updates_one_after_the_other(calls: Calls) -> None:
    for round_ in range(10):
        calls.update(ONE, 2 * round_ + 1, read=100 * round_, write=100 * round_ + 20)
        calls.update(OTHER, 2 * round_ + 2, read=100 * round_ + 50, write=100 * round_ + 70)
    assert calls.lost == 0


def test_processes_that_update_an_item_meanwhile_are_noted(calls: Calls) -> None:
    calls.update(ONE, 1, read=0, write=20)
    calls.update(OTHER, 2, read=50, write=70)
    assert calls.managed.shared_items == (), "one may have begun when the other had ended"
    calls.update(ONE, 3, read=100, write=120)
    assert {(shared.item, shared.process, shared.site) for shared in calls.managed.shared_items} == {
        ("'n'", ONE[0], calls.site),
        ("'n'", OTHER[0], calls.site),
    }


def test_processes_with_a_lock_of_the_file_system_are_not_noted(tmp_path: Path) -> None:
    calls = Calls("with FileLock('n.lock'): d['n'] += 1", tmp_path)
    for start in (0, 100):
        calls.update(ONE, 1, read=start, write=start + 20)
        calls.update(OTHER, 2, read=start + 50, write=start + 70)
    assert calls.managed.shared_items == ()


def test_a_number_that_was_set_back_comes_again(calls: Calls) -> None:
    calls.update(ONE, 1, read=0, write=20)
    calls.call(ONE, "__setitem__('n', 0)", 40, line=2)
    calls.update(OTHER, 1, read=60, write=80)
    assert calls.lost == 0


def test_a_number_that_was_set_back_without_a_record_comes_again(calls: Calls) -> None:
    calls.update(ONE, 1, read=0, write=20)
    calls.update(OTHER, 1, read=60, write=80)
    assert calls.lost == 0


def test_only_certainly_lost_updates_are_counted(calls: Calls) -> None:
    """The second and the third write overlap: if the third comes first, only the second has overwritten anything."""
    calls.update(ONE, 1, read=0, write=40)
    calls.update(OTHER, 1, read=20, write=60)
    calls.update(ONE, 2, read=52, write=65)
    assert calls.lost == 1


def test_a_call_without_a_record_between_the_read_and_the_write(calls: Calls) -> None:
    """The last value that the thread has read is then unknown, so no update may be reported as lost."""
    calls.call(ONE, "__getitem__('n')", 0)
    calls.update(OTHER, 1, read=20, write=40)
    calls.skip(ONE)
    calls.skip(ONE)
    calls.call(ONE, "__setitem__('n', 2)", 70)
    assert calls.lost == 0


def test_items_are_counted_separately(calls: Calls) -> None:
    calls.update(ONE, 1, read=0, write=50)
    calls.call(OTHER, "__getitem__('m')", 20)
    calls.call(OTHER, "__setitem__('m', 1)", 70)
    assert calls.lost == 0
