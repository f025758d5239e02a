"""The history of a run must keep the right contents of large Arrays."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import Mock

import pytest
from rockproc.observer.journals.reader import CellState
from rockproc.observer.kernel.arena_memory import ArenaMemory
from rockproc.observer.model import Hold, SharedValue, World
from rockproc.observer.model.keys import ProcessKey
from rockproc.observer.source.names import ObjectNames
from rockproc.observer.trackers.values import ValueTracker
from rockproc.probe.layout import CellKind
from rockproc.probe.records import Arena, Content, LockedBy, Value

from tests.observer.journals import read

SOURCE = cast("Any", SimpleNamespace(site=Mock(return_value=None), process=SimpleNamespace(key=1), in_library={}))
BYTES = 256 << 10


class Arrays:
    """Several Arrays of a quarter of a megabyte in a file such as the probe makes. The test writes into it."""

    def __init__(self, folder: Path, count: int, size: int = BYTES) -> None:
        path = folder / "arena"
        self._file = path.open("w+b", buffering=0)
        os.truncate(path, count * size)
        inode = path.stat().st_ino & 0xFFFFFFFF
        self.world = World()
        self.shared = ValueTracker(self.world, ObjectNames(), ArenaMemory(folder))
        self._apply(Arena(count * size, b"arena"), inode)
        self._size = size
        for number in range(count):
            self.make(inode << 32 | number * size, size)

    def make(self, key: int, size: int) -> None:
        self._apply(Value(0, size, "Array", "byte[]", f"b*{size}/1"), key)

    def lock(self, key: int) -> None:
        self._apply(LockedBy(5), key)

    def count(self, cell: CellState) -> None:
        self.shared.count([(Hold(ProcessKey(1), 1, 0.0, None), cell)])

    def _apply(self, content: Content, key: int) -> None:
        self.shared.apply(SOURCE, read(content, key), 0.0)

    def write(self, number: int, last: int) -> None:
        os.pwrite(self._file.fileno(), bytes([last]), (number + 1) * self._size - 1)

    def close(self) -> None:
        self._file.close()

    @property
    def values(self) -> list[SharedValue]:
        return list(self.world.values.values())


def last(value: SharedValue) -> int | None:
    return value.raw[-1] if value.raw else None


def test_a_large_array_is_kept_as_often_as_its_size_allows(tmp_path: Path) -> None:
    arrays = Arrays(tmp_path, 1)
    (value,) = arrays.values
    assert arrays.shared.look(1.0)
    assert (last(value), value.kept, arrays.shared.contents()) == (0, 1.0, {})
    arrays.write(0, 1)
    assert arrays.shared.look(1.1)
    assert (last(value), value.kept, value.changed) == (0, 1.0, 1.1)
    assert arrays.shared.contents()[value.key][-1] == 1  # for the present
    assert not arrays.shared.look(1.2)
    assert arrays.shared.look(1.3), "what it holds now is not in the past yet"
    assert (last(value), value.kept, arrays.shared.contents()) == (1, 1.3, {})
    assert not arrays.shared.look(2.0)
    arrays.close()


def test_the_last_content_of_a_large_array_is_always_kept(tmp_path: Path) -> None:
    arrays = Arrays(tmp_path, 1)
    arrays.shared.look(1.0)
    arrays.write(0, 7)
    assert arrays.shared.look(1.01, settled=True)
    assert last(arrays.values[0]) == 7
    arrays.close()


@pytest.mark.parametrize("count", [1, 4, 16])
def test_large_arrays_share_the_rate_limit(tmp_path: Path, count: int) -> None:
    arrays = Arrays(tmp_path, count)
    kept = 0
    seen: dict[int, bytes] = {}
    for look in range(200):  # of ten seconds
        for number in range(count):
            arrays.write(number, look % 100)
        arrays.shared.look(look / 20)
        for value in arrays.values:
            kept += value.raw is not seen.get(value.key)
            seen[value.key] = value.raw
    assert 5 << 20 <= kept * BYTES <= (11 << 20) + count * BYTES
    arrays.close()


def test_only_the_first_numbers_of_a_very_large_array_are_kept(tmp_path: Path) -> None:
    arrays = Arrays(tmp_path, 1, 2 << 20)
    (value,) = arrays.values
    arrays.shared.look(1.0)
    assert (value.raw, value.kept) == (b"", None)
    assert value.value == [0] * 1000
    assert len(arrays.shared.contents()[value.key]) == 2 << 20
    arrays.close()


def test_a_value_whose_memory_is_reused_keeps_its_last_content(tmp_path: Path) -> None:
    arrays = Arrays(tmp_path, 3, 64)
    first, second, third = arrays.values
    arrays.write(1, 7)
    arrays.shared.look(1.0)
    arrays.make(second.key + 32, 64)  # over the later half of the second and the first half of the third
    for number in range(3):
        arrays.write(number, 9)
    arrays.shared.look(1.1)
    assert [cast("list[int]", value.value)[-1] for value in (first, second, third)] == [9, 7, 0]
    arrays.close()


@pytest.mark.parametrize("writes", [0, 1])
def test_a_change_is_unseen_when_no_write_was_counted_by_the_next_look(tmp_path: Path, writes: int) -> None:
    arrays = Arrays(tmp_path, 1, 64)
    (value,) = arrays.values
    arrays.lock(value.key)
    cell = CellState(value.key, 1, 0, 0, 0, 0, 0, 0, 0, CellKind.VALUE, 0, 0)
    arrays.shared.look(1.0)
    arrays.count(cell)
    arrays.write(0, 9)
    arrays.shared.look(1.1)
    arrays.count(cell)
    assert not value.unseen
    arrays.shared.look(1.2)
    arrays.count(cell._replace(second=writes))
    assert value.unseen is (writes == 0)
    arrays.close()
