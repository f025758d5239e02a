"""The line of an operation is the nearest line of the program, however deep in the standard library it happens."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, cast

import pytest
from rockproc.probe import cells, sites
from rockproc.probe.layout import CellKind, Op

LIBRARY: dict[str, Callable[..., None]] = {}
exec(
    compile(
        "def near(cell): cell.enter(1, 1)\ndef far(cell): near(cell)\ndef farther(call, cell): call(cell)\n",
        "<string>",  # counts as a part of the standard library
        "exec",
    ),
    LIBRARY,
)
near, far, farther = LIBRARY["near"], LIBRARY["far"], LIBRARY["farther"]


def line(cell: cells.Cell) -> int:
    return cast("int", cell.site) & 0xFFFFFFFF


def this_line() -> int:
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return frame.f_back.f_lineno


def helper(cell: Any) -> int:
    near(cell)
    return this_line() - 1


def test_operations_of_different_depth_share_a_cell() -> None:
    cell = cells.Cell(1, CellKind.CHANNEL, [])
    for _ in range(3):
        far(cell)
        assert line(cell) == this_line() - 1
        near(cell)
        assert line(cell) == this_line() - 1


def test_a_called_function_is_nearer_than_its_caller() -> None:
    cell = cells.Cell(1, CellKind.CHANNEL, [])
    far(cell)
    assert line(cell) == this_line() - 1
    assert helper(cell) == line(cell)
    far(cell)
    assert line(cell) == this_line() - 1


def test_a_callback_is_nearer_than_the_caller_of_the_library() -> None:
    cell = cells.Cell(1, CellKind.CHANNEL, [])
    found: list[int] = []
    farther(far, cell)
    assert line(cell) == this_line() - 1

    def callback(cell: Any) -> None:
        found.append(helper(cell))

    farther(callback, cell)
    assert [line(cell)] == found


def test_a_loop_does_not_search_the_stack_again(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counting(dict[str, int]):
        asked = 0

        def get(self, *arguments: Any) -> Any:
            self.asked += 1
            return super().get(*arguments)

    cell = cells.Cell(1, CellKind.CHANNEL, [])
    far(cell)
    files = Counting(cast("dict[str, int]", cells.file_numbers))
    monkeypatch.setattr(cells, "file_numbers", files)
    for number in range(10):
        far(cell)
        assert files.asked == 0 or number == 0
        files.asked = 0


def test_a_thread_without_program_frames_has_no_line() -> None:
    assert sites.number_file("<frozen x>") == 0
    cell = cells.Cell(1, CellKind.CHANNEL, [])
    cell.begin(Op.FEED, 1)
    assert cell.site == 0
